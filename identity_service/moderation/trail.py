"""
The audit trail: who did what to whom, from where, and how it ended.

An entry is written in the transaction of what it tells, so neither exists without the other.
The database itself refuses to change one, or to remove one of the last 30 days.
Law: OWASP ASVS 5.0 16.3 (what is logged), 16.4 (append only).
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.prepared import Prepared
from identity_service.moderation.tables import TrailEntry

DONE = "done"
REFUSED = "refused"

_BATCH = 500
_COLUMNS = ("at", "event", "outcome", "actor", "subject", "address", "request_id", "detail")


@dataclass(frozen=True)
class Event:
    """
    Something worth remembering.

    `name` is room and past participle, such as `refresh.reused`; `actor` and `subject` are user ids,
    client ids, session ids or `operator`; `detail` never holds a secret.
    """

    name: str
    outcome: str
    actor: str = ""
    subject: str = ""
    address: str = ""
    request_id: str = ""
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """An event with the moment at which it was recorded."""

    at: datetime
    event: Event


@dataclass(frozen=True)
class Search:
    """Which entries are wanted: from *since* on and before *until*, by *actor*, about *subject*; all without any."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    subject: str = ""


class Trail:
    """The audit trail of this installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep entries in *database*."""
        self._database = database
        self._clock = clock
        self._insert = Prepared(database, insert(TrailEntry).inline(), columns=_COLUMNS)

    def record(self, event: Event) -> None:
        """Add an entry, inside the flow's transaction."""
        self._insert.change(
            at=to_microseconds(self._clock.now()),
            event=event.name,
            outcome=event.outcome,
            actor=event.actor,
            subject=event.subject,
            address=event.address,
            request_id=event.request_id,
            detail=json.dumps(event.detail),
        )

    def about(self, subject: str) -> list[Entry]:
        """Return the entries about *subject*, oldest first."""
        return self._entries(_ENTRY.where(TrailEntry.subject == subject).order_by(TrailEntry.id))

    def of_names(self, names: Collection[str], subjects: Collection[str]) -> list[Entry]:
        """Return the entries with one of these *names* about any of *subjects*, oldest first."""
        wanted = _ENTRY.where(TrailEntry.subject.in_(subjects), TrailEntry.event.in_(names))
        return self._entries(wanted.order_by(TrailEntry.id))

    def of_request(self, request_id: str) -> list[Entry]:
        """Return what one request left behind, oldest first."""
        return self._entries(_ENTRY.where(TrailEntry.request_id == request_id).order_by(TrailEntry.id))

    def search(self, search: Search) -> Iterator[Entry]:
        """Yield what *search* asks for, oldest first, a batch at a time."""
        wanted, last = _ENTRY.add_columns(TrailEntry.id).order_by(TrailEntry.id).limit(_BATCH), 0
        if search.since is not None:
            wanted = wanted.where(TrailEntry.at >= search.since)
        if search.until is not None:
            wanted = wanted.where(TrailEntry.at < search.until)
        for column, value in ((TrailEntry.actor, search.actor), (TrailEntry.subject, search.subject)):
            if value:
                wanted = wanted.where(column == value)
        while rows := self._database.rows(wanted.where(TrailEntry.id > last)):
            yield from (_entry(row) for row in rows)
            last = rows[-1][-1]

    def forget_expired(self, before: datetime, size: int) -> int:
        """Remove up to *size* entries from before *before*; return how many went."""
        old = select(TrailEntry.id).where(TrailEntry.at < before).limit(size)
        return self._database.change(delete(TrailEntry).where(TrailEntry.id.in_(old)))

    def addresses_of(self, request_id: str) -> set[str]:
        """Return the addresses under which the request with this id was written down."""
        found = select(TrailEntry.address).where(TrailEntry.request_id == request_id).distinct()
        return {row[0] for row in self._database.rows(found)}

    def _entries(self, found: Any) -> list[Entry]:
        return [_entry(row) for row in self._database.rows(found)]


_ENTRY: Any = select(
    TrailEntry.at,
    TrailEntry.event,
    TrailEntry.outcome,
    TrailEntry.actor,
    TrailEntry.subject,
    TrailEntry.address,
    TrailEntry.request_id,
    TrailEntry.detail,
)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(row[0], Event(*row[1:8]))
