"""
How a database is: whether its file is sound and it takes what is written, what its clock says, whether it has room.

Leaves to others: what is done about it (the doctor).
"""

import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from identity_service.foundation.clock import from_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.errors import DatabaseUnavailable

_ROOM = 16  # connections that a worker process may take
_FEW = 10  # pages that SQLite keeps in memory during the trial, instead of all of them
_TRIAL = "CREATE TABLE examined (filling VARCHAR(128))"
_A_MEGABYTE = """
    INSERT INTO examined
    WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 8192)
    SELECT :filling FROM counted
"""


def damage_in(database: Database) -> str | None:
    """Return what is wrong with a SQLite file, None if nothing is; PostgreSQL looks after itself."""
    if not database.is_sqlite:
        return None
    told = database.first(text("PRAGMA quick_check(1)"))
    if told is None or told[0] != "ok":
        return str(told and told[0])
    orphan = database.first(text("PRAGMA foreign_key_check"))
    return f"a row of {orphan[0]} refers to nothing in {orphan[2]}" if orphan else None


def strange_encoding_of(database: Database) -> str | None:
    """Return in which encoding a PostgreSQL keeps text, None if it is the one that has every name."""
    found = None if database.is_sqlite else database.first(text("SELECT current_setting('server_encoding')"))
    return str(found[0]) if found and found[0] != "UTF8" else None


def clock_of(database: Database) -> datetime | None:
    """Return what the database's machine takes for the present; None on SQLite, which has no other clock than ours."""
    if database.is_sqlite:
        return None
    found = database.first(text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"))
    return from_microseconds(int(found[0])) if found else None


def insist_on_writing(database: Database) -> None:
    """
    Go on only if *database* may be written to, as far as that can be known without writing.

    Raises:
        DatabaseUnavailable: the file of a SQLite is not there any more, or a PostgreSQL only reads, as a copy does that
            has not taken over. No connection leads there any more.
    """
    database.place.insist()
    if database.is_sqlite or database.first(text("SELECT current_setting('transaction_read_only')")) == ("off",):
        return
    database.release()  # the address may lead to another server by now, and what is set may hold for new ones alone
    raise DatabaseUnavailable("The database can be read, but not written to.")


def is_full_of_connections(database: Database) -> bool:
    """Say whether PostgreSQL has no room left for another worker process."""
    if database.is_sqlite:
        return False
    found = database.first(
        text("SELECT CAST(current_setting('max_connections') AS integer) - count(*) FROM pg_stat_activity")
    )
    return bool(found and found[0] < _ROOM)


def room_of(database: Database) -> int | None:
    """Return how many bytes more the disk of a SQLite file takes; None on PostgreSQL, whose disk we do not see."""
    if not database.is_sqlite:
        return None
    return shutil.disk_usage(Path(database.engine.url.database or "").absolute().parent).free


def fill(database: Database) -> None:
    """
    Write a megabyte into a table of its own, inside a transaction that its flow must take back.

    A small change that is taken back never leaves the memory, so a full disk would not be noticed. This one does:
    SQLite spills it into its log, and PostgreSQL makes room for it in a file. Nobody else sees it, and nothing of it
    is left, not even if the process is killed here.
    Source: SQLite, PRAGMA cache_spill and "WAL-mode File Format" §4.4 (what was not committed is overwritten).

    Raises:
        DatabaseUnavailable: the disk is full, or nothing can be written for another reason.
    """
    kept = database.first(text("PRAGMA cache_size")) if database.is_sqlite else None
    try:
        if kept:
            database.change(text(f"PRAGMA cache_size = {_FEW}"))
        database.change(text(_TRIAL))
        database.change(text(_A_MEGABYTE), {"filling": "." * 128})
    except DBAPIError as fault:
        # A PostgreSQL that only reads, or a role that may not.
        raise DatabaseUnavailable(detail=str(fault.orig)) from fault
    finally:
        if kept:
            database.change(text(f"PRAGMA cache_size = {kept[0]}"))
