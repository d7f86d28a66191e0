"""
The operator's commands for letters: what waits, what they look like, whether they arrive.
"""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from identity_service.cli_frame import AS_JSON, REFUSED, WRONG_USE, leave, say, services_here
from identity_service.foundation.errors import InvalidInput

_MINUTES = "%Y-%m-%d %H:%M"


@click.command()
@click.option("--retry", metavar="ID|all", default=None, help="Send this letter, or every one, as soon as may be.")
@AS_JSON
def outbox(*, retry: str | None, as_json: bool) -> None:
    """Show the letters that have not arrived, oldest first; or have them sent again."""
    with services_here() as services:
        if retry is not None:
            count = services.mail.retry.letters(None if retry == "all" else retry)
            if not count and retry != "all":
                leave(REFUSED, "No letter with that id waits.")
            say({"due": count}, [f"Letters that are due now: {count}"], as_json=as_json)
            return
        facts = [_told(asdict(letter)) for letter in services.mail.outbox.waiting()]
    say(facts, [*map(_line, facts), f"Letters that have not arrived: {len(facts)}"], as_json=as_json)


@click.command("preview-letters")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("letters"), show_default=True)
def preview_letters(*, folder: Path) -> None:
    """Write every letter in every language to files in a folder, to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    with services_here(migrated=False) as services:
        written = dict(services.mail.preview.files())
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    click.echo(f"Wrote {len(written)} files to {folder}.")


def prove_mail(address: str, *, as_json: bool) -> None:
    """Send a letter to *address* and say how it went: with which encryption and certificate, or what to do about it."""
    with services_here(migrated=False) as services:
        try:
            findings = services.mail.prove.to(address)
        except InvalidInput as fault:
            leave(WRONG_USE, f"--mail: {fault.message}")
    lines = [f"{'ok   ' if one.is_well else 'FAULT'} {one.cause}{' ' if one.fix else ''}{one.fix}" for one in findings]
    say([asdict(one) for one in findings], lines, as_json=as_json)
    if not all(one.is_well for one in findings):
        leave(REFUSED)


def _told(letter: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in letter.items()}


def _line(told: dict[str, Any]) -> str:
    state = (
        f"given up {_minute(told['given_up_at'])}"
        if told["given_up_at"]
        else f"next {_minute(told['next_attempt_at'])}"
    )
    facts = (told["id"], f"{told['kind']:<20}", f"{told['to']:<16}", f"{told['attempts']} attempts", state)
    return "  ".join((*facts, told["last_answer"])).rstrip()


def _minute(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):{_MINUTES}} UTC"


COMMANDS = (outbox, preview_letters)
