"""
`identity adopt`: take the people of a running chat application over, and say what is left to do.
"""

import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from identity_service.chat.adoption import LiveBan
from identity_service.chat.provider_ids import Issuers
from identity_service.cli_frame import AS_JSON, WRONG_USE, leave, say, services_here
from identity_service.flows.adopt import Keys, Remark, Report
from identity_service.foundation.settings_comparison import Comparison, compare
from identity_service.wiring import Services

_PROXY = """
In nginx, before the location that leads to the chat application:

    location ~ ^/(api/auth|oauth|api/user/(verify|password|email|language))(/|$) {{ proxy_pass {here}; }}
    location ~ ^/(account|logout|static)(/|$) {{ proxy_pass {here}; }}
    location = /api/user/delete {{ proxy_pass {here}; }}
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;

with TRUST_PROXY=1 here. deploy/README.md has the whole file, and the same for Traefik and Caddy.
Everybody signs in once more after the switch, with the password that they have."""

_MADE_THERE = "What is blank, LibreChat makes for itself and keeps in .env.temp, or LIBRECHAT_TEMP_CREDENTIALS_PATH."

_BACK = """
The way back: take these lines out again and reload. The chat application's database was kept as it wants it: people who
came meanwhile are in it, and whoever chose a new password here, or came without one, asks there for a reset."""


@click.command()
@click.option("--mongo", default="", help="The chat application's database; MONGO_URI by default. It is only read.")
@click.option(
    "--env", "env_file", required=True, type=click.Path(path_type=Path), help="The chat application's .env. Only read."
)
@AS_JSON
def adopt(mongo: str, env_file: Path, *, as_json: bool) -> None:
    """Take everybody over from a running LibreChat, with their passwords; nothing is written there."""
    with services_here() as services:
        if not env_file.is_file():
            leave(WRONG_USE, f"There is no file {env_file}.")
        if not _is_text(env_file):
            leave(WRONG_USE, f"The file {env_file} cannot be read as UTF-8 text, so nobody was taken over.")
        uri = mongo or _own_address(services)
        if not uri:
            leave(WRONG_USE, "Say where: --mongo mongodb://127.0.0.1:27017/LibreChat, or set MONGO_URI.")
        comparison = compare(env_file, services.settings)
        with closing(services.operators.reading(uri)) as theirs:
            length = theirs.count()
            with click.progressbar(length=length, label="Taking people over", file=sys.stderr) as bar:
                issuers = Issuers(comparison.openid_issuer, comparison.github)
                keys = Keys(comparison.creds_key, issuers)
                report = services.operators.adopt.people(theirs, keys, bar.update)
    facts = {**_people_facts(report), "settings": [one._asdict() for one in comparison.compared]}
    facts |= {"copy": comparison.to_copy, "problems": comparison.problems}
    lines = [*_settings(comparison), *_people(report), *_left_to_do(comparison, services)]
    say(facts, lines, as_json=as_json)


def _is_text(path: Path) -> bool:
    # Without their settings people would come without what hangs on them: second factors, providers, issuers.
    try:
        return "\0" not in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _settings(comparison: Comparison) -> list[str]:
    widest = max((len(one.name) for one in comparison.compared), default=0)
    rows = [f"  {one.name:<{widest}}  {one.verdict:<8}  {one.reason}" for one in comparison.compared]
    rest = f"  {comparison.others} other settings have nothing to do with signing in."
    return ["Settings:", *rows, *(f"  {problem}" for problem in comparison.problems), rest]


def _people(report: Report) -> list[str]:
    here = f"{report.known} here already ({report.renewed} of them with a newer password)"
    lines = ["", f"People: {report.seen} seen, {report.added} taken over, {here}, {len(report.left_out)} left out."]
    lines += [f"  left out: {_whose(one)}: {one.what}" for one in report.left_out]
    lines += [f"  {_whose(one)}: {one.what}" for one in report.remarks]
    if report.second_factors:
        lines.append(
            f"  {report.second_factors} second factors were taken over and are kept sealed,"
            " but nobody is asked for one here yet: those who are named above for it come in without."
        )
    if report.connections:
        lines.append(f"  {report.connections} connections with outside providers were taken over.")
    lines += [f"  banned here as well: {_sentence(ban)}" for ban in report.bans]
    lines += [f"  banned there, nobody here and no address: {_sentence(ban)}" for ban in report.bans_left_out]
    if not report.has_administrator:
        lines.append("  Nobody here is ADMIN.")
    return lines


def _sentence(ban: LiveBan) -> str:
    return f"{ban.holder} until {ban.ends_at:%Y-%m-%d %H:%M} UTC"


def _whose(remark: Remark) -> str:
    return f"{remark.id} {remark.email}"


def _people_facts(report: Report) -> dict[str, Any]:
    bans = {
        name: [{"holder": ban.holder, "ends_at": ban.ends_at.isoformat()} for ban in getattr(report, name)]
        for name in ("bans", "bans_left_out")
    }
    counts = ("seen", "added", "known", "renewed", "second_factors", "connections")
    told = {name: getattr(report, name) for name in counts}
    named = {name: [one._asdict() for one in getattr(report, name)] for name in ("left_out", "remarks")}
    return {**told, **named, **bans, "has_administrator": report.has_administrator}


def _left_to_do(comparison: Comparison, services: Services) -> list[str]:
    settings = services.settings
    steps: list[str] = []
    if comparison.to_copy:
        steps.append(f"Copy {', '.join(comparison.to_copy)} from there into .env here: both must have the same.")
    if comparison.to_find:
        steps.append(f"Of these, {', '.join(comparison.to_find)} cannot be read there. {_MADE_THERE}")
    if settings.dialect != "librechat":
        steps.append("Set ACCESS_TOKEN_DIALECT=librechat here: the chat application understands no other token.")
    if settings.chat.mongo_uri is None:
        steps.append("Set MONGO_URI here to the address that the chat application uses.")
    here = f"http://{settings.server.host}:{settings.server.port}"
    todo = ["", "To do before the switch:", *(f"  {step}" for step in steps)] if steps else []
    return [*todo, *_PROXY.format(here=here).splitlines(), *_BACK.splitlines()]


def _own_address(services: Services) -> str:
    uri = services.settings.chat.mongo_uri
    return uri.get_secret_value() if uri else ""


COMMANDS = (adopt,)
