"""
Statements for the hot paths: compiled once, run by the driver itself.

They cost a third of what the same statement costs through a SQLAlchemy connection.
Leaves to others: connections and the turn to write (database).
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Executable

from identity_service.foundation.database import Database
from identity_service.foundation.errors import DatabaseUnavailable


def reader(database: Database, columns: Sequence[Any]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return what turns a row of *columns*, as the driver of *database* hands it out, into what they hold above it."""
    dialect = database.engine.dialect
    readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return lambda row: tuple(read(value) if read else value for read, value in zip(readers, row, strict=True))


class _Text(NamedTuple):
    """A statement as the driver takes it; `order` is that of its values where they have no names."""

    sql: str
    defaults: dict[str, Any]
    order: tuple[str, ...] | None


class Prepared:
    """
    One statement for a hot path: compiled once, run by the driver itself.

    Values and results are what the driver stores: instants are whole microseconds, JSON is text.
    Inside a transaction it is part of it; outside it is one of its own, durable if it writes.
    """

    def __init__(
        self, database: Database, statement: Executable, *, columns: Sequence[str] | None = None, writes: bool = False
    ) -> None:
        """
        Take *statement*; it is compiled for the dialect of *database*.

        Args:
            database: where it will run.
            statement: with `bindparam` for what varies.
            columns: of an INSERT, those that get values, by name.
            writes: it may write outside a transaction, and waits for its turn there.
        """
        self._database = database
        self._statement = statement
        self._columns = columns
        self._writes = writes
        database.statements.append(self)

    def compile(self) -> None:
        """Compile it now; otherwise that happens when it is first run. A process that is about to fork does it once."""
        _ = self._text

    def run(self, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows; a reading statement whose connection had died is tried once more on a new one."""
        bound = self._bound(values)
        driver = self._database.present_driver()
        if driver is not None:
            return driver.execute(self._text.sql, bound).fetchall()  # type: ignore[no-any-return]
        if self._writes:
            with self._database.write_turn() as hurry:
                return self._once(bound, hurry)
        try:
            return self._once(bound)
        except DatabaseUnavailable:
            return self._once(bound)

    def change(self, **values: Any) -> int:
        """
        Run a writing statement in the present transaction and return how many rows it changed.

        Raises:
            RuntimeError: no flow has opened a transaction.
        """
        driver = self._database.present_driver()
        if driver is None:
            raise RuntimeError("a change needs a transaction that a flow has opened")
        return int(driver.execute(self._text.sql, self._bound(values)).rowcount)

    def _bound(self, values: dict[str, Any]) -> Any:
        text = self._text
        given = {**text.defaults, **values}
        return tuple(map(given.__getitem__, text.order)) if text.order is not None else given

    @cached_property
    def _text(self) -> "_Text":
        dialect = self._database.engine.dialect
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)  # type: ignore[attr-defined]
        return _Text(
            str(compiled), dict(compiled.params), tuple(compiled.positiontup) if compiled.positiontup else None
        )

    def _once(self, bound: Any, hurry: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        with self._database.driver(hurry) as connection:
            return connection.execute(self._text.sql, bound).fetchall()  # type: ignore[no-any-return]
