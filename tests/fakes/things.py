"""
A table of things, for tests of the database itself; it is no part of the installation's schema.
"""

from sqlalchemy import Boolean, Column, Integer, MetaData, Table, select, text

from identity_service.foundation.database import Database, Instant
from identity_service.foundation.engine import open_engine

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", Instant),
    Column("good", Boolean, server_default=text("false")),
)
ALL = select(THINGS.c.id).order_by(THINGS.c.id)


def opened(url: str) -> Database:
    """Open the database at *url*, as one more process would."""
    return Database(open_engine(url))


def ids(database: Database) -> list[int]:
    """List the things that are there."""
    return [number for (number,) in database.rows(ALL)]
