"""
The commands about people in the chat application as well as here: deleting, balances, comparing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import click

from identity_service.cli_frame import AS_JSON, DEPENDENCY_DOWN, REFUSED, YES, confirmed, leave, say, services_here
from identity_service.cli_words import printable
from identity_service.flows.balances import Changed
from identity_service.foundation.errors import ChatUnavailable
from identity_service.wiring import Services

_SHOWN = 20
_QUIET = timedelta(seconds=2)
_AMOUNTS = {"ignore_unknown_options": True}  # -5 is an amount and no option
_AMOUNT = click.argument("amount", type=float)


@click.command("delete-user")
@click.argument("email")
@click.option("--keep-transactions", is_flag=True, help="Keep the record of what was paid and spent.")
@YES
@AS_JSON
def delete_user(email: str, *, keep_transactions: bool, yes: bool, as_json: bool) -> None:
    """Delete the account EMAIL and everything that belongs to it, here and in the chat application."""
    with services_here() as services:
        flow = services.close_account
        person = flow.find(email)
        if not yes:
            for line in _what_goes(services, person.id):
                click.echo(line, err=as_json)
            if not confirmed(f"Really delete user {person.email} ({person.id}) and ALL their data?", as_json=as_json):
                leave(REFUSED, "Aborted.")
            if flow.has_chat and not keep_transactions:
                asked = "Also delete all transaction history for this user?"
                keep_transactions = not confirmed(asked, as_json=as_json)
        try:
            closed = flow.by_operator(person, erases_transactions=not keep_transactions)
        except ChatUnavailable as fault:
            leave(
                DEPENDENCY_DOWN,
                f"{fault.message} {fault.detail}",
                f"{person.email} is signed out and nobody can sign in to the account any more.",
                "The rest goes when the service reaches that database; or run this again once it answers.",
            )
    facts = {"id": person.id, "email": person.email, "sessions": closed.sessions, "chat": dict(closed.in_chat)}
    lines = [f"Deleted user {person.email}: 1 account, {closed.sessions} live sessions{_listed(closed.in_chat)}."]
    if flow.has_chat and keep_transactions:
        lines.append("Transaction history was retained.")
    say(facts, lines, as_json=as_json)


@click.command("list-balances")
@AS_JSON
def list_balances(*, as_json: bool) -> None:
    """Show everybody's balance in the chat application, in the order in which they came."""
    with services_here() as services:
        count = 0
        shown = _with_progress(services, _balances(services, as_json=as_json))
        for count, line in enumerate(shown, 1):
            if as_json:
                click.echo(("[" if count == 1 else ",\n ") + line, nl=False)
            else:
                click.echo(line)
        if as_json:
            click.echo("]" if count else "[]")


@click.command("add-balance", context_settings=_AMOUNTS)
@click.argument("email")
@_AMOUNT
@YES
@AS_JSON
def add_balance(email: str, amount: float, *, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """Add AMOUNT credits to the balance of EMAIL, with the transaction that the chat application records."""
    with services_here() as services:
        flow = services.operators.balances
        changed = flow.add(flow.find(email), amount)
    lines = ["Transaction created successfully!", f"Amount: {_plain(amount)}", f"New Balance: {_plain(changed.after)}"]
    facts = {"id": changed.holder.id, "email": changed.holder.email, "before": changed.before, "after": changed.after}
    say(facts, lines, as_json=as_json)


@click.command("set-balance", context_settings=_AMOUNTS)
@click.argument("email")
@_AMOUNT
@YES
@AS_JSON
def set_balance(email: str, amount: float, *, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """Make the balance of EMAIL AMOUNT credits; as in the chat application, no transaction is recorded."""
    with services_here() as services:
        flow = services.operators.balances
        changed = flow.set_to(flow.find(email), amount)
    facts = {"id": changed.holder.id, "email": changed.holder.email, "before": changed.before, "after": changed.after}
    lines = [_current(changed), "Balance set successfully!", f"New Balance: {_plain(changed.after)}"]
    say(facts, lines, as_json=as_json)


@click.command("sync-chat")
@YES
@AS_JSON
def sync_chat(*, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """Write everybody to the chat application's database, and say who is in it without an account here."""
    with services_here() as services:
        tell = _Progress(services, "people written")
        synced = services.operators.sync_chat.all(tell.of)
    lines = [f"{synced.written} people are in the chat application as they are here."]
    if synced.erased:
        lines.append(f"{len(synced.erased)} deleted accounts had come back there, and were erased again.")
    if synced.strangers:
        lines.append(
            f"{len(synced.strangers)} are there and not here, and were left alone; `identity adopt` takes them:"
        )
        lines += _some(synced.strangers)
    if synced.conflicts:
        lines.append(f"{len(synced.conflicts)} could not be written: another document there has their address:")
        lines += _some(synced.conflicts)
    say(synced.__dict__, lines, as_json=as_json)
    if synced.conflicts:
        leave(REFUSED)


def _balances(services: Services, *, as_json: bool) -> Iterator[str]:
    for holder in services.operators.balances.all():
        if as_json:
            balance = None if holder.credits is None else _number(holder.credits)
            facts = {"id": holder.id, "email": holder.email, "name": holder.name, "balance": balance}
            yield json.dumps({**facts, "records": holder.records, "odd": holder.odd})
            continue
        whose = f"User {printable(holder.name)} ({printable(holder.email)})"
        if holder.records > 1:
            click.echo(f"{whose} has {holder.records} balances, of which the oldest is spent.", err=True)
        if holder.odd is not None:
            yield f"{whose} has a balance that is not a number: {holder.odd}"
        elif holder.credits is None:
            yield f"{whose} has no balance"
        else:
            yield f"{whose} has a balance of {_plain(holder.credits)}"


def _with_progress(services: Services, lines: Iterator[str]) -> Iterator[str]:
    tell = _Progress(services, "people so far")
    for count, line in enumerate(lines, 1):
        yield line
        tell.of(count)


class _Progress:
    """Says on standard error how far it has come, when that takes long."""

    def __init__(self, services: Services, what: str) -> None:
        self._clock = services.clock
        self._what = what
        self._said_at = self._clock.now()

    def of(self, count: int) -> None:
        now = self._clock.now()
        if now - self._said_at > _QUIET:
            self._said_at = now
            click.echo(f"… {count} {self._what}", err=True)


def _what_goes(services: Services, user_id: str) -> list[str]:
    if not services.close_account.has_chat:
        return []
    try:
        there = services.operators.link.chat.belongings(user_id)
    except ChatUnavailable as fault:
        return [f"{fault.message} What is in it goes when it answers."]
    return [f"In the chat application: {_listed(there).removeprefix(', ') or 'nothing'}."]


def _listed(counts: Mapping[str, int]) -> str:
    return "".join(f", {count} {collection}" for collection, count in counts.items())


def _some(ids: Sequence[str]) -> list[str]:
    shown = [f"  {user_id}" for user_id in ids[:_SHOWN]]
    return shown if len(ids) <= _SHOWN else [*shown, f"  and {len(ids) - _SHOWN} more, whom --json lists"]


def _current(changed: Changed) -> str:
    if changed.holder.odd is not None:
        return f"Current Balance: not a number: {changed.holder.odd}"
    return "User has no balance!" if changed.before is None else f"Current Balance: {_plain(changed.before)}"


def _number(amount: float) -> float | int:
    return int(amount) if amount == int(amount) else amount


def _plain(amount: float) -> str:
    return str(_number(amount))


COMMANDS = (delete_user, list_balances, add_balance, set_balance, sync_chat)
