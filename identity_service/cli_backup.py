"""
The operator's commands for copies of the database and for archives: backup, restore, export, import.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from identity_service.cli_frame import (
    AS_JSON,
    DEPENDENCY_DOWN,
    REFUSED,
    WRONG_USE,
    YES,
    confirmed,
    leave,
    say,
    services_here,
)
from identity_service.foundation.archive import BadArchive
from identity_service.foundation.copies import NotCopied, ProgramMissing
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.migrations import schema
from identity_service.wiring import Services

FOLDER = Path("data/backups")
_OTHER_KEY = "CREDS_KEY is not the one that sealed its keys: put back the .env that belongs to this copy."
_STEP = 10_000


@click.command("backup")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True, help="The folder.")
@AS_JSON
def backup(folder: Path, *, as_json: bool) -> None:
    """Copy the database while it is in use, into a new file for the owner alone."""
    with services_here(migrated=False) as services, _told():
        made = services.upkeep().backup.make(folder)
    facts = {"path": str(made.path), "bytes": made.size}
    say(facts, [f"Wrote {made.path} ({made.size} bytes). Keep it with .env: neither is of use alone."], as_json=as_json)


@click.command("restore")
@click.argument("copy", type=click.Path(path_type=Path))
@YES
@AS_JSON
def restore(copy: Path, *, yes: bool, as_json: bool) -> None:
    """Let the database be what it was when COPY was made; what is there now is copied first."""
    with services_here(migrated=False) as services, _told():
        upkeep = services.upkeep()
        revision = upkeep.backup.revision_of(copy)
        if revision > schema.head():
            leave(REFUSED, f"{copy} is of a newer release (revision {revision}): update first.")
        kept = _keep_what_is_there(services, yes=yes, as_json=as_json)
        # What has ended since the copy was made stays ended.
        upkeep.backup.put_back(copy, upkeep.backup.over() if kept else [])
        schema.upgrade(services.database)
        people = services.capabilities.users.count()
        has_other_key = any(not key.opens for key in upkeep.examination.of_all())
    facts = {"restored": str(copy), "people": people, "kept": kept and str(kept)}
    lines = [f"What was there is in {kept}."] if kept else []
    lines.append(f"Put back {copy}: {people} people. Who was signed out since then stays so.")
    say(facts, lines, as_json=as_json)
    if has_other_key:
        leave(WRONG_USE, _OTHER_KEY)


@click.command("export")
@click.argument("archive", type=click.Path(path_type=Path))
@AS_JSON
def export(archive: Path, *, as_json: bool) -> None:
    """Write everything into the new file ARCHIVE, which any database that this service knows can take in."""
    with services_here(migrated=False) as services:
        _insist_on_a_schema(services)
        if not schema.is_current(services.database):
            leave(REFUSED, "The database does not have this release's schema. Run: make migrate")
        lines = services.upkeep().transfer.leave(archive)
    facts = {"path": str(archive), "rows": lines - 2}
    say(facts, [f"Wrote {archive}: {lines - 2} rows. Keep it with .env: neither is of use alone."], as_json=as_json)


@click.command("import")
@click.argument("archive", type=click.Path(path_type=Path))
@YES
@AS_JSON
def import_(archive: Path, *, yes: bool, as_json: bool) -> None:
    """Put what ARCHIVE holds in the place of everything in the database; all of it or nothing."""
    # Opened before anybody is asked anything, and once: it may be a pipe.
    with _opened(archive) as lines, services_here() as services, _told():
        transfer = services.upkeep().transfer
        if not (yes or transfer.finds_nobody()) and not confirmed(
            f"Really replace {services.capabilities.users.count()} people and ALL else that is in the database?",
            as_json=as_json,
        ):
            leave(REFUSED, "Aborted.")
        revision = schema.revision(services.database) or ""
        counts = transfer.move_in(lines, revision, seen=_progress())
    rows = sum(counts.values())
    say({"rows": rows, "tables": counts}, [f"Took in {rows} rows: {counts['users']} people."], as_json=as_json)


COMMANDS = (backup, restore, export, import_)


@contextmanager
def _told() -> Iterator[None]:
    """Let what went wrong be a sentence and an exit status."""
    try:
        yield
    except ProgramMissing as fault:
        leave(DEPENDENCY_DOWN, str(fault))
    except (NotCopied, BadArchive) as fault:
        leave(REFUSED, str(fault))


def _opened(archive: Path) -> TextIO:
    try:
        return archive.open(encoding="utf-8")
    except FileNotFoundError:
        leave(REFUSED, f"There is no file {archive}.")


def _insist_on_a_schema(services: Services) -> None:
    backup = services.upkeep().backup
    is_missing = services.database.is_sqlite and not backup.file.exists()
    if is_missing or schema.revision(services.database) is None:
        leave(REFUSED, "There is no database yet. Run: make migrate")


def _keep_what_is_there(services: Services, *, yes: bool, as_json: bool) -> Path | None:
    """Ask whether the database may be replaced, and copy it first; None if there is nothing to keep."""
    backup = services.upkeep().backup
    if services.database.is_sqlite and not backup.file.exists():
        return None
    try:
        if schema.revision(services.database) is None:
            return None
        present = backup.present()
    except DatabaseUnavailable as fault:
        raise DatabaseUnavailable(
            "The database that is there does not answer. If its file is damaged, move it away,"
            " with the files -wal and -shm beside it, and run this again.",
            detail=fault.detail,
        ) from fault
    question = f"Really replace {present.people} people and ALL else that is in the database?"
    if present.is_in_use:
        question = f"The database is IN USE; it is better to stop the service first. {question}"
    if not yes and not confirmed(question, as_json=as_json):
        leave(REFUSED, "Aborted.")
    return backup.make(FOLDER).path


def _progress() -> Callable[[int], None]:
    shown = 0

    def seen(rows: int) -> None:
        nonlocal shown
        if rows - shown >= _STEP:
            shown = rows
            click.echo(f"{rows} rows …", err=True)

    return seen
