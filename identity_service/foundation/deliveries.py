"""
Things that must reach somebody outside, again and again until they are there or time is up.

A row is written in the transaction of what it tells, so none is forgotten; whoever delivers takes rows on lease, so
none is delivered by two at the same time, and one that a killed process had taken is another's when its lease is over.
Leaves to others: what is delivered, and how (each capability and its flow).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    Connection,
    Index,
    Integer,
    String,
    bindparam,
    delete,
    event,
    insert,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.database import Database, Instant, Rows
from identity_service.foundation.opaque import Chance, object_id
from identity_service.foundation.prepared import Prepared, reader

_PUT_OFF = timedelta(days=1)
"""Nothing is put off for longer: what is due later than that was written by a clock that was ahead."""


class Delivered:
    """The columns that every table of deliveries has; it wants the index `due`, too."""

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    given_up_at: Mapped[datetime | None] = mapped_column(Instant)


def due(table: str) -> Index:
    """Return the index of *table* by which what is due is found, in order, whatever has been given up."""
    index = Index(f"ix_{table}_due", "next_attempt_at", "id")
    event.listen(index, "before_create", _leave_out_what_was_given_up)
    return index


def _leave_out_what_was_given_up(index: Index, connection: Connection, **_: object) -> None:
    # Told to the dialect in use and no earlier: a dialect that an Index names is loaded, and each is megabytes.
    index.dialect_kwargs[f"{connection.dialect.name}_where"] = text("given_up_at IS NULL")


@dataclass(frozen=True)
class Patience:
    """
    How long and how often one tries.

    Attributes:
        lease: How long whoever took a delivery has for it; then somebody else may try.
        pauses: Before the second attempt, the third and so on; after the last one it is given up.
        spread: Makes a pause a little longer, so that not everything comes back at the same moment.
    """

    lease: timedelta
    pauses: Sequence[timedelta]
    spread: Callable[[timedelta], timedelta] = lambda pause: pause


class Deliveries:
    """The deliveries in one table."""

    def __init__(self, database: Database, clock: Clock, chance: Chance, table: type[Any], patience: Patience) -> None:
        """Keep deliveries in *table*, which extends `Delivered`, and try with *patience*."""
        self._database = database
        self._clock = clock
        self._chance = chance
        self._table = table
        self._patience = patience
        # Asked every few seconds in every process, nearly always for nothing: SQLAlchemy itself would cost each 4 MB.
        # In the same order for everybody, so that two who take at once wait for each other in one direction only.
        waits, when = table.given_up_at.is_(None), (table.next_attempt_at, table.id)
        ways = table.next_attempt_at <= bindparam("now"), table.next_attempt_at > bindparam("horizon")
        self._is_due = or_(*ways), waits
        # Two walks along the index, which end as soon as they have enough: with OR, all that wait would be read.
        walks = [select(*when).where(waits, way).order_by(*when).limit(bindparam("size")).subquery() for way in ways]
        found = union_all(*map(select, walks)).order_by("next_attempt_at", "id")
        self._due = Prepared(database, found.limit(bindparam("size")))
        self._this = table.id == bindparam("delivery_id")
        self._done = Prepared(database, delete(table).where(self._this))

    def add(self, **told: Any) -> str:
        """Remember one, due at once, inside the flow's transaction; return its id."""
        now = self._clock.now()
        delivery_id = object_id(now, self._chance)
        row = {"id": delivery_id, "attempts": 0, "created_at": now, "next_attempt_at": now, **told}
        self._database.change(insert(self._table).values(row))
        return delivery_id

    def due(self, size: int = 1) -> list[str]:
        """Return the ids of up to *size* deliveries whose time has come."""
        return [row[1] for row in self._due.run(**_span(self._clock.now()), size=size)]

    def taking(self, *columns: Any) -> Callable[[int], Rows]:
        """
        Return what takes up to so many that are due, each on lease, and returns their *columns*.

        What another took first is its own.
        """
        leased = {"attempts": self._table.attempts + 1, "next_attempt_at": bindparam("until")}
        lease = update(self._table).where(self._this, *self._is_due).values(leased).returning(*columns)
        return partial(self._take, Prepared(self._database, lease), reader(self._database, columns))

    def done(self, delivery_id: str) -> None:
        """Forget one that has arrived, or that nobody waits for any more."""
        self._done.change(delivery_id=delivery_id)

    def failed(self, delivery_id: str, attempts: int) -> bool:
        """
        Try again later; True if it was the last time.

        Args:
            delivery_id: of what was taken.
            attempts: as it was when it was taken; whoever was so slow that another took it decides nothing.
        """
        now = self._clock.now()
        pauses = self._patience.pauses
        is_last = attempts > len(pauses)
        whose = self._table.id == delivery_id, self._table.attempts == attempts
        if is_last:
            what_now = {"given_up_at": now}
        else:
            what_now = {"next_attempt_at": now + self._patience.spread(pauses[attempts - 1])}
        return self._database.change(update(self._table).where(*whose).values(what_now)) == 1 and is_last

    def forget_given_up(self, size: int = 500) -> int:
        """Remove up to *size* that nobody tries any more; return how many went."""
        over = select(self._table.id).where(self._table.given_up_at.is_not(None)).limit(size)
        return self._database.change(delete(self._table).where(self._table.id.in_(over)))

    def _take(self, lease: Prepared, read: Callable[[Sequence[Any]], tuple[Any, ...]], size: int) -> Rows:
        now = self._clock.now()
        when = {**_span(now), "until": to_microseconds(now + self._patience.lease)}
        return [read(row) for delivery_id in self.due(size) for row in lease.run(delivery_id=delivery_id, **when)]


def _span(now: datetime) -> dict[str, int]:
    return {"now": to_microseconds(now), "horizon": to_microseconds(now + _PUT_OFF)}
