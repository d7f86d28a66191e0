"""
Guesses at passwords, many at once, at several instances of the service that stand on one database.

Leaves to others: how many of them may be looked at.
"""

import secrets
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from tests.attacks.crowd import PASSWORD, Answer, Ask, Wire, login, patiently
from tests.servers.identity import IdentityServer

ALIASES = (
    "ada@example.org",
    "ADA@EXAMPLE.ORG",
    "Ada@Example.Org",
    "\uff41\uff44\uff41@example.org",
    " aDa@\uff45xample.org ",
    "ada@example.org.",
)
"""Spellings that one account answers to; in each the part before the @ differs in case or form alone."""

_NAMES = ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY")


def same_secrets() -> dict[str, str]:
    """Return the secrets that the instances of one installation share."""
    return {name: secrets.token_hex(32) for name in _NAMES}


_turn = count()


def guess(email: str = "ada@example.org", password: str = "", address: str = "") -> Ask:
    """Return a guess that comes through one proxy, from an address that nobody has used unless one is given."""
    number = next(_turn)
    source = address or f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}"
    return login(email, password or "a wrong one")._replace(headers={"X-Forwarded-For": source})


def spread(servers: Sequence[IdentityServer], asks: Sequence[Ask]) -> list[Answer]:
    """Send all *asks* at the same moment, in turns to each of *servers*."""
    barrier = threading.Barrier(len(asks))

    def one(number: int) -> Answer:
        wire = Wire(servers[number % len(servers)])
        try:
            barrier.wait(60)
            return patiently(wire, asks[number])
        finally:
            wire.close()

    with ThreadPoolExecutor(len(asks)) as crowd:
        return list(crowd.map(one, range(len(asks))))


def once(server: IdentityServer, asked: Ask) -> Answer:
    """Send one request."""
    wire = Wire(server)
    try:
        return wire.ask(asked)
    finally:
        wire.close()


def statuses(answers: Sequence[Answer]) -> Mapping[int, int]:
    """Count the answers by status."""
    found: dict[int, int] = {}
    for answer in answers:
        found[answer.status] = found.get(answer.status, 0) + 1
    return found


def right(email: str = "ada@example.org") -> Ask:
    """Return a sign-in with the right password, from an address that nobody has used."""
    return guess(email, PASSWORD)
