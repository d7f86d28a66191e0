"""
Errands: letters that somebody has asked for, before anybody has looked whom they concern.

Who asks for a letter gets an answer as soon as the wish is written down. Nothing has been looked up by then, so
neither the answer nor the time it took can tell whether there is an account.
Leaves to others: that none is forgotten (foundation.deliveries), and what becomes of one (flows.run_errands).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from identity_service.accounts.tables import WaitingErrand
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.deliveries import Deliveries, Patience
from identity_service.foundation.opaque import Chance

SIGN_UP = "sign_up"
VERIFY = "verify"
RESET = "reset"
CHANGE = "change"

_LEASE = timedelta(seconds=30)


@dataclass(frozen=True)
class Errand:
    """
    One letter that somebody wants, or two.

    Attributes:
        kind: what about.
        email: the address that was named, as it was typed.
        user_id: whom it concerns, if the one who asks has proven that; empty for somebody unknown.
        asked_by: where the request came from, in words and numbers that JSON knows.
        id: of the row; empty before there is one.
        attempts: how often somebody has begun it.
    """

    kind: str
    email: str
    user_id: str
    asked_by: Mapping[str, Any]
    id: str = ""
    attempts: int = 0


class Errands:
    """The errands of this installation that have not been run yet."""

    def __init__(self, database: Database, clock: Clock, chance: Chance) -> None:
        """Keep errands in *database*."""
        self._database = database
        self._waiting = Deliveries(database, clock, chance, WaitingErrand, Patience(_LEASE, ()))
        self._take = self._waiting.taking(*_COLUMNS)
        self._wake: Callable[[], None] = _nobody

    def wakes(self, runner: Callable[[], None]) -> None:
        """Let *runner* be woken after the commit of each errand."""
        self._wake = runner

    def add(self, errand: Errand) -> None:
        """Write down what is wanted, inside the flow's transaction; it is run after the commit."""
        self._waiting.add(kind=errand.kind, email=errand.email, user_id=errand.user_id, asked_by=dict(errand.asked_by))
        self._database.after_commit(self._wake)

    def due(self, size: int = 1) -> list[str]:
        """Return the ids of up to *size* errands whose time has come."""
        return self._waiting.due(size)

    def take(self, size: int = 50) -> list[Errand]:
        """Take up to *size* errands, each on lease; what another process takes first is its own."""
        return [Errand(*row) for row in self._take(size)]

    def finish(self, errand: Errand) -> bool:
        """Forget *errand* in the transaction that runs it; False if somebody else has run it already."""
        return self._database.change(delete(WaitingErrand).where(WaitingErrand.id == errand.id)) == 1

    def give_up(self, errand: Errand) -> None:
        """Let nobody try *errand* any more: whoever did never came to its end."""
        self._waiting.failed(errand.id, errand.attempts)

    def forget_given_up(self, size: int = 500) -> int:
        """Remove up to *size* errands that nobody tries any more; return how many went."""
        return self._waiting.forget_given_up(size)


def _nobody() -> None:
    """Be woken, and do nothing."""


_COLUMNS = (
    WaitingErrand.kind,
    WaitingErrand.email,
    WaitingErrand.user_id,
    WaitingErrand.asked_by,
    WaitingErrand.id,
    WaitingErrand.attempts,
)
