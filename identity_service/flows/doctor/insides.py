"""
What the doctor sees inside: the database, and the keys in it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from identity_service.flows.doctor.findings import Finding
from identity_service.flows.outcomes import Transaction
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.engine import is_missing
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.soundness import (
    clock_of,
    damage_in,
    fill,
    is_full_of_connections,
    strange_encoding_of,
)
from identity_service.keys.examination import Examination
from identity_service.keys.rotation import ALGORITHMS

_OLD = timedelta(days=400)
_LITTLE = 16 << 20  # bytes
_CLOCKS_DIFFER = timedelta(seconds=30)


class _NotMeant(Exception):
    """Takes back what was only tried."""


@dataclass(frozen=True)
class Insides:
    """Looks at the database and the keys."""

    database: Database
    is_schema_current: Callable[[], bool]
    examination: Examination
    transaction: Transaction
    clock: Clock
    room: Callable[[], int | None]

    def is_behind(self) -> bool:
        """Say whether there is no database yet, or not this release's; one that does not answer is another matter."""
        with suppress(DatabaseUnavailable):
            return is_missing(self.database.engine) or not self.is_schema_current()
        return False

    def of_database(self) -> Iterator[Finding]:
        """Look whether it is there and answers, has this release's schema, is sound, and can be written to."""
        if is_missing(self.database.engine):
            yield Finding(
                "database_missing",
                f"There is no database yet: no file {self.database.engine.url.database}.",
                "Run `make migrate`, or `make run`, which does it too; or let DATABASE_URL name the right file.",
            )
            return
        if not self.is_schema_current():
            yield Finding(
                "database_behind",
                "The database does not have this release's schema.",
                "Run `make migrate`, or restart.",
            )
            return
        if broken := damage_in(self.database):
            yield Finding(
                "database_damaged", f"The database is damaged: {broken}.", "Put a copy back: `make restore copy=…`."
            )
        if encoding := strange_encoding_of(self.database):
            yield Finding(
                "database_encoding",
                f"The database keeps text in {encoding}, which does not hold every name.",
                "Run `make export`, create it anew with ENCODING 'UTF8' TEMPLATE template0, and run `make import`.",
            )
        if is_full_of_connections(self.database):
            yield Finding(
                "database_crowded",
                "PostgreSQL has few connections left; each worker process takes up to sixteen.",
                "Raise max_connections there, or lower WEB_CONCURRENCY.",
                "advice",
            )
        room = self.room()
        if room is not None and room < _LITTLE:
            # SQLite's log may still have room of its own, so that writing works for a while.
            yield Finding(
                "disk_nearly_full",
                f"The disk of the database has {room >> 20} MB left; when it is full, nobody signs in any more.",
                "Make room there, or move the database to a larger disk.",
            )
        yield from self._writing()

    def of_keys(self) -> Iterator[Finding]:
        """Let each key sign something, and verify that."""
        if is_missing(self.database.engine) or not self.is_schema_current():
            return  # said already
        now, signing = self.clock.now(), dict[str, timedelta]()
        for key in self.examination.of_all():
            if not key.opens:
                yield Finding(
                    "key_sealed_with_another",
                    f"CREDS_KEY is not the one that sealed the {key.algorithm} key {key.kid}.",
                    "Put the old CREDS_KEY back into .env.",
                )
            elif not key.works:
                yield Finding(
                    "key_broken",
                    f"The {key.algorithm} key {key.kid} does not verify what it signs.",
                    "Run `identity rotate-keys --now`.",
                )
            if key.active_from is not None and key.active_from <= now:
                signing[key.algorithm] = now - key.active_from
        yield from self._ages(signing)

    def of_clock(self) -> Iterator[Finding]:
        """Compare this machine's clock with the database's, where that has one of its own."""
        theirs = clock_of(self.database)
        if theirs is not None and abs(theirs - self.clock.now()) > _CLOCKS_DIFFER:
            yield Finding(
                "clock_differs",
                f"This machine's clock and the database's are {abs(theirs - self.clock.now())} apart.",
                "Let both follow a time server, with chrony or systemd-timesyncd.",
            )

    def _writing(self) -> Iterator[Finding]:
        try:
            with self.transaction():
                fill(self.database)
                raise _NotMeant
        except _NotMeant:
            return
        except DatabaseUnavailable as fault:
            yield Finding(
                "database_not_writable",
                f"The database cannot be written to: {fault.detail or fault.message}",
                "See that the disk has room, that its file belongs to the service, and that nobody else holds it.",
            )

    @staticmethod
    def _ages(signing: dict[str, timedelta]) -> Iterator[Finding]:
        for algorithm in ALGORITHMS:
            if algorithm not in signing:
                yield Finding(
                    "key_missing", f"There is no {algorithm} key that signs.", "Run `make migrate`, or restart."
                )
            elif signing[algorithm] > _OLD:
                yield Finding(
                    "key_old",
                    f"The {algorithm} key has been signing for {signing[algorithm].days} days.",
                    "Run `make rotate-keys`; nobody is signed out by that.",
                    "advice",
                )
