"""
How a database is: whether its file is sound, what its clock says, whether it has room for more connections.

Leaves to others: what is done about it (the doctor).
"""

from datetime import datetime

from sqlalchemy import text

from identity_service.foundation.clock import from_microseconds
from identity_service.foundation.database import Database

_ROOM = 16  # connections that a worker process may take


def damage_in(database: Database) -> str | None:
    """Return what is wrong with a SQLite file, None if nothing is; PostgreSQL looks after itself."""
    if not database.is_sqlite:
        return None
    told = database.first(text("PRAGMA quick_check(1)"))
    if told is None or told[0] != "ok":
        return str(told and told[0])
    orphan = database.first(text("PRAGMA foreign_key_check"))
    return f"a row of {orphan[0]} refers to nothing in {orphan[2]}" if orphan else None


def clock_of(database: Database) -> datetime | None:
    """Return what the database's machine takes for the present; None on SQLite, which has no other clock than ours."""
    if database.is_sqlite:
        return None
    found = database.first(text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"))
    return from_microseconds(int(found[0])) if found else None


def is_full_of_connections(database: Database) -> bool:
    """Say whether PostgreSQL has no room left for another worker process."""
    if database.is_sqlite:
        return False
    found = database.first(
        text("SELECT CAST(current_setting('max_connections') AS integer) - count(*) FROM pg_stat_activity")
    )
    return bool(found and found[0] < _ROOM)
