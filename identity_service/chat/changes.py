"""
Of whom the chat application has still to hear.

Leaves to others: that nobody is forgotten (foundation.deliveries), and telling it (flows.mirror).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete

from identity_service.chat.provider_ids import Known
from identity_service.chat.tables import ChatChange
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.deliveries import Deliveries, Patience
from identity_service.foundation.opaque import Chance

LEASE = timedelta(seconds=60)
"""How long whoever took a change has for it; then somebody else may try."""

LOOK_BACK = timedelta(minutes=10)
"""When one looks again whether something of an erased person came late: an answer that was still being written."""

# A database that is away for days loses nothing: there are about four weeks of attempts.
_PAUSES = (
    *(timedelta(seconds=seconds) for seconds in (2, 5, 10, 15, 30, 30, 60, 60, 120)),
    *[timedelta(minutes=5)] * 8_000,
)


class Change(NamedTuple):
    """Somebody whom the chat application has to hear of; see the table."""

    id: str
    user_id: str
    closed_by: str | None
    erases_transactions: bool
    forgets_password: bool
    attempts: int
    ended: Sequence[Known] = ()


class ChatChanges:
    """The changes that have not arrived yet."""

    def __init__(self, database: Database, clock: Clock, chance: Chance) -> None:
        """Keep changes in *database*."""
        self._database = database
        self._clock = clock
        self._waiting = Deliveries(database, clock, chance, ChatChange, Patience(LEASE, _PAUSES))
        self._take = self._waiting.taking(*_COLUMNS)

    def post(self, user_id: str, *, forgets_password: bool = False) -> None:
        """Remember that something about this person has changed."""
        self._waiting.add(user_id=user_id, forgets_password=forgets_password)

    def post_ended(self, user_id: str, ended: Sequence[Known]) -> None:
        """Remember that these identities are this person's no more."""
        self._waiting.add(user_id=user_id, ended=[list(one) for one in ended])

    def post_closing(self, user_id: str, closed_by: str, *, erases_transactions: bool, is_at_hand: bool) -> None:
        """
        Remember that this account goes, and everything over there with it.

        Args:
            user_id: whose.
            closed_by: the person, or `operator`.
            erases_transactions: whether the payments go as well.
            is_at_hand: whoever posts it sees to it at once, and others only if that takes too long.
        """
        later = {"next_attempt_at": self._clock.now() + LEASE} if is_at_hand else {}
        self._waiting.add(user_id=user_id, closed_by=closed_by, erases_transactions=erases_transactions, **later)

    def post_look_back(self, user_id: str, *, erases_transactions: bool) -> None:
        """Remember to look once more, later, whether something of somebody who is gone is over there after all."""
        later = self._clock.now() + LOOK_BACK
        self._waiting.add(user_id=user_id, erases_transactions=erases_transactions, next_attempt_at=later)

    def due(self) -> bool:
        """Say whether the time of any has come."""
        return bool(self._waiting.due())

    def take(self) -> Change | None:
        """Take one that is due, for LEASE; what another process takes first is its own."""
        taken = self._take(1)
        if not taken:
            return None
        change = Change(*taken[0])
        return change._replace(ended=[Known(*one) for one in change.ended or ()])

    def done(self, change: Change) -> None:
        """Forget one that has arrived."""
        self._waiting.done(change.id)

    def failed(self, change: Change) -> bool:
        """Try again later; True if it was the last time."""
        return self._waiting.failed(change.id, change.attempts)

    def forget(self, user_id: str) -> int:
        """Forget everything that waits about this person, who is gone; return how much that was."""
        return self._database.change(delete(ChatChange).where(ChatChange.user_id == user_id))

    def forget_given_up(self, size: int = 500) -> int:
        """Remove up to *size* changes that nobody tries any more; return how many went."""
        return self._waiting.forget_given_up(size)


_COLUMNS = (
    ChatChange.id,
    ChatChange.user_id,
    ChatChange.closed_by,
    ChatChange.erases_transactions,
    ChatChange.forgets_password,
    ChatChange.attempts,
    ChatChange.ended,
)
