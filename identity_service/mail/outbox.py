"""
The outbox: letters that were written in the transaction of what they announce, until they have arrived.

Leaves to others: that none is forgotten or sent by two at once (foundation.deliveries), sending (postman).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.deliveries import Deliveries, Patience
from identity_service.foundation.opaque import Chance
from identity_service.foundation.vault import Broken, Vault
from identity_service.mail.letters import Letter, masked
from identity_service.mail.tables import WaitingLetter

LEASE = timedelta(seconds=60)
"""How long whoever took a letter has for it; a postman gives up well before."""

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 120, 300, 600, 1800, *(3600,) * 3, *(7200,) * 22))
"""Two days, after which nobody waits for the letter any more."""

KEPT = timedelta(days=7)
"""How long an operator can see, and send again, what was given up."""

_LABEL = "letter"
_LONGEST_ANSWER = 300
_BATCH = 500


class Taken(NamedTuple):
    """A letter that is ours to send for LEASE; without `letter` its seal does not open, and nobody can send it."""

    id: str
    kind: str
    attempts: int
    written_at: datetime
    letter: Letter | None


@dataclass(frozen=True)
class Waiting:
    """A letter as operators see it: whom it is for stays with the person."""

    id: str
    kind: str
    to: str
    attempts: int
    last_answer: str
    written_at: datetime
    next_attempt_at: datetime
    given_up_at: datetime | None


class Outbox:
    """The letters of this installation that have not arrived yet."""

    def __init__(self, database: Database, clock: Clock, chance: Chance, vault: Vault) -> None:
        """Keep letters in *database*, sealed by *vault*."""
        self._database = database
        self._clock = clock
        self._vault = vault
        patience = Patience(LEASE, PAUSES, lambda pause: pause * (1 + chance.token_bytes(1)[0] / 1024))
        self._waiting = Deliveries(database, clock, chance, WaitingLetter, patience)
        self._take = self._waiting.taking(*_COLUMNS)
        self._wake: Callable[[], None] = _nobody

    def wakes(self, postman: Callable[[], None]) -> None:
        """Let *postman* be woken after the commit of each letter."""
        self._wake = postman

    def post(self, letter: Letter) -> str:
        """Write *letter* down, inside the flow's transaction; it leaves after the commit. Return its id."""
        sealed = self._vault.seal(json.dumps(asdict(letter)).encode(), _LABEL)
        told = {"kind": letter.kind, "masked": masked(letter.to)[:64], "sealed": sealed, "failures": 0}
        letter_id = self._waiting.add(**told, last_answer="")
        self._database.after_commit(self._wake)
        return letter_id

    def due(self) -> bool:
        """Say whether there is a letter whose time has come."""
        return bool(self._waiting.due())

    def take(self) -> Taken | None:
        """Take a letter that is due, for LEASE; None if another was faster."""
        for letter_id, kind, attempts, written_at, sealed in self._take(1):
            return Taken(letter_id, kind, attempts, written_at, self._opened(sealed))
        return None

    def sent(self, taken: Taken) -> None:
        """Forget a letter that has arrived."""
        self._waiting.done(taken.id)

    def failed(self, taken: Taken, answer: str, *, is_final: bool = False) -> bool:
        """Try again later unless it *is_final*; True if it was the last time. *answer* is for the operator."""
        mine = update(WaitingLetter).where(WaitingLetter.id == taken.id, WaitingLetter.attempts == taken.attempts)
        said = "".join(sign if sign.isprintable() else " " for sign in answer)[:_LONGEST_ANSWER]
        if not self._database.change(mine.values(last_answer=said, failures=taken.attempts)):
            return False
        if is_final:
            self._database.change(mine.values(given_up_at=self._clock.now()))
            return True
        return self._waiting.failed(taken.id, taken.attempts)

    def waiting(self) -> Iterator[Waiting]:
        """Yield every letter that has not arrived, oldest first, a batch at a time."""
        after = ""
        while True:
            page = select(*_SHOWN).where(WaitingLetter.id > after).order_by(WaitingLetter.id).limit(_BATCH)
            batch = [Waiting(*row) for row in self._database.rows(page)]
            yield from batch
            if len(batch) < _BATCH:
                return
            after = batch[-1].id

    def retry(self, letter_id: str | None = None) -> int:
        """Make the letter with this id, or every one, due at once, unless somebody is at it; return how many."""
        now = self._clock.now()
        # A lease shows in that no failure is written down yet; when it is over, the letter is due anyway.
        is_idle = or_(WaitingLetter.failures == WaitingLetter.attempts, WaitingLetter.given_up_at.is_not(None))
        which: ColumnElement[bool] = is_idle if letter_id is None else and_(is_idle, WaitingLetter.id == letter_id)
        anew = {"next_attempt_at": now, "given_up_at": None, "attempts": 0, "failures": 0}
        changed = self._database.change(update(WaitingLetter).where(which).values(anew))
        self._database.after_commit(self._wake)
        return changed

    def forget_given_up(self, size: int = _BATCH) -> int:
        """Remove up to *size* letters that were given up KEPT ago; return how many went."""
        over = select(WaitingLetter.id).where(WaitingLetter.given_up_at <= self._clock.now() - KEPT).limit(size)
        return self._database.change(delete(WaitingLetter).where(WaitingLetter.id.in_(over)))

    def _opened(self, sealed: bytes) -> Letter | None:
        try:
            return Letter(**json.loads(self._vault.open(sealed, _LABEL)))
        except Broken:
            return None


def _nobody() -> None:
    """Be woken, and do nothing: mail is not set up."""


_COLUMNS = (
    WaitingLetter.id,
    WaitingLetter.kind,
    WaitingLetter.attempts,
    WaitingLetter.created_at,
    WaitingLetter.sealed,
)
_SHOWN = (
    WaitingLetter.id,
    WaitingLetter.kind,
    WaitingLetter.masked,
    WaitingLetter.attempts,
    WaitingLetter.last_answer,
    WaitingLetter.created_at,
    WaitingLetter.next_attempt_at,
    WaitingLetter.given_up_at,
)
