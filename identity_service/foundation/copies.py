"""
A copy of the whole SQLite database, taken while it is in use, and put back in one piece.

A copy is what every reader saw at one moment; writers are not held up. Putting one back is a single transaction of the
database itself, so that a process which is killed meanwhile leaves what was there, and one that serves goes on.
Law: SQLite, "Online Backup API" and "How To Corrupt An SQLite Database File" (a file in use is never replaced).
Leaves to others: PostgreSQL (dumps), where copies are kept and who may put one back (flows.backup).
"""

import sqlite3
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

_PATIENCE = 5.0
_TRIES = 40
"""How often a step is tried while somebody else writes."""


class NotCopied(Exception):
    """There is no copy, or it is not put back; the sentence says why, and what to do."""


class ProgramMissing(NotCopied):
    """A program that does the work is not on this machine."""


def take(source: Path, target: Path) -> None:
    """
    Write what is in the database *source* into the empty file *target*, and insist that it is sound.

    Raises:
        NotCopied: the database cannot be read, or what was read is damaged.
    """
    try:
        with closing(_opened(source, "rw")) as original, closing(_opened(target, "rw")) as copy:
            original.backup(copy, pages=-1, progress=_at_most(_TRIES))
            # One file that needs no other beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as fault:
        raise NotCopied(f"The database could not be copied: {fault}.") from fault
    if broken := damage(target):
        raise NotCopied(f"The database is damaged, and so is the copy: {broken}.")


def damage(path: Path) -> str | None:
    """Return the first thing that is wrong with the database at *path*, None if it is sound."""
    try:
        with closing(_opened(path, "ro")) as database:
            (told,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as fault:
        return str(fault)
    if told != "ok":
        return str(told)
    return f"a row of {orphan[0]} refers to nothing in {orphan[2]}" if orphan else None


def revision_of(path: Path, tables: AbstractSet[str]) -> str | None:
    """Return the revision of the schema in the database at *path*, None if it has none, or not all of *tables*."""
    try:
        with closing(_opened(path, "ro")) as database:
            found = database.execute("SELECT version_num FROM alembic_version").fetchone()
            there = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return None
    return str(found[0]) if found and tables <= there else None


def put_back(copy: Path, target: Path, *, seconds: float = _PATIENCE) -> None:
    """
    Let the database *target* be what *copy* is; whoever has it open sees that with the next statement.

    It waits for other writers, at least *seconds*.

    Raises:
        NotCopied: somebody else writes all the time, or the disk refuses; the database is as it was.
    """
    try:
        with closing(_opened(copy, "ro")) as original, closing(_opened(target, "rw", seconds)) as database:
            original.backup(database, pages=-1, progress=_at_most(_TRIES), sleep=seconds / _TRIES)
            database.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as fault:
        raise NotCopied(f"The copy could not be put back: {fault}.") from fault


def is_in_use(path: Path) -> bool:
    """Say whether another process has the database at *path* open just now."""
    with closing(_opened(path, "rw", seconds=0.2)) as database:
        try:
            # In this mode a connection wants the file for itself; leaving it at once changes nothing.
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


def _opened(path: Path, mode: str, seconds: float = _PATIENCE) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=seconds, isolation_level=None)


def _at_most(tries: int) -> Callable[[int, int, int], None]:
    left = iter(range(tries))

    def count(status: int, _remaining: int, _total: int) -> None:
        # Without this, the library would wait for its turn for ever.
        if status != sqlite3.SQLITE_DONE and next(left, None) is None:
            raise sqlite3.OperationalError("somebody else is writing all the time")

    return count
