"""
Which clients have still to be told that a session has ended.

Law: OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8.
Leaves to others: that none is forgotten (foundation.deliveries), what a logout token says, and sending it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.deliveries import Deliveries, Patience
from identity_service.foundation.opaque import Chance
from identity_service.oidc.clients import Clients
from identity_service.oidc.tables import LogoutDelivery

LEASE = timedelta(seconds=30)
"""How long whoever took a delivery has for it; then somebody else may try."""

_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))


class EndedAtClient(NamedTuple):
    """A client's session that is over."""

    session_id: str
    client_id: str
    user_id: str


class Delivery(NamedTuple):
    """A client that has to be told."""

    id: str
    client_id: str
    user_id: str
    session_id: str
    attempts: int


class LogoutDeliveries:
    """The deliveries of this installation that are not done yet."""

    def __init__(self, database: Database, clock: Clock, chance: Chance, clients: Clients) -> None:
        """Keep deliveries in *database*; *clients* says who wants to be told."""
        self._waiting = Deliveries(database, clock, chance, LogoutDelivery, Patience(LEASE, _PAUSES))
        self._take = self._waiting.taking(*_COLUMNS)
        self._clients = clients

    def announce(self, ended: Iterable[EndedAtClient]) -> int:
        """Remember whom to tell of the sessions that *ended*; return how many that are."""
        concerned = [session for session in ended if self._wants_to_know(session.client_id)]
        for session in concerned:
            self._waiting.add(**session._asdict())
        return len(concerned)

    def due(self, size: int = 1) -> list[str]:
        """Return the ids of up to *size* deliveries whose time has come."""
        return self._waiting.due(size)

    def take(self, size: int = 20) -> list[Delivery]:
        """Take up to *size* deliveries that are due, each for LEASE; what another process takes first is its own."""
        return [Delivery(*row) for row in self._take(size)]

    def done(self, delivery: Delivery) -> None:
        """Forget a delivery whose client has listened, or does not exist any more."""
        self._waiting.done(delivery.id)

    def failed(self, delivery: Delivery) -> bool:
        """Try again later; True if it was the last time."""
        return self._waiting.failed(delivery.id, delivery.attempts)

    def forget_given_up(self, size: int = 500) -> int:
        """Remove up to *size* deliveries that nobody tries any more; return how many went."""
        return self._waiting.forget_given_up(size)

    def _wants_to_know(self, client_id: str) -> bool:
        client = self._clients.by_id(client_id)
        return client is not None and client.details.backchannel_logout_uri is not None


_COLUMNS = (
    LogoutDelivery.id,
    LogoutDelivery.client_id,
    LogoutDelivery.user_id,
    LogoutDelivery.session_id,
    LogoutDelivery.attempts,
)
