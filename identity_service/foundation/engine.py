"""
How connections to the database are opened: pools, patience, and SQLite's own care.

On SQLite a commit is durable (WAL, synchronous=FULL) unless a flow asks for less. Its file belongs to the owner alone.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from select import POLLIN, poll
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from identity_service.foundation.errors import DatabaseUnavailable, Misconfigured

LOCK_SECONDS = 5
"""How long a writer waits for the writers before it; then the caller is asked to come back."""

ANSWER_SECONDS = 2 * LOCK_SECONDS
"""How long a server waits for PostgreSQL's answer to a statement; those that wait for a row are told sooner."""

CONNECTIONS: Mapping[str, int] = {"sqlite": 2, "postgresql": 8}
"""
How many single statements a process runs at once, by dialect, and on PostgreSQL how many transactions; the rest waits.

On SQLite a statement is over before another thread has its turn, and a connection is 0.3 MB.
"""

BEGINNINGS: Mapping[str, Mapping[bool, tuple[str, ...]]] = {
    "sqlite": {
        True: ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE"),
        False: ("PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE"),
    },
    # Its driver begins a transaction with the first statement, whatever that is.
    "postgresql": {True: (), False: ("SET LOCAL synchronous_commit = off",)},
}
"""By dialect, and by whether its commit is to be durable: the statements with which a transaction begins."""

_MANNERS = (
    f"-c lock_timeout={LOCK_SECONDS}s",
    # Whatever the server or the role prefers: whoever comes second waits for the row, instead of being sent away.
    r"-c default_transaction_isolation=read\ committed",
)
_ACTIVE = 1  # libpq's PQTRANS_ACTIVE: a statement is under way
_ONLY_LOOKS = "only_looks"
_PRAGMAS = (
    f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


def engine_options(url: str) -> dict[str, Any]:
    """
    Return what `create_engine` needs for *url*: pools that fit the number of threads, patient locks.

    Values stay out of every error text: they may be hashes and addresses.

    Raises:
        Misconfigured: its driver is not installed.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": LOCK_SECONDS, "check_same_thread": False, "isolation_level": None},
            "pool_size": 8,
            "max_overflow": -1,
        }
    try:
        parsed.get_dialect().import_dbapi()
    except ImportError as fault:
        raise Misconfigured(["DATABASE_URL needs the package for PostgreSQL: identity-service[postgres]."]) from fault
    return {
        "hide_parameters": True,
        "pool_size": CONNECTIONS["postgresql"],
        "max_overflow": 0,  # a server lets in 100 clients unless told otherwise, and there are several processes
        "pool_timeout": LOCK_SECONDS,
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": LOCK_SECONDS,
            # Whatever the server, the role or the environment prefers: people have names in every script.
            "client_encoding": "utf8",
            # A network that swallows packets, and a row that somebody else keeps, are both told in time.
            "tcp_user_timeout": LOCK_SECONDS * 1000,
            "options": " ".join((*_told(parsed.query.get("options", ())), *_MANNERS)),
        },
    }


def _told(options: str | Sequence[str]) -> tuple[str, ...]:
    """Return the options that the operator's address has, so that they go along with ours."""
    return (options,) if isinstance(options, str) else tuple(options)


def open_engine(url: str) -> Engine:
    """Return an engine for *url*; a `Database` around it sees to the rest."""
    return create_engine(url, **engine_options(url))


def insist_on_answers(engine: Engine, seconds: float = ANSWER_SECONDS) -> None:
    """
    Let a statement on PostgreSQL be an outage if its answer takes longer, and its connection be closed.

    A server whose machine hangs, or is gone without a word, keeps its connections: everybody would wait with them, even
    if another one has taken over long ago. For whoever answers requests; a command may take its time.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "connect", lambda connection, _record: _limit_waiting(connection, seconds))


def _limit_waiting(connection: Any, seconds: float) -> None:
    usual = connection.wait

    def wait(work: Any, **told: Any) -> Any:
        try:
            return usual(work, **{"timeout": seconds, **told})
        finally:
            # Nobody knows what would still come on it.
            if connection.pgconn.transaction_status == _ACTIVE:
                connection.close()

    connection.wait = wait


def has_hung_up(connection: Any) -> bool:
    """Say whether PostgreSQL has closed an idle *connection*, which takes no question: only then has it said a word."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


class Place:
    """
    Where a SQLite file lies; SQLite goes on writing to one that was removed, and nobody finds it again.

    What is remembered outlives the connections, so that whoever is forked knows it too.
    """

    def __init__(self, path: str | None) -> None:
        """Look at *path*; a database that is no file is always in its place."""
        self._path = path
        self._first: tuple[int, int] | None = None

    def note(self) -> None:
        """Remember which file lies there, unless one is remembered."""
        if self._path and self._first is None:
            self._first = self._present()

    def forget(self) -> None:
        """Remember none: whoever calls this puts another file there, and holds none open."""
        self._first = None

    def insist(self) -> None:
        """
        Go on only if what was opened lies there still.

        Raises:
            DatabaseUnavailable: another file lies there now, or none.
        """
        if self._first is not None and self._present() != self._first:
            raise DatabaseUnavailable("The database file was moved or replaced under the service. Restart the service.")

    def _present(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path or "")  # noqa: PTH116 - at every write; a Path costs three times as much
        except OSError:
            return None
        return found.st_dev, found.st_ino


def attend(engine: Engine) -> Place:
    """Let every new SQLite connection of *engine* find a private file and get its pragmas; return where that is."""
    is_sqlite = engine.dialect.name == "sqlite"
    place = Place(engine.url.database if is_sqlite else None)
    if is_sqlite:
        # Before a file is created: where one was taken away, none is put by chance.
        event.listen(engine, "do_connect", lambda *_: place.insist())
        event.listen(engine, "do_connect", lambda *_: _find_file(engine))
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "connect", lambda *_: place.note())
    return place


def keep_private(url: URL) -> None:
    """
    Create the SQLite file of *url*, and its folder, for the owner alone; an existing one is not touched.

    Not even opened: closing a descriptor of it would drop every lock that this process holds on the file, and another
    process that leaves would clear the write-ahead log away under us.
    Source: SQLite, "How To Corrupt An SQLite Database File" §2.2.

    Raises:
        DatabaseUnavailable: there is no such file, and it cannot be created.
    """
    if not url.database:
        return
    try:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(url.database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as fault:
        if not Path(url.database).exists():
            raise DatabaseUnavailable(detail=str(fault)) from fault


def is_missing(engine: Engine) -> bool:
    """Say whether *engine* leads to a SQLite file that is not there."""
    return engine.dialect.name == "sqlite" and bool(engine.url.database) and not Path(str(engine.url.database)).exists()


def create_nothing(engine: Engine) -> None:
    """Let *engine* open a SQLite file that is there, and refuse to make one, for whoever only wants to look."""
    engine.update_execution_options(**{_ONLY_LOOKS: True})


def _find_file(engine: Engine) -> None:
    if engine.get_execution_options().get(_ONLY_LOOKS) and is_missing(engine):
        raise DatabaseUnavailable(detail=f"there is no file {engine.url.database}")
    keep_private(engine.url)


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def insert_of(dialect: str) -> Any:
    """Return the INSERT of a *dialect*, which knows ON CONFLICT."""
    # Each dialect is megabytes and a twentieth of a second that the other database does not need.
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert
