"""
Violations, and the scores that they add up to: by kind, for the person and for the network apart.

A score halves in each half-life. It is rounded to whole points before it is compared, so that events close together
count as if nothing had decayed. It has a consequence when it reaches a multiple of the interval that it has not
reached before; once it has fallen to half an interval below that multiple, reaching it counts anew.
Leaves to others: what follows (flows.gate), which kinds there are (kinds).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, or_, select, tuple_, update

from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.prepared import Prepared
from identity_service.moderation.tables import Score, Violation

EVERY_KIND = "every kind"
"""The kind under which a score is kept when kinds are added up."""

_SPENT = 0.5
_HIGHEST = 2_000_000_000
"""Points; no column holds much more, and whoever has so many gains nothing by more."""

_FADED_AFTER = 40
"""Half-lives; of a million points nothing is left by then."""
_LONGEST = timedelta(days=36_500)

_COLUMNS = ("at", "kind", "score", "user_id", "address", "network", "source", "request_id", "report")


@dataclass(frozen=True)
class Rules:
    """How scores are reckoned; a `half_life` of nothing means that they never decay."""

    interval: int
    half_life: timedelta
    across_kinds: bool


@dataclass(frozen=True)
class Offence:
    """
    What somebody did: a person, whoever is behind an address, or both.

    `source` is `identity` or the client that reports it; `report` the fingerprint of its idempotency key, if it has
    one.
    """

    kind: str
    score: int
    user_id: str
    address: str
    network: str
    source: str
    request_id: str
    report: str | None = None


@dataclass(frozen=True)
class Recorded:
    """An offence with the moment at which it was recorded."""

    at: datetime
    offence: Offence


class Tally(NamedTuple):
    """What a score was and is, in whole points, and whether something follows from it."""

    before: int
    after: int
    has_consequence: bool


class Standing(NamedTuple):
    """The score of one holder for one kind right now, of so many events; the next consequence waits at `next_at`."""

    kind: str
    points: float
    events: int
    next_at: int


def decayed(score: float, age: timedelta, half_life: timedelta) -> float:
    """Return what is left of *score* after *age*; a clock that was set back takes nothing away."""
    if not half_life or age <= timedelta(0):
        return score
    return float(score * 0.5 ** (age / half_life))


def whole(score: float) -> int:
    """Return *score* in whole points, the nearest."""
    return floor(score + 0.5)


def steps_left(steps: int, score: float, interval: int) -> int:
    """Return how many of the *steps* taken still count when the score has fallen to *score*."""
    return min(steps, floor(score / interval + _SPENT))


class Violations:
    """The violations of this installation."""

    def __init__(self, database: Database, clock: Clock, rules: Rules) -> None:
        """Keep violations in *database*."""
        self._database = database
        self._clock = clock
        self._rules = rules
        once = database.insert(Violation).on_conflict_do_nothing(index_elements=[Violation.report])
        self._record = Prepared(database, once, columns=_COLUMNS)
        taking = database.insert(Score).on_conflict_do_update(
            index_elements=[Score.holder, Score.kind], set_={"count": Score.count + 1}
        )
        self._take = Prepared(
            database,
            taking.returning(Score.score, Score.steps, Score.count, Score.at),
            columns=("holder", "kind", "score", "steps", "count", "at"),
        )
        self._keep = Prepared(database, _KEEP)

    def record(self, offence: Offence) -> bool:
        """Add a violation, inside the flow's transaction; False if it was reported before."""
        done = self._record.change(
            at=to_microseconds(self._clock.now()),
            kind=offence.kind,
            score=offence.score,
            user_id=offence.user_id,
            address=offence.address,
            network=offence.network,
            source=offence.source,
            request_id=offence.request_id,
            report=offence.report,
        )
        return done == 1

    def add(self, holder: str, kind: str, score: int) -> Tally:
        """
        Add to the score of *holder*, a person or a network, inside the flow's transaction.

        The row is taken first, so any number of violations at once are added one after the other, and one of them
        alone has the consequence.
        """
        now, rules = self._clock.now(), self._rules
        kept_as = EVERY_KIND if rules.across_kinds else kind
        fresh = {"score": 0.0, "steps": 0, "count": 1, "at": to_microseconds(now)}
        kept, steps, count, at = self._take.run(holder=holder, kind=kept_as, **fresh)[0]
        before = decayed(kept, now - from_microseconds(at), rules.half_life)
        after = before + score
        reached, paid = whole(after) // rules.interval, steps_left(steps, before, rules.interval)
        self._keep.change(
            this_holder=holder,
            this_kind=kept_as,
            this_count=count,
            new_score=min(after, _HIGHEST),
            new_steps=min(max(reached, paid), _HIGHEST // rules.interval),
            now=max(to_microseconds(now), at),
        )
        return Tally(whole(before), whole(after), reached > paid)

    def pardon(self, holder: str) -> int:
        """Forget the scores of *holder*, whose violations stay recorded; return how many there were."""
        return self._database.change(delete(Score).where(Score.holder == holder))

    def standings(self, holder: str) -> list[Standing]:
        """Return the scores of *holder* as they are right now."""
        now, rules = self._clock.now(), self._rules
        found = select(Score.kind, Score.score, Score.steps, Score.count, Score.at).where(Score.holder == holder)
        standings = []
        for kind, kept, steps, count, at in self._database.rows(found.order_by(Score.kind)):
            points = decayed(kept, now - at, rules.half_life)
            next_step = steps_left(steps, points, rules.interval) + 1
            standings.append(Standing(kind, points, count, next_step * rules.interval))
        return standings

    def of_holder(self, holder: str, size: int = 100) -> list[Recorded]:
        """Return the last *size* violations of a person or a network, oldest first."""
        return self._some(or_(Violation.user_id == holder, Violation.network == holder), size)

    def of_request(self, request_id: str) -> list[Recorded]:
        """Return the violations that one request led to, or that came with it."""
        return self._some(Violation.request_id == request_id, 100)

    def points_left(self, recorded: Recorded) -> float:
        """Return what is left of a violation's score."""
        return decayed(recorded.offence.score, self._clock.now() - recorded.at, self._rules.half_life)

    def forget_expired(self, before: datetime, size: int) -> int:
        """Remove up to *size* violations from before *before*; return how many went."""
        old = select(Violation.id).where(Violation.at < before).limit(size)
        return self._database.change(delete(Violation).where(Violation.id.in_(old)))

    def forget_faded(self, before: datetime, size: int) -> int:
        """Remove up to *size* scores that have had time to fade since *before*; return how many went."""
        if not self._rules.half_life:
            return 0
        faded = self._clock.now() - min(_FADED_AFTER * self._rules.half_life, _LONGEST)
        old = select(Score.holder, Score.kind).where(Score.at < min(before, faded)).limit(size)
        return self._database.change(delete(Score).where(tuple_(Score.holder, Score.kind).in_(old)))

    def _some(self, which: Any, size: int) -> list[Recorded]:
        found = _RECORDED.where(which).order_by(Violation.id.desc()).limit(size)
        return [Recorded(row[0], Offence(*row[1:])) for row in reversed(self._database.rows(found))]


_RECORDED: Any = select(
    Violation.at,
    Violation.kind,
    Violation.score,
    Violation.user_id,
    Violation.address,
    Violation.network,
    Violation.source,
    Violation.request_id,
)
_KEEP = (
    update(Score)
    .where(
        Score.holder == bindparam("this_holder"),
        Score.kind == bindparam("this_kind"),
        Score.count == bindparam("this_count"),
    )
    .values(score=bindparam("new_score"), steps=bindparam("new_steps"), at=bindparam("now"))
)
