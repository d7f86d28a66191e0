"""
The operator's commands about people who are kept out: ban, unban, who is banned, why, and the audit trail.

They ask nobody at the gate, so they work with everybody banned.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import click

from identity_service.cli_explain import about_request, about_somebody, ban_facts, entry_facts
from identity_service.cli_frame import AS_JSON, REFUSED, YES, confirmed, leave, say, services_here
from identity_service.cli_words import printable, to_type
from identity_service.flows.outcomes import By, Visitor

_OPERATOR = By("operator", Visitor("", "", ""))
_LONGEST_MINUTES = 36_500 * 24 * 60  # a hundred years, as for back ends
_COLUMNS = ("at", "event", "outcome", "actor", "subject", "address", "request_id", "detail")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@click.command("ban-user")
@click.argument("who", metavar="EMAIL|ADDRESS")
@click.option(
    "--minutes", type=click.IntRange(1, _LONGEST_MINUTES), default=None, help="For how long; BAN_DURATION by default."
)
@click.option("--forever", is_flag=True, help="Until somebody lifts it.")
@click.option("--note", default="", help="Why, for whoever asks later.")
@YES
@AS_JSON
def ban_user(who: str, *, yes: bool, as_json: bool, note: str, **told: Any) -> None:
    """Ban the account EMAIL, or an IP ADDRESS (of IPv6 its whole /64); a person's sessions end at once."""
    minutes, forever = told["minutes"], told["forever"]
    if forever and minutes:
        raise click.UsageError("--forever and --minutes do not go together.")
    with services_here() as services:
        moderate = services.moderation.moderate
        holder = moderate.holder(who)
        if not yes and not confirmed(f"Really ban {who} ({holder})?", as_json=as_json):
            leave(REFUSED, "Aborted.")
        usual = services.settings.moderation.ban_duration or timedelta(hours=2)
        duration = None if forever else timedelta(minutes=minutes) if minutes else usual
        ban = moderate.ban(holder, duration, note[:256], _OPERATOR)
        doubts = services.moderation.sightings.doubts() if ban.address else ()
    lines = [f"Banned {who} ({holder}) {_until(ban.ends_at)}. To lift it: {to_type('unban-user', who)}"]
    lines += [f"Bans of addresses only observe for now: {doubt}" for doubt in doubts]
    say({**ban_facts(ban), "doubts": list(doubts)}, lines, as_json=as_json)


@click.command("unban-user")
@click.argument("who", metavar="EMAIL|ADDRESS")
@YES
@AS_JSON
def unban_user(who: str, *, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """Lift the ban of the account EMAIL or of an IP ADDRESS, and forget the score behind it."""
    with services_here() as services:
        moderate = services.moderation.moderate
        holder = moderate.holder(who)
        moderate.unban(holder, _OPERATOR)
    say({"holder": holder}, [f"{who} ({holder}) is not banned any more, and has no score."], as_json=as_json)


@click.command("list-bans")
@AS_JSON
def list_bans(*, as_json: bool) -> None:
    """List who is banned, the newest ban first."""
    with services_here() as services:
        bans = services.moderation.bans.in_force()
        people = {ban.holder: services.capabilities.users.by_id(ban.holder) for ban in bans if ban.user_id}
    facts, lines = [], []
    for ban in bans:
        person = people.get(ban.holder)
        email = person.email if person else None
        facts.append({**ban_facts(ban), "email": email})
        lines.append(f"{email or ban.holder}  {_until(ban.ends_at)}  {ban.kind} ({ban.actor}) {ban.note}".rstrip())
    say(facts, [*lines, f"Total bans: {len(bans)}"], as_json=as_json)


@click.command()
@click.argument("who", metavar="EMAIL|ADDRESS|REQUEST-ID")
@AS_JSON
def why(who: str, *, as_json: bool) -> None:
    """Explain why somebody is kept out, or what a request led to: each event, its score, and what lifts it."""
    with services_here() as services:
        explained = services.moderation.explain.of(who)
        moderation = services.settings.moderation
        is_request = hasattr(explained, "concerned")
        told = about_request(explained, moderation) if is_request else about_somebody(explained, moderation)
    say(told.facts, told.lines, as_json=as_json)


def _instant(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """Read a date, or a moment with or without a time zone; without one it is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise click.BadParameter("it must be such as 2026-11-26 or 2026-11-26T18:00:00+01:00.") from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@click.option("--since", callback=_instant, help="From this moment on, such as 2026-11-26 or 2026-11-26T18:00:00Z.")
@click.option("--until", callback=_instant, help="Before this moment.")
@click.option("--actor", default="", help="What this person (EMAIL or id), client or `operator` did.")
@click.option("--subject", default="", help="What was done to this person (EMAIL or id), client or address.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
@AS_JSON
def trail(*, as_json: bool, as_csv: bool, **told: Any) -> None:
    """Print the audit trail, oldest first: who did what to whom, from where, and how it ended."""
    if as_csv and as_json:
        raise click.UsageError("--csv and --json do not go together.")
    with services_here() as services:
        rows = map(entry_facts, services.moderation.explain.trail_of(**told))
        if as_csv:
            _print_csv(rows)
        elif as_json:
            _print_json(rows)
        else:
            for row in rows:
                click.echo(printable(_line(row)))


COMMANDS = (ban_user, unban_user, list_bans, why, trail)


def _line(row: Mapping[str, Any]) -> str:
    detail = " ".join(f"{name}={value}" for name, value in row["detail"].items())
    who = f"{row['actor'] or '-'} -> {row['subject'] or '-'}"
    return f"{row['at']}  {row['event']} {row['outcome']}  {who}  {row['address'] or '-'}  {detail}".rstrip()


def _print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    click.echo("[", nl=False)
    for number, row in enumerate(rows):
        click.echo((",\n " if number else "") + json.dumps(row), nl=False)
    click.echo("]")


def _print_csv(rows: Iterable[Mapping[str, Any]]) -> None:
    _print_cells(_COLUMNS)
    for row in rows:
        cells = [json.dumps(row[name]) if name == "detail" else str(row[name]) for name in _COLUMNS]
        _print_cells([_harmless(printable(cell)) for cell in cells])


def _print_cells(cells: Sequence[str]) -> None:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    click.echo(line.getvalue())


def _harmless(cell: str) -> str:
    # A spreadsheet would run it (OWASP, CSV injection).
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _until(ends_at: datetime | None) -> str:
    return f"until {ends_at:%Y-%m-%d %H:%M:%S} UTC" if ends_at else "for ever"
