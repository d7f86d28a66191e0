"""
How a process knows within microseconds that nothing has changed on which a verdict about somebody rests.

The database itself counts every change of a person and of a session, the turning of a ratchet aside (migration 0009).
The count is read only when SQLite says that anybody has written at all since, which costs less than reading one row.
PostgreSQL has no cheap way to say so; there nobody counts, because all who end sessions would wait for one another.
Source: SQLite, PRAGMA data_version and PRAGMA schema_version.
"""

import threading
from typing import Any, NamedTuple

from sqlalchemy import DDL, BigInteger, Integer, event, text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Database
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.prepared import Prepared

# A copy that is put back may hold a count that was there before; the other number is a new one then.
_PRESENT = text("SELECT n, (SELECT schema_version FROM pragma_schema_version) FROM revision")


class Revision(Base):
    """The one row that holds the count; none on PostgreSQL."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


event.listen(
    Revision.__table__,
    "after_create",
    DDL("INSERT INTO revision (id, n) VALUES (1, 0)"),  # type: ignore[no-untyped-call]
)


class _Seen(NamedTuple):
    """What the count was when the database had this data version."""

    data_version: int
    present: tuple[int, ...] | None


class Watch:
    """Sees whether anything has changed, in this process or in another."""

    def __init__(self, database: Database) -> None:
        """Watch *database*, on a connection that is opened when somebody asks."""
        self._database = database
        self._count = Prepared(database, _PRESENT)
        self._cursor: Any = None
        self._seen: _Seen | None = None
        # Numbers belong to one connection, and threads must not share that at the same moment.
        self._turn = threading.Lock()
        database.on_release(self.close)

    def present(self) -> tuple[int, ...] | None:
        """
        Return what is another value after every change that has been committed; None where that is not cheap to know.

        Raises:
            DatabaseUnavailable: it does not answer.
        """
        if not self._database.is_sqlite:
            return None
        with self._turn:
            try:
                return self._look()
            except self._database.engine.dialect.dbapi.Error as fault:  # type: ignore[union-attr]
                self._cursor = self._seen = None
                raise DatabaseUnavailable(detail=str(fault)) from fault

    def close(self) -> None:
        """Close the connection; a process that is about to fork must hold none."""
        if self._cursor is not None:
            self._cursor.connection.close()
            self._cursor = self._seen = None

    def _look(self) -> tuple[int, ...] | None:
        if self._cursor is None:
            self._cursor = self._database.open_driver().cursor()
        data_version: int = self._cursor.execute("PRAGMA data_version").fetchone()[0]
        if self._seen is None or self._seen.data_version != data_version:
            # Read after it: whatever comes between the two is seen the next time, once more. And elsewhere, because a
            # connection that looks into no table knows nothing of them, and is a third of a megabyte smaller.
            self._seen = _Seen(data_version, next(iter(self._count.run()), None))
        return self._seen.present
