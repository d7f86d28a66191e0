"""
What has ended stays ended, also when the database is put back to a day on which it had not.

Leaves to others: when that happens (flows.backup).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from identity_service.foundation.database import Database
from identity_service.sessions.tables import Session


class Over(NamedTuple):
    """A session that has ended before its time."""

    id: str
    ended_at: datetime
    ended_because: str | None


class Aftermath:
    """The sessions that must not come back."""

    def __init__(self, database: Database) -> None:
        """Look into *database*."""
        self._database = database

    def over(self) -> list[Over]:
        """Return the sessions that have ended before their time."""
        early = select(Session.id, Session.ended_at, Session.ended_because).where(Session.ended_at.is_not(None))
        return [Over(*row) for row in self._database.rows(early)]

    def end_again(self, over: Sequence[Over]) -> int:
        """End those of *over* that are alive again, inside the flow's transaction; return how many that were."""
        if not over:
            return 0
        alive = update(Session).where(Session.id == bindparam("whose"), Session.ended_at.is_(None))
        ended = alive.values(ended_at=bindparam("then"), ended_because=bindparam("why"))
        told = [{"whose": one.id, "then": one.ended_at, "why": one.ended_because} for one in over]
        return sum(self._database.change(ended, each) for each in told)
