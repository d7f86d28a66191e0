"""
Which schema the database has, and how it gets the one that this release needs.

Everything happens in one transaction behind one lock: two instances that start at once take turns,
and a process that is killed half way leaves the database as it was.
Leaves to others: what changes (versions/, one file a change).
"""

from importlib.resources import files
from pathlib import Path

from sqlalchemy import text

from identity_service.foundation.database import Database
from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.soundness import strange_encoding_of

_LOCK = 0x1DE47171
_ANEW = "Create it anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
_TABLE_ON_SQLITE = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
_TABLE_ON_POSTGRES = "SELECT CAST(to_regclass('alembic_version') AS text)"


def head() -> str:
    """Return the newest revision that this release knows: the number that its file begins with."""
    names = (entry.name for entry in files("identity_service.migrations.versions").iterdir())
    return max(name[:4] for name in names if name[:4].isdigit())


def revision(database: Database) -> str | None:
    """Return the revision that the database is at, None for an empty one."""
    table = database.first(text(_TABLE_ON_SQLITE if database.is_sqlite else _TABLE_ON_POSTGRES))
    if table is None or table[0] is None:
        return None
    found = database.first(text("SELECT version_num FROM alembic_version"))
    return str(found[0]) if found else None


def is_current(database: Database) -> bool:
    """Say whether the database is at least where this release needs it."""
    at = revision(database)
    return at is not None and at >= head()


def upgrade(database: Database) -> bool:
    """
    Bring the database to this release's schema; False if it was there already.

    Raises:
        Misconfigured: an empty PostgreSQL database that was created for another encoding than UTF-8.
    """
    at = revision(database)
    if at is not None and at >= head():
        return False
    if at is None and (encoding := strange_encoding_of(database)):
        raise Misconfigured(
            [f"DATABASE_URL leads to a database in {encoding}, which does not hold every name. {_ANEW}"]
        )
    from alembic import command  # noqa: PLC0415 - costs a tenth of a second that only a migration should pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.transaction():
        connection = database.connection()
        if not database.is_sqlite:
            # Another instance may be at it: that is worth waiting for, however long it takes.
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True
