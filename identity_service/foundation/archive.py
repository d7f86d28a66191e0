"""
The archive: everything that the database holds, one JSON object a line, readable by any database that we know.

    {"archive": "identity-service", "version": 1, "revision": "0002", "made_at": "2026-03-14T09:26:53+00:00"}
    {"table": "users", "row": {"id": "…", "email": "…", …}}
    {"rows": 1}

Tables come in an order in which each refers only to earlier ones, rows by their keys. Instants are ISO 8601 in UTC,
bytes are base64; what is sealed stays sealed, so an archive is opened with the CREDS_KEY of the one who made it.
The last line counts the rows: an archive without it has lost its end.
Law: RFC 8259 (JSON), RFC 4648 §4 (base64), one object a line as in NDJSON.
Leaves to others: files, and whether what is there may go (flows.transfer).
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.types import TypeEngine

from identity_service.foundation.database import Base, Database, Instant
from identity_service.foundation.errors import DatabaseUnavailable

_NAME, _VERSION = "identity-service", 1
_BATCH = 500
_LONGEST_LINE = 1 << 20
_BEYOND = 1 << 63
"""The first whole number that no database keeps."""
_KINDS: tuple[tuple[type[TypeEngine[Any]], tuple[type, ...]], ...] = (
    (Instant, (str,)),
    (LargeBinary, (str,)),
    (String, (str,)),
    (Boolean, (bool,)),
    (Integer, (int,)),
    (Float, (int, float)),
)
"""What JSON says of each kind of column; SQLite would take anything. A JSON column does."""
_OF_OTHERS = frozenset({"signing_keys"})
"""Tables that a new installation has rows in before anybody uses it."""
_OF_ONE_DATABASE = frozenset({"revision"})
"""Tables that mean nothing anywhere else."""


class BadArchive(Exception):
    """It cannot be taken in; the sentence says why."""


class Archive:
    """What is in *database*, as lines, and lines as what is in it."""

    def __init__(self, database: Database) -> None:
        """Read and write *database*."""
        self._database = database

    def lines(self, made_at: datetime) -> Iterator[str]:
        """Yield everything as it is at one moment; memory stays small, and nobody who writes is held up."""
        options: dict[str, Any] = {} if self._database.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        try:
            with closing(self._database.engine.connect().execution_options(**options)) as connection:
                if self._database.is_sqlite:
                    connection.exec_driver_sql("BEGIN")
                yield from _everything(connection, made_at)
        except OperationalError as fault:
            raise DatabaseUnavailable(detail=str(fault.__cause__ or fault)) from fault

    def holds_nothing(self) -> bool:
        """Say whether nobody has used this database yet."""
        tables = (table for table in _tables() if table.name not in _OF_OTHERS)
        return all(self._database.first(select(*table.primary_key).limit(1)) is None for table in tables)

    def take_in(self, lines: Iterable[str], revision: str, *, seen: Callable[[int], None]) -> dict[str, int]:
        """
        Put *lines* in the place of everything, inside the flow's transaction.

        Args:
            lines: of an archive.
            revision: of this database; an archive of a newer one is refused.
            seen: is told from time to time how many rows are in.

        Returns:
            How many rows each table has got.

        Raises:
            BadArchive: it is none, its end is missing, or this release does not know what is in it.
        """
        self._clear()
        counts: dict[str, int] = dict.fromkeys((table.name for table in _tables()), 0)
        rows = _Rows(lines, revision)
        for name, group in groupby(rows, key=itemgetter("table")):
            table = Base.metadata.tables.get(str(name))
            if table is None or table.name not in counts:
                raise BadArchive(f"This release has no table {name}.")
            while batch := [_row(table, each["row"]) for each in islice(group, _BATCH)]:
                counts[table.name] += self._insert(table, batch)
                seen(sum(counts.values()))
        self._go_on_counting()
        return counts

    def _clear(self) -> None:
        try:
            for table in reversed(_tables()):
                self._database.change(delete(table))
        except StatementError as guarded:
            raise BadArchive(
                "The trail of this database only grows, so nothing can take its place:"
                " let DATABASE_URL name a new database, and import there."
            ) from guarded

    def _insert(self, table: Table, batch: list[dict[str, Any]]) -> int:
        try:
            # A column that an older release did not have gets its default.
            for names, rows in groupby(batch, key=tuple):
                values = {name: bindparam(name, type_=_as_kept(table.columns[name])) for name in names}
                self._database.change(insert(table).values(values), list(rows))
        except StatementError as wrong:
            raise BadArchive(f"A row of {table.name} does not fit: {wrong.orig}.") from wrong
        return len(batch)

    def _go_on_counting(self) -> None:
        if self._database.is_sqlite:
            return  # it looks at the largest number itself
        for table in _tables():
            column = table.autoincrement_column
            if column is not None and isinstance(column.type, Integer) and not column.foreign_keys:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                highest = select(func.max(column)).scalar_subquery()
                self._database.rows(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))


def _tables() -> list[Table]:
    """Return the tables that move, each behind those to which it refers."""
    return [table for table in Base.metadata.sorted_tables if table.name not in _OF_ONE_DATABASE]


def _everything(connection: Connection, made_at: datetime) -> Iterator[str]:
    (revision,) = connection.execute(text("SELECT version_num FROM alembic_version")).one()
    yield _line({"archive": _NAME, "version": _VERSION, "revision": revision, "made_at": made_at.isoformat()})
    count = 0
    for table in _tables():
        found = select(table).order_by(*table.primary_key).execution_options(yield_per=_BATCH)
        for row in connection.execute(found).mappings():
            count += 1
            yield _line({"table": table.name, "row": {name: _told(value) for name, value in row.items()}})
    yield _line({"rows": count})


class _Rows:
    """The rows of an archive, its head and its end checked on the way."""

    def __init__(self, lines: Iterable[str], revision: str) -> None:
        self._lines = iter(lines)
        self._check(next(self._lines, ""), revision)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for count, line in enumerate(self._lines):
            told = _object(line)
            if "rows" in told:
                if told["rows"] != count or next(self._lines, None) is not None:
                    raise BadArchive("The archive does not hold as many rows as its last line says.")
                return
            if not isinstance(told.get("table"), str) or not isinstance(told.get("row"), dict):
                raise BadArchive(f"Line {count + 2} is no row of an archive.")
            yield told
        raise BadArchive("The archive ends before its last line: a part of it is missing.")

    @staticmethod
    def _check(line: str, revision: str) -> None:
        head = _object(line)
        if head.get("archive") != _NAME or head.get("version") != _VERSION:
            raise BadArchive("This is not an archive of this service.")
        if str(head.get("revision")) > revision:
            raise BadArchive(f"The archive is of a newer release (revision {head.get('revision')}): update first.")


def _object(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line, parse_constant=_refused) if len(line) <= _LONGEST_LINE else None
        if "\\u" in line:
            # It may spell half a letter, which no database keeps.
            json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise BadArchive("This is not an archive of this service, or it is damaged.")
    return told


def _refused(constant: str) -> None:
    raise ValueError(constant)  # NaN and its like are not JSON


def _row(table: Table, told: Mapping[str, Any]) -> dict[str, Any]:
    unknown = told.keys() - table.columns.keys()
    if unknown:
        raise BadArchive(f"This release has no column {table.name}.{min(unknown)}.")
    try:
        return {name: _read(table.columns[name], value) for name, value in told.items()}
    except (TypeError, ValueError, OverflowError) as wrong:
        raise BadArchive(f"A row of {table.name} cannot be read.") from wrong


def _read(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    kinds = next((kinds for kind, kinds in _KINDS if isinstance(column.type, kind)), None)
    if kinds is not None and type(value) not in kinds:
        raise TypeError(value)
    match column.type:
        case Instant():
            return _moment(value)
        case LargeBinary():
            return b64decode(value, validate=True)
        case Integer() | Float() if not -_BEYOND <= value < _BEYOND:
            raise OverflowError(value)
    return value


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


def _as_kept(column: Column[Any]) -> TypeEngine[Any]:
    # Nothing is NULL here, and not a JSON text that says null.
    return JSON(none_as_null=True) if isinstance(column.type, JSON) else column.type


def _told(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode("ascii")
    return value


def _line(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
