"""
Which clients have still to be told that a session has ended.

A row is written in the transaction that ends the session, so none is forgotten; whoever delivers takes rows on lease,
so none is told twice at the same time.
Law: OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8.
Leaves to others: what a logout token says, and sending it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.opaque import Chance, object_id
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
        self._database = database
        self._clock = clock
        self._chance = chance
        self._clients = clients

    def announce(self, ended: Iterable[EndedAtClient]) -> int:
        """Remember whom to tell of the sessions that *ended*; return how many that are."""
        now = self._clock.now()
        rows = [
            {
                "id": object_id(now, self._chance),
                "client_id": session.client_id,
                "user_id": session.user_id,
                "session_id": session.session_id,
                "attempts": 0,
                "created_at": now,
                "next_attempt_at": now,
            }
            for session in ended
            if self._wants_to_know(session.client_id)
        ]
        for row in rows:
            self._database.change(insert(LogoutDelivery).values(row))
        return len(rows)

    def due(self, size: int = 1) -> list[str]:
        """Return the ids of up to *size* deliveries whose time has come."""
        waiting = select(LogoutDelivery.id).where(
            LogoutDelivery.next_attempt_at <= self._clock.now(), LogoutDelivery.given_up_at.is_(None)
        )
        # In the same order for everybody, so that two who take at once wait for each other in one direction only.
        in_order = waiting.order_by(LogoutDelivery.next_attempt_at, LogoutDelivery.id)
        return [row[0] for row in self._database.rows(in_order.limit(size))]

    def take(self, size: int = 20) -> list[Delivery]:
        """Take up to *size* deliveries that are due, each for LEASE; what another process takes first is its own."""
        now = self._clock.now()
        taken: list[Delivery] = []
        for delivery_id in self.due(size):
            still_due = LogoutDelivery.next_attempt_at <= now, LogoutDelivery.given_up_at.is_(None)
            mine = update(LogoutDelivery).where(LogoutDelivery.id == delivery_id, *still_due)
            lease = mine.values(attempts=LogoutDelivery.attempts + 1, next_attempt_at=now + LEASE)
            taken += [Delivery(*row) for row in self._database.rows(lease.returning(*_COLUMNS))]
        return taken

    def done(self, delivery: Delivery) -> None:
        """Forget a delivery whose client has listened, or does not exist any more."""
        self._database.change(delete(LogoutDelivery).where(LogoutDelivery.id == delivery.id))

    def failed(self, delivery: Delivery) -> bool:
        """Try again later; True if it was the last time. Whoever was so slow that another took it decides nothing."""
        now = self._clock.now()
        is_last = delivery.attempts > len(_PAUSES)
        whose = LogoutDelivery.id == delivery.id, LogoutDelivery.attempts == delivery.attempts
        what_now = {"given_up_at": now} if is_last else {"next_attempt_at": now + _PAUSES[delivery.attempts - 1]}
        return self._database.change(update(LogoutDelivery).where(*whose).values(what_now)) == 1 and is_last

    def forget_given_up(self, size: int = 500) -> int:
        """Remove up to *size* deliveries that nobody tries any more; return how many went."""
        over = select(LogoutDelivery.id).where(LogoutDelivery.given_up_at.is_not(None)).limit(size)
        return self._database.change(delete(LogoutDelivery).where(LogoutDelivery.id.in_(over)))

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
