"""
What happens when an operator tidies up: what nothing depends on any more goes, in small batches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from identity_service.accounts.errands import Errands
from identity_service.accounts.vouchers import Vouchers
from identity_service.chat.changes import ChatChanges
from identity_service.flows.outcomes import Transaction
from identity_service.foundation.clock import Clock
from identity_service.keys.rotation import Rotation
from identity_service.mail.outbox import Outbox
from identity_service.moderation.bans import Bans
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.moderation.violations import Violations
from identity_service.moderation.windows import Windows
from identity_service.oidc.client_auth import SpentTokens
from identity_service.oidc.codes import Codes
from identity_service.oidc.logout_deliveries import LogoutDeliveries
from identity_service.sessions.registry import Sessions
from identity_service.upstream.departures import Departures

_KEPT_AFTER_END = timedelta(days=1)
_VIOLATIONS_KEPT = timedelta(days=90)
_UNUSED_CLIENTS_KEPT = timedelta(days=90)
_CLOCKS_DIFFER = timedelta(hours=1)
"""The database itself lets nobody cut the trail too early, by a clock of its own."""

_BATCH = 500


@dataclass(frozen=True)
class Moderated:
    """What moderation keeps; `trail_kept` is for how long the audit trail is."""

    violations: Violations
    bans: Bans
    windows: Windows
    trail: Trail
    trail_kept: timedelta


@dataclass(frozen=True)
class Tidy:
    """
    Removes what has expired.

    `longest_session` is how long anything can live that a code has produced; `forget_unused` removes the clients that
    registered themselves before a moment and were never used.
    """

    sessions: Sessions
    codes: Codes
    spent: SpentTokens
    deliveries: LogoutDeliveries
    rotation: Rotation
    moderated: Moderated
    transaction: Transaction
    clock: Clock
    longest_session: timedelta
    vouchers: Vouchers
    errands: Errands
    outbox: Outbox
    departures: Departures
    chat_changes: ChatChanges
    forget_unused: Callable[[datetime], int]

    def expired(self) -> dict[str, int]:
        """Remove it all, and leave in the trail that it went; return how much of each did."""
        went = self._expired(self.clock.now())
        told = {what: str(count) for what, count in went.items() if count}
        if told:
            with self.transaction():
                self.moderated.trail.record(Event("tidied", DONE, "operator", detail=told))
        return went

    def _expired(self, now: datetime) -> dict[str, int]:
        return {
            "sessions": self._in_batches(lambda: self.sessions.forget_expired(now - _KEPT_AFTER_END, _BATCH)),
            # A code that comes a second time ends what the first use produced, as long as that can live.
            "codes": self._in_batches(lambda: self.codes.forget_expired(now - self.longest_session, _BATCH)),
            "spent_tokens": self._in_batches(lambda: self.spent.forget_expired(now, _BATCH)),
            "logout_deliveries": self._in_batches(lambda: self.deliveries.forget_given_up(_BATCH)),
            "upstream_arrivals": self._in_batches(lambda: self.departures.forget_expired(_BATCH)),
            "vouchers": self._in_batches(lambda: self.vouchers.forget_expired(now, _BATCH)),
            "errands": self._in_batches(lambda: self.errands.forget_given_up(_BATCH)),
            "chat_changes": self._in_batches(lambda: self.chat_changes.forget_given_up(_BATCH)),
            "letters": self._in_batches(lambda: self.outbox.forget_given_up(_BATCH)),
            "signing_keys": self._forget_keys(),
            "unused_clients": self.forget_unused(now - _UNUSED_CLIENTS_KEPT),
            **self._moderated(now),
        }

    def _moderated(self, now: datetime) -> dict[str, int]:
        kept = self.moderated
        old = now - _VIOLATIONS_KEPT
        past = now - kept.trail_kept - _CLOCKS_DIFFER
        return {
            "violations": self._in_batches(lambda: kept.violations.forget_expired(old, _BATCH)),
            "scores": self._in_batches(lambda: kept.violations.forget_faded(old, _BATCH)),
            "bans": self._in_batches(lambda: kept.bans.forget_ended(old, _BATCH)),
            "tries": self._in_batches(lambda: kept.windows.forget_expired(now, _BATCH)),
            "trail_entries": self._in_batches(lambda: kept.trail.forget_expired(past, _BATCH)),
        }

    def _in_batches(self, forget: Callable[[], int]) -> int:
        total, went = 0, _BATCH
        while went == _BATCH:
            with self.transaction():
                went = forget()
            total += went
        return total

    def _forget_keys(self) -> int:
        with self.transaction():
            return self.rotation.forget_retired()
