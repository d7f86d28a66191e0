"""
A copy of the whole PostgreSQL database by its own programs: pg_dump, pg_restore and psql.

A dump is what every reader saw at one moment. It is put back in one transaction, in the place of our tables.
The password reaches a program in a file for its owner alone, never as a word of a command.
Law: PostgreSQL, "pg_dump" (custom format; never older than the server) and "The Password File".
Leaves to others: SQLite (copies), where dumps are kept and who may put one back (flows.backup).
"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text
from sqlalchemy.engine import URL

from identity_service.foundation.copies import NotCopied, ProgramMissing
from identity_service.foundation.database import Database

_BESIDES = Path("/usr/lib/postgresql")  # where Debian keeps the versions that are not the newest
_REVISION = "alembic_version"
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
_CLEAR = """
DO $$ DECLARE guard regprocedure; BEGIN
    FOR guard IN SELECT DISTINCT tgfoid FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE NOT tgisinternal AND relname IN (…)
    LOOP EXECUTE format('DROP FUNCTION %s CASCADE', guard); END LOOP;
END $$
"""
_PLAIN = ("--no-owner", "--no-privileges")
_TABLE_THERE = re.compile(r"^\d+; \d+ \d+ TABLE \S+ (\S+) ", re.ASCII | re.MULTILINE)
_OF_OURS = re.compile(r"COPY \S*alembic_version .*?;\n(\S+)\n", re.ASCII)


def take(database: Database, target: Path, tables: Iterable[str]) -> None:
    """
    Write *tables*, all of ours, as they are in *database* into the file *target*.

    Raises:
        ProgramMissing: there is no pg_dump, or none that is new enough for the server.
        NotCopied: it refused.
    """
    with _address(database.engine.url) as address:
        # Left out by name instead of taken by name: only so the functions of our triggers come along.
        others = {row[0] for row in database.rows(_TABLES)} - {*tables, _REVISION}
        left_out = [f'--exclude-table="{name}"' for name in sorted(others)]
        _run([_program("pg_dump", database), "--format=custom", *_PLAIN, *left_out], target, address)


def revision_of(dump: Path, database: Database, tables: AbstractSet[str]) -> str | None:
    """Return the revision of the schema in *dump*, None if it is no dump of ours, with all of *tables*."""
    pg_restore = _program("pg_restore", database)
    there = set(_TABLE_THERE.findall(_told([pg_restore, "--list", dump])))
    found = _OF_OURS.search(_told([pg_restore, "--data-only", f"--table={_REVISION}", "--file=-", dump]))
    return found[1] if found and tables <= there else None


def put_back(dump: Path, database: Database, tables: Iterable[str]) -> None:
    """
    Let *tables*, all of ours, be what they are in *dump*; others see it when everything is there.

    Raises:
        ProgramMissing: a program is missing.
        NotCopied: the dump is damaged, or PostgreSQL refuses; the database is as it was.
    """
    pg_restore, psql = _program("pg_restore", database), _program("psql", database)
    # What a newer dump lacks must go, too. Nobody waits for ever for a table that somebody else holds.
    names = [*tables, _REVISION]
    quoted, listed = (", ".join(f"{mark}{name}{mark}" for name in names) for mark in ('"', "'"))
    clearing = f"SET lock_timeout = '30s'; {_CLEAR.replace('…', listed)}; DROP TABLE IF EXISTS {quoted} CASCADE"
    # Written out first: a dump that ends half way would otherwise be put back half way.
    with (
        TemporaryDirectory(prefix="identity-restore-", dir=dump.parent) as folder,
        _address(database.engine.url) as address,
    ):
        script = Path(folder) / "script"
        _run([pg_restore, *_PLAIN, dump], script)
        manner = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        _run([psql, *manner, "--command", clearing], script, address)


def is_in_use(database: Database) -> bool:
    """Say whether anybody else is connected to this database just now."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    found = database.first(others)
    return bool(found and found[0])


def _told(command: list[str | Path]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a file of the operator's
    return done.stdout if done.returncode == 0 else ""


def _run(command: list[str | Path], file: Path, address: str = "") -> None:
    where = [f"--dbname={address}"] if address else []
    done = subprocess.run(  # noqa: S603 - every word is ours or the operator's, and no shell reads it
        [*command, *where, f"--file={file}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it did not say why"])[-1]
        raise NotCopied(f"{Path(command[0]).name} refused: {last}.")


def _program(name: str, database: Database) -> Path:
    """Return the program that goes with the server: of its version, or newer."""
    found = database.first(text("SELECT current_setting('server_version_num')"))
    wanted = int(found[0]) // 10_000 if found else 0
    on_path = shutil.which(name)
    for candidate in (*([Path(on_path)] if on_path else []), *sorted(_BESIDES.glob(f"*/bin/{name}"), reverse=True)):
        if _version(candidate) >= wanted:
            return candidate
    raise ProgramMissing(
        f"{name} of PostgreSQL {wanted} or newer is needed here: install postgresql-client-{wanted},"
        f" or run the command where the server is."
    )


def _version(program: Path) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - as above
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


@contextmanager
def _address(url: URL) -> Iterator[str]:
    """Lend the address in the way of PostgreSQL's programs, with the password in a file."""
    with TemporaryDirectory(prefix="identity-pass-") as folder:  # mode 0700
        passfile = Path(folder) / "pass"
        escaped = re.sub(r"([\\:])", r"\\\1", str(url.password or ""))
        passfile.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
        passfile.chmod(0o600)  # anything wider is ignored
        plain = url._replace(password=None).set(drivername="postgresql")
        yield plain.update_query_dict({"passfile": str(passfile)}).render_as_string(hide_password=False)
