"""
What every command of the operator's stands in: the services of this installation, how it speaks, how it ends.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from identity_service.cli_words import printable
from identity_service.foundation import logs
from identity_service.foundation.clock import SystemClock
from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.foundation.opaque import SystemChance
from identity_service.foundation.settings import from_process
from identity_service.migrations import schema
from identity_service.wiring import Services, build

REFUSED, WRONG_USE, DEPENDENCY_DOWN = 1, 2, 3
"""Exit statuses, beside 0 for what is done."""

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")


@contextmanager
def services_here(*, migrated: bool = True) -> Iterator[Services]:
    """Lend the services of the installation in this folder; its database is brought up to date if it must be."""
    settings = from_process()
    logs.speak_aside()
    database = Database(open_engine(settings.database.url.get_secret_value()))
    is_current: Callable[[], bool] = lambda: schema.is_current(database)  # noqa: E731
    services = build(settings, database, SystemClock(), SystemChance(), is_current)
    if migrated:
        schema.upgrade(database)
        # Even if the schema was there: whoever made it may have been cut short, or be at the keys just now.
        services.administer.prepare_keys()
    try:
        yield services
    finally:
        services.operators.link.chat.close()
        database.release()
        logs.unconfigure()


def say(facts: Any, lines: list[str], *, as_json: bool) -> None:
    """Print *facts* for a program or *lines* for a person, whatever others have written into them."""
    if as_json:
        click.echo(json.dumps(facts))
        return
    for line in lines:
        click.echo(printable(line))


def confirmed(question: str, *, as_json: bool) -> bool:
    """Ask *question*; beside what a program reads, if one does."""
    return click.confirm(question, default=False, err=as_json)


def leave(status: int, *lines: str) -> NoReturn:
    """End the command with *status* and a complaint."""
    for line in (part for whole in lines for part in whole.splitlines()):
        click.echo(printable(line.expandtabs()), err=True)
    sys.exit(status)
