"""
When it is the database that is to blame, and neither the statement nor the caller.

Leaves to others: what is tried again, what is closed (database).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from identity_service.foundation.engine import LOCK_SECONDS
from identity_service.foundation.errors import DatabaseUnavailable

_READ_ONLY = "25006"
"""PostgreSQL's read_only_sql_transaction: a copy that has not taken over yet, or one whose disk is full."""

_NO_SCHEMA = frozenset({"42P01", "42703"})
"""PostgreSQL's undefined_table and undefined_column: nobody has migrated yet. SQLite tells that like an outage."""


@contextmanager
def translated() -> Iterator[None]:
    """
    Run what goes through SQLAlchemy.

    Raises:
        DatabaseUnavailable: it failed, and the database is to blame.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as fault:
        raise DatabaseUnavailable(detail=str(fault.__cause__ or fault)) from fault
    except DBAPIError as fault:
        # A file that is damaged, or no database at all, is told by SQLite with the plain class.
        if fault.connection_invalidated or type(fault) is DatabaseError or _is_unfit(fault.orig):
            raise DatabaseUnavailable(detail=str(fault.__cause__ or fault)) from fault
        raise


def unavailable(fault: BaseException, dbapi: Any) -> DatabaseUnavailable | None:
    """Return what a *fault* of the driver *dbapi* means to others if the database is to blame for it, else None."""
    # A file that is damaged, or no database at all, is told by SQLite with the plain class.
    is_told = isinstance(fault, dbapi.OperationalError | dbapi.InterfaceError) or type(fault) is dbapi.DatabaseError
    return DatabaseUnavailable(detail=str(fault)) if is_told or _is_unfit(fault) else None


@contextmanager
def held(turn: "threading.Lock | threading.Semaphore", refusal: str) -> Iterator[None]:
    """
    Hold *turn* meanwhile.

    Raises:
        DatabaseUnavailable: it was not to be had within LOCK_SECONDS, which *refusal* puts into words.
    """
    if not turn.acquire(timeout=LOCK_SECONDS):
        raise DatabaseUnavailable(detail=refusal)
    try:
        yield
    finally:
        turn.release()


def _is_unfit(fault: BaseException | None) -> bool:
    return getattr(fault, "sqlstate", None) in {_READ_ONLY, *_NO_SCHEMA}
