"""
The database: one declarative base, and transactions that only flows open.

SQLite and PostgreSQL alike. On SQLite a transaction takes the write lock when it begins, so it never
fails half way because somebody else wrote.
Leaves to others: connections (engine), whose fault it is (outages), tables (each capability), migrations, statements
for the hot paths (prepared).
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import BigInteger, Connection, Engine, Executable, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from identity_service.foundation.clock import from_microseconds, stopwatch, to_microseconds
from identity_service.foundation.engine import BEGINNINGS, CONNECTIONS, LOCK_SECONDS, attend, has_hung_up, insert_of
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.outages import held, translated, unavailable

Rows: TypeAlias = Sequence[tuple[Any, ...]]
Values: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

_PATIENT = LOCK_SECONDS - 0.5
_NEEDS_TRANSACTION = "a change needs a transaction that a flow has opened"

_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table; it knows no framework."""

    metadata = MetaData(naming_convention=_CONVENTION)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970 so that every database compares it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> int | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn an aware datetime into microseconds."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: object) -> datetime | None:  # noqa: ARG002
        """Turn microseconds into an aware datetime."""
        return None if value is None else from_microseconds(value)


class Database:
    """One database: where flows open transactions and capabilities run their statements."""

    def __init__(self, engine: Engine) -> None:
        """Wrap *engine*; nothing is opened before the first statement."""
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.place = attend(engine)
        self._beginning = BEGINNINGS[engine.dialect.name]
        self._readers = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._insert = insert_of(engine.dialect.name)
        self._ambient = threading.local()
        self._write_turn = threading.Lock()
        self._idle: deque[Any] = deque()
        self._writers: deque[Any] = deque()
        self._lendable = threading.BoundedSemaphore(CONNECTIONS[engine.dialect.name])
        self._released: list[Callable[[], None]] = []
        self.statements: list[Any] = []  # those of the hot paths; a process that is about to fork compiles them

    @contextmanager
    def transaction(self, *, is_durable: bool = True) -> Iterator[None]:
        """
        Run the block in one transaction; commit at its end, roll back if it raises.

        An inner transaction joins the outer one. What is not durable waits for no disk: it survives every process,
        but the last moments before a power failure may be lost.

        Raises:
            DatabaseUnavailable: no answer, or no turn to write, within LOCK_SECONDS; or the file is not there any more.
        """
        if self.present_driver() is not None:
            yield
            return
        with translated(), self._driver_translated(), self.write_turn() as hurry:
            pooled: Any = self._writers.pop() if self._writers else self.engine.raw_connection()
            try:
                for statement in (*hurry, *self._beginning[is_durable]):
                    pooled.driver_connection.execute(statement)
                self._ambient.pooled = pooled
                self._ambient.afterwards = []
                yield
                pooled.commit()
            except BaseException as fault:
                self._take_back(pooled, fault)
                raise
            finally:
                self._ambient.pooled = self._ambient.connection = None
                # SQLite has one writer at a time: to hand one connection on costs a tenth of the pool's care.
                if hurry:
                    pooled.invalidate()
                elif self.is_sqlite and not pooled.driver_connection.in_transaction:
                    self._writers.append(pooled)
                else:
                    pooled.close()
        for action in self._ambient.afterwards:
            action()

    def after_commit(self, action: Callable[[], None]) -> None:
        """
        Call *action* when the present transaction has been committed, and never if it is not.

        Raises:
            RuntimeError: no flow has opened a transaction.
        """
        if self.present_driver() is None:
            raise RuntimeError("what follows a commit needs a transaction that a flow has opened")
        self._ambient.afterwards.append(action)

    def rows(self, statement: Executable, values: Values = None) -> Rows:
        """
        Return all rows of *statement*, inside the present transaction or on their own; an INSERT may take many values.

        Raises:
            RuntimeError: the statement writes, and no flow has opened a transaction.
        """
        ambient = self._connection()
        if ambient is None and statement.is_dml:
            raise RuntimeError(_NEEDS_TRANSACTION)
        with translated():
            if ambient is not None:
                return cast("Rows", ambient.execute(statement, values).all())
            with self._readers.connect() as connection:
                return cast("Rows", connection.execute(statement, values).all())

    def first(self, statement: Executable, values: Mapping[str, Any] | None = None) -> tuple[Any, ...] | None:
        """Return the first row of *statement*, or None."""
        found = self.rows(statement, values)
        return found[0] if found else None

    def change(self, statement: Executable, values: Values = None) -> int:
        """
        Run a writing *statement*, once for each of *values*, and return how many rows it changed.

        Raises:
            RuntimeError: no flow has opened a transaction.
        """
        ambient = self._connection()
        if ambient is None:
            raise RuntimeError(_NEEDS_TRANSACTION)
        with translated():
            # SQLAlchemy keeps the count of an INSERT only on request; without it psycopg's is -1.
            done = ambient.execute(statement, values, execution_options={"preserve_rowcount": True})
            return int(done.rowcount)

    def insert(self, table: type[Base]) -> Any:
        """Return an INSERT into *table* in the dialect of this database, which knows ON CONFLICT."""
        return self._insert(table)

    @contextmanager
    def write_turn(self) -> Iterator[Sequence[str]]:
        """
        Hold the turn to write: SQLite has one writer at a time, so threads queue here instead of polling.

        Whoever has waited long is handed a `hurry` for the connection: other processes are waited for the less.

        Raises:
            DatabaseUnavailable: the file is not there any more, or no turn came within LOCK_SECONDS.
        """
        self.place.insist()
        waited = stopwatch()
        with held(self._write_turn, "no turn to write") if self.is_sqlite else nullcontext():
            left = LOCK_SECONDS - waited()
            yield () if left > _PATIENT else (f"PRAGMA busy_timeout = {max(0, int(left * 1000))}",)

    @contextmanager
    def driver(self, hurry: Sequence[str] = ()) -> Iterator[Any]:
        """
        Lend a driver connection in autocommit mode; one that was told to `hurry` is nobody's afterwards.

        Raises:
            DatabaseUnavailable: the statement failed because of the database, not because of the statement.
                On PostgreSQL all idle connections are closed then, because they have died together.
                Or all CONNECTIONS were lent for LOCK_SECONDS.
        """
        with held(self._lendable, "no connection is free"):
            connection = self._idle_one() or self.open_driver()
            try:
                for statement in hurry:
                    connection.execute(statement)
                yield connection
            except BaseException as fault:
                connection.close()
                down = self._unavailable(fault)
                if down is None:
                    raise
                if not self.is_sqlite:
                    self._close_idle()
                raise down from fault
            connection.close() if hurry else self._idle.append(connection)

    def open_driver(self) -> Any:
        """Return a driver connection in autocommit mode, which nobody else has."""
        with translated(), self._driver_translated():
            pooled = self.engine.raw_connection()
            connection: Any = pooled.driver_connection
            pooled.detach()
        if not self.is_sqlite:
            connection.autocommit = True
        return connection

    def release(self) -> None:
        """Close every connection; a process that is about to fork must hold none."""
        self._close_idle()
        for close in self._released:
            close()
        self.engine.dispose()

    def on_release(self, close: Callable[[], None]) -> None:
        """Have *close* called too when every connection is to be closed, for whoever has one of `open_driver`."""
        self._released.append(close)

    def present_driver(self) -> Any:
        """Return the driver connection of the present transaction, None outside of one."""
        pooled = getattr(self._ambient, "pooled", None)
        return pooled and pooled.driver_connection

    def connection(self) -> Connection:
        """Return the connection of the present transaction as SQLAlchemy sees it."""
        connection = self._connection()
        if connection is None:
            raise RuntimeError("there is no transaction")
        return connection

    def _connection(self) -> Connection | None:
        if self.present_driver() is None:
            return None
        if getattr(self._ambient, "connection", None) is None:
            # Begun, committed and closed by the transaction, never by SQLAlchemy.
            self._ambient.connection = Connection(self.engine, self._ambient.pooled)
        return cast("Connection", self._ambient.connection)

    @contextmanager
    def _driver_translated(self) -> Iterator[None]:
        try:
            yield
        except BaseException as fault:
            down = self._unavailable(fault)
            if down is None:
                raise
            raise down from fault

    def _take_back(self, pooled: Any, fault: BaseException) -> None:
        dbapi: Any = self.engine.dialect.dbapi
        down = isinstance(fault, DatabaseUnavailable) or self._unavailable(fault) is not None
        if self.is_sqlite or not down:
            # If it has died meanwhile nothing is left to take back, and what is told is what went wrong before.
            with suppress(dbapi.Error):
                pooled.rollback()
                return
        if not self.is_sqlite and pooled.is_valid:
            pooled.invalidate()  # it has died, or leads to a server that only reads: nobody else shall get it

    def _unavailable(self, fault: BaseException) -> DatabaseUnavailable | None:
        return unavailable(fault, self.engine.dialect.dbapi)

    def _idle_one(self) -> Any:
        """Return an idle connection, None if there is none; those that the server has closed meanwhile go."""
        with suppress(IndexError):  # others may take from it meanwhile
            while True:
                connection = self._idle.pop()
                if self.is_sqlite or not has_hung_up(connection):
                    return connection
                connection.close()
        return None

    def _close_idle(self) -> None:
        for stock in (self._idle, self._writers):
            with suppress(IndexError):  # others may take from it meanwhile
                while True:
                    stock.pop().close()
