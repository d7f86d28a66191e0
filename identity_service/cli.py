"""
The operator's command: `identity <what> …`.

Exit status: 0 done, 1 not found or refused, 2 wrong use or wrong settings, 3 a dependency is down.
Each command walks the same flows as a browser does, and has --json for programs.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from identity_service import (
    cli_adopt,
    cli_backup,
    cli_chat,
    cli_clients,
    cli_doctor,
    cli_mail,
    cli_moderation,
    cli_recovery,
)
from identity_service.cli_frame import (
    AS_JSON,
    DEPENDENCY_DOWN,
    REFUSED,
    WRONG_USE,
    YES,
    leave,
    say,
    services_here,
)
from identity_service.cli_words import about_file, printable
from identity_service.flows.outcomes import NewAccount
from identity_service.foundation.dotenv import write_fresh
from identity_service.foundation.errors import IdentityFault, Misconfigured, Unavailable
from identity_service.foundation.opaque import SystemChance
from identity_service.migrations import schema


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the command; whatever happens, there is a sentence and an exit status and no stack trace.

    Args:
        arguments: the words behind `identity`; those of the process by default.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        "".join(words).encode()  # no name, address or password is spelled in bytes that are not UTF-8
    except UnicodeError:
        leave(WRONG_USE, "What was given is not text in UTF-8: look at each word behind `identity`.")
    try:
        identity(words, prog_name="identity")
    except Misconfigured as fault:
        leave(WRONG_USE, "The settings are not right:", *(f"  - {problem}" for problem in fault.problems))
    except Unavailable as fault:
        leave(DEPENDENCY_DOWN, fault.message, fault.detail)
    except IdentityFault as fault:
        leave(REFUSED, fault.message)
    except OSError as fault:
        leave(REFUSED, about_file(fault))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def identity() -> None:
    """Operate the identity service. Settings come from the environment and from .env in this folder."""


@identity.command()
def init() -> None:
    """Write .env from .env.example with fresh secrets; a .env that exists is left as it is."""
    target = Path(".env")
    if target.exists():
        click.echo(".env exists already and was left as it is.")
        return
    write_fresh(_example(), target, SystemChance().token_bytes)
    click.echo("Wrote .env with fresh secrets (mode 0600).")


@identity.command()
@AS_JSON
def migrate(*, as_json: bool) -> None:
    """Give the database this release's schema, its first signing keys, and the clients of CLIENTS_FILE."""
    with services_here(migrated=False) as services:
        has_changed = schema.upgrade(services.database)
        has_made_keys = services.administer.prepare_keys()
        clients = services.provider.reconcile_clients.with_file()
        revision = schema.revision(services.database)
    lines = [f"The database is at revision {revision}."] if has_changed else []
    if has_made_keys and not has_changed:
        lines.append("Made the signing keys that were missing.")
    if any(clients):
        lines.append(f"CLIENTS_FILE: {clients.added} added, {clients.changed} changed, {clients.removed} removed.")
    facts = {"revision": revision, "upgraded": has_changed, "keys_made": has_made_keys, "clients": clients._asdict()}
    say(facts, lines or ["Nothing to do."], as_json=as_json)


@identity.command("create-user")
@click.argument("email")
@click.option("--name", default="", help="Full name; the part before the @ by default.")
@click.option("--username", default="", help="Short name; the part before the @ by default.")
@click.option("--password", default="", help="Others may see it in the process list; without it one is made up.")
@click.option("--role", default=None, help="USER, ADMIN or a role of your own; by default the first account is ADMIN.")
@click.option("--verified", type=bool, default=True, show_default=True, help="Whether the address counts as verified.")
@YES
@AS_JSON
def create_user(*, yes: bool, as_json: bool, verified: bool, role: str | None, **told: str) -> None:
    """Create the account EMAIL."""
    if not yes and not told["password"] and sys.stdin.isatty():
        told["password"] = click.prompt(
            "Password (leave blank, to generate one)", default="", hide_input=True, err=as_json
        )
    with services_here() as services:
        created = services.administer.create_user(NewAccount(**told, role=role or None, is_verified=verified))
        services.operators.link.mirror.deliver_due()
    person = created.person
    facts = {"id": person.id, "email": person.email, "role": person.role, "password": created.generated_password}
    lines = [f"User created successfully! {person.email} ({person.id}), role {person.role}"]
    if created.generated_password:
        lines.append(f"Your password is: {created.generated_password}")
    say(facts, lines, as_json=as_json)


@identity.command("list-users")
@AS_JSON
def list_users(*, as_json: bool) -> None:
    """List every account, oldest first."""
    with services_here() as services:
        count = 0
        if as_json:
            click.echo("[", nl=False)
        for count, person in enumerate(services.administer.people(), 1):
            facts = {
                "id": person.id,
                "email": person.email,
                "emailVerified": person.email_verified,
                "name": person.name,
                "username": person.username,
                "provider": person.provider,
                "role": person.role,
                "createdAt": person.created_at.isoformat(),
            }
            if as_json:
                click.echo(("" if count == 1 else ",\n ") + json.dumps(facts), nl=False)
            else:
                whose = f"{person.email}  {person.name} ({person.username})"
                click.echo(printable(f"{person.id}  {person.role:<6} {whose}"))
        click.echo("]" if as_json else f"Total users: {count}")


@identity.command("rotate-keys")
@click.option("--now", "at_once", is_flag=True, help="A private key has leaked: withdraw it, and wait for no cache.")
@YES
@AS_JSON
def rotate_keys(*, at_once: bool, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """Let the next signing keys sign, as soon as every verifier can know them."""
    with services_here() as services:
        # A new key that only another CREDS_KEY opens would stop the service when its turn comes.
        services.capabilities.keys.signing("ES256")
        planned = services.administer.rotate_keys(at_once=at_once)
    facts = [
        {"algorithm": plan.algorithm, "kid": plan.kid, "active_from": plan.active_from.isoformat()} for plan in planned
    ]
    lines = [f"{plan.algorithm} key {plan.kid} signs from {plan.active_from:%Y-%m-%d %H:%M:%S} UTC" for plan in planned]
    say(facts, lines, as_json=as_json)


@identity.command()
@YES
@AS_JSON
def tidy(*, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """Remove what nothing depends on any more: sessions long over, codes and tokens long spent, keys long retired."""
    with services_here() as services:
        went = services.tidy.expired()
    told = [f"{count} {what.replace('_', ' ')}" for what, count in went.items()]
    lines = [f"Removed {', '.join(told[:-1])} and {told[-1]}."]
    say(went, lines, as_json=as_json)


@identity.command()
@click.option("--write", is_flag=True, help="Write it to openapi.yaml in this folder instead of printing it.")
def openapi(*, write: bool) -> None:
    """Print the contract of every door, built from the code."""
    from identity_service.cli_contract import contract  # noqa: PLC0415 - Flask is only needed here

    text = contract()
    if write:
        Path("openapi.yaml").write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


def _example() -> Path:
    beside = Path(".env.example")
    return beside if beside.exists() else Path(__file__).parent.parent / ".env.example"


_TOPICS = (cli_clients, cli_recovery, cli_mail, cli_moderation, cli_chat, cli_adopt, cli_backup, cli_doctor)
for command in (each for topic in _TOPICS for each in topic.COMMANDS):
    identity.add_command(command)

if __name__ == "__main__":
    main()
