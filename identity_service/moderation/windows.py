"""
Moving windows: how often something was tried in the last while, exactly, whoever counts at the same moment.

A try that passes is a row with the bucket's next number. It passes if the row a whole limit before it is older than the
window, or absent: one conditional INSERT, whose row count is the verdict. Two that reach for the same number at once
meet in the primary key. A full bucket lets nothing pass until a moment that is known, so it need not be asked before.
A try from more than a window ahead was written by a clock that is right again: it counts for nobody.
Leaves to others: what is limited, and for whom (flows.count, web.limits).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, String, and_, bindparam, delete, exists, func, select, tuple_
from sqlalchemy.orm import aliased

from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.memory import keep
from identity_service.foundation.prepared import Prepared
from identity_service.moderation.tables import LimitHit

_MOST_RACES = 1000
_SWEPT = 16
"""How many expired rows, of whatever bucket, go with each new one: more than come, so that they never pile up."""

_REMEMBERED = 4096
_COLUMNS = ("bucket", "n", "hit_at", "expires_at")
_microsecond = timedelta(microseconds=1)


class Bucket(NamedTuple):
    """What is counted together, and how much of it passes within the window."""

    name: str
    limit: int
    window: timedelta


class Full(NamedTuple):
    """A bucket that lets nothing pass until then."""

    bucket: Bucket
    until: datetime


class Windows:
    """Every moving window of this installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Count in *database*, so that all processes count together."""
        self._database = database
        self._clock = clock
        self._insert = _insert(database)
        self._oldest = _a_limit_ago(database)
        self._present = _present(database)
        self._sweep = _sweep(database)
        self._seen: dict[Bucket, Full] = {}

    def full(self, buckets: Sequence[Bucket]) -> Full | None:
        """Return the first of *buckets* that this process has seen full, and that is full still; nothing is read."""
        now = self._clock.now()
        known = filter(None, map(self._seen.get, buckets))
        return next((seen for seen in known if now < seen.until <= now + 2 * seen.bucket.window), None)

    def take(self, buckets: Sequence[Bucket]) -> Full | None:
        """
        Count one try in each of *buckets*, in order, inside the flow's transaction.

        Returns:
            The first that is full; those before it have counted, it and those behind it have not.
        """
        now = to_microseconds(self._clock.now())
        for bucket in buckets:
            full = self._take(bucket, now)
            if full:
                return full
        self._sweep.change(now=now, most=_SWEPT)
        return None

    def present(self, bucket: Bucket) -> tuple[datetime, int]:
        """Return when the oldest try that counts passed, now if none does, and how many count."""
        now = self._clock.now()
        found = self._present.run(name=bucket.name, **_span(to_microseconds(now), bucket.window // _microsecond))
        return (from_microseconds(found[0][0]), int(found[0][1])) if found else (now, 0)

    def forget(self, name: str) -> None:
        """Empty a bucket, inside the flow's transaction; other processes may hold it to be full for a while."""
        self._database.after_commit(self._seen.clear)
        self._database.change(delete(LimitHit).where(LimitHit.bucket == name))

    def forget_expired(self, now: datetime, batch: int) -> int:
        """Remove at most *batch* tries that count no longer, inside the flow's transaction; return how many went."""
        return self._sweep.change(now=to_microseconds(now), most=batch)

    def _take(self, bucket: Bucket, now: int) -> Full | None:
        window = bucket.window // _microsecond
        span = _span(now, window)
        values = {"name": bucket.name, "limit": bucket.limit, "now": now, **span}
        for _ in range(_MOST_RACES):
            if self._insert.change(**values, expires=now + window):
                return None
            oldest = self._oldest.run(name=bucket.name, limit=bucket.limit)
            if oldest and span["cutoff"] < oldest[0][0] <= span["horizon"]:
                return keep(self._seen, bucket, Full(bucket, from_microseconds(oldest[0][0] + window)), _REMEMBERED)
            # Somebody else took the number first; it is one try less for both of us.
        return Full(bucket, self._clock.now() + timedelta(seconds=1))


_name = bindparam("name", type_=String)
_limit = bindparam("limit", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_cutoff = bindparam("cutoff", type_=BigInteger)
_horizon = bindparam("horizon", type_=BigInteger)


def _span(now: int, window: int) -> dict[str, int]:
    return {"cutoff": now - window, "horizon": now + window}


def _counts(tries: type[LimitHit]) -> Any:
    return and_(tries.hit_at > _cutoff, tries.hit_at <= _horizon)


def _insert(database: Database) -> Prepared:
    old = aliased(LimitHit)
    last = select(func.coalesce(func.max(LimitHit.n), 0).label("n")).where(LimitHit.bucket == _name).subquery("last")
    a_limit_ago = exists().where(old.bucket == _name, old.n == last.c.n + 1 - _limit, _counts(old))
    row = select(_name, last.c.n + 1, _now, bindparam("expires", type_=BigInteger)).where(~a_limit_ago)
    return Prepared(database, database.insert(LimitHit).from_select(_COLUMNS, row).on_conflict_do_nothing())


def _a_limit_ago(database: Database) -> Prepared:
    last = select(func.max(LimitHit.n)).where(LimitHit.bucket == _name).scalar_subquery()
    return Prepared(database, select(LimitHit.hit_at).where(LimitHit.bucket == _name, LimitHit.n == last + 1 - _limit))


def _present(database: Database) -> Prepared:
    last = select(func.max(LimitHit.n)).where(LimitHit.bucket == _name).scalar_subquery()
    counting = select(LimitHit.hit_at, last - LimitHit.n + 1).where(LimitHit.bucket == _name, _counts(LimitHit))
    return Prepared(database, counting.order_by(LimitHit.n).limit(1))


def _sweep(database: Database) -> Prepared:
    # Two that sweep at once would wait for each other's rows, each in its own order.
    expired = (
        select(LimitHit.bucket, LimitHit.n)
        .where(LimitHit.expires_at <= _now)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )
    return Prepared(database, delete(LimitHit).where(tuple_(LimitHit.bucket, LimitHit.n).in_(expired)))
