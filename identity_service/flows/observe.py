"""
What happens with what was seen of the way by which requests come: it is written down now and then, and doubts are told.
"""

from dataclasses import dataclass, field

from identity_service.flows.outcomes import Transaction
from identity_service.foundation import logs
from identity_service.moderation.sightings import Sightings


@dataclass
class _Told:
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observe:
    """A task of the rounds, in each process."""

    sightings: Sightings
    transaction: Transaction
    _told: _Told = field(default_factory=_Told)

    def keep_up(self) -> None:
        """Write down what is new, and tell the log when there are other doubts than before."""
        pending = self.sightings.pending()
        if pending:
            with self.transaction():
                self.sightings.write(pending)
        doubts = self.sightings.doubts() if self.sightings.has_seen_any() else ()
        if doubts != self._told.doubts:
            self._told.doubts = doubts
            for doubt in doubts:
                logs.logger().warning("proxy.doubtful", doubt=doubt, consequence="address bans only observe")
