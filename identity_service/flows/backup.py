"""
What happens when an operator makes a copy of the database, and when one is put back.

A copy has a new name each time and belongs to its owner alone; it appears under that name when it is whole.
Leaves to others: how the two databases are copied (foundation.copies, foundation.dumps).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from identity_service.accounts.users import Users
from identity_service.flows.outcomes import Transaction
from identity_service.foundation import copies, dumps
from identity_service.foundation.clock import Clock
from identity_service.foundation.copies import NotCopied
from identity_service.foundation.database import Database
from identity_service.foundation.engine import keep_private
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.sessions.aftermath import Aftermath, Over

_EVER = frozenset({"users", "sessions", "signing_keys"})
"""Tables that every release has had; other programs count their revisions as we do."""


@dataclass(frozen=True)
class Copied:
    """A copy that was made."""

    path: Path
    size: int


@dataclass(frozen=True)
class Present:
    """What a copy would replace: how many people there are, and whether somebody has the database open."""

    people: int
    is_in_use: bool


@dataclass(frozen=True)
class Backup:
    """Copies of `database`, in which the tables called `tables` are ours."""

    database: Database
    tables: Sequence[str]
    users: Users
    aftermath: Aftermath
    trail: Trail
    transaction: Transaction
    clock: Clock

    @property
    def file(self) -> Path:
        """The SQLite file; with PostgreSQL it means nothing."""
        return Path(self.database.engine.url.database or "")

    def make(self, folder: Path) -> Copied:
        """
        Write a copy into *folder*, which is made if need be; nothing is ever overwritten.

        Raises:
            DatabaseUnavailable: there is no database, or it does not answer.
            NotCopied: it could not be copied, or what was copied is damaged.
        """
        if self.database.is_sqlite and not self.file.exists():
            raise NotCopied(f"There is no database at {self.file}.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ending = "db" if self.database.is_sqlite else "dump"
        target = folder / f"identity-{self.clock.now():%Y%m%dT%H%M%S%fZ}.{ending}"
        part = target.with_suffix(f".{ending}.part")
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            if self.database.is_sqlite:
                copies.take(self.file, part)
            else:
                dumps.take(self.database, part, self.tables)
            _keep(part)
            os.link(part, target)  # unlike a rename, it takes nobody's place
        finally:
            part.unlink(missing_ok=True)
        _keep(folder)
        return Copied(target, target.stat().st_size)

    def revision_of(self, copy: Path) -> str:
        """
        Return the revision of the schema in *copy*.

        Raises:
            NotCopied: it is damaged, or no copy of a database like this one.
        """
        if not copy.is_file():
            raise NotCopied(f"There is no file {copy}.")
        if self.database.is_sqlite:
            found = copies.revision_of(copy, _EVER)
            broken = copies.damage(copy) if found else None
        else:
            found, broken = dumps.revision_of(copy, self.database, _EVER), None
        if found is None:
            kind = "SQLite" if self.database.is_sqlite else "PostgreSQL"
            raise NotCopied(f"{copy} is no copy of this service's database on {kind}.")
        if broken:
            raise NotCopied(f"{copy} is damaged: {broken}.")
        return found

    def present(self) -> Present:
        """Return what a copy would replace."""
        people = self.users.count()
        self.database.release()  # of those who have it open, we do not count
        is_in_use = copies.is_in_use(self.file) if self.database.is_sqlite else dumps.is_in_use(self.database)
        return Present(people, is_in_use)

    def over(self) -> list[Over]:
        """Return the sessions that have ended and must not come back."""
        return self.aftermath.over()

    def put_back(self, copy: Path, over: Sequence[Over]) -> None:
        """
        Let the database be what it was when *copy* was made, and write that into its trail.

        Args:
            copy: what `revision_of` has looked at.
            over: sessions that had ended by now; whichever of them was alive then is ended once more.

        Raises:
            DatabaseUnavailable: it does not answer.
            NotCopied: it could not be done; the database is as it was.
        """
        self.database.release()
        self.database.place.forget()
        if self.database.is_sqlite:
            keep_private(self.database.engine.url)
            copies.put_back(copy, self.file)
        else:
            dumps.put_back(copy, self.database, self.tables)
        self.database.release()
        with self.transaction():
            self.aftermath.end_again(over)
            self.trail.record(Event("database.restored", DONE, "operator", detail={"copy": copy.name}))


def _keep(path: Path) -> None:
    """Let the disk have it before anybody relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
