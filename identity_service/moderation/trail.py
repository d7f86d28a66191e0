"""
The audit trail: who did what to whom, from where, and how it ended.

An entry is written in the transaction of what it tells, so neither exists without the other.
Law: OWASP ASVS 5.0 16.3 (what is logged), 16.4 (append only).
"""

import json
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.prepared import Prepared
from identity_service.moderation.tables import TrailEntry

DONE = "done"
REFUSED = "refused"

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
        found = select(
            TrailEntry.at,
            TrailEntry.event,
            TrailEntry.outcome,
            TrailEntry.actor,
            TrailEntry.subject,
            TrailEntry.address,
            TrailEntry.request_id,
            TrailEntry.detail,
        ).where(TrailEntry.subject == subject)
        return [Entry(row[0], Event(*row[1:])) for row in self._database.rows(found.order_by(TrailEntry.id))]

    def addresses_of(self, request_id: str) -> set[str]:
        """Return the addresses under which the request with this id was written down."""
        found = select(TrailEntry.address).where(TrailEntry.request_id == request_id).distinct()
        return {row[0] for row in self._database.rows(found)}
