"""
A request of an application, while the person signs in or decides: it travels sealed with the browser.

Nothing is written for a stranger who only knocks, and nobody but us can say that a step has been taken.
Law: OpenID Connect Core 1.0 §3.1.2.3 (the request is remembered while the person authenticates).
"""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import NamedTuple

from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.opaque import text
from identity_service.foundation.vault import Broken, Vault

LONGEST = 6000
"""Characters; a browser and every proxy take an address of that length."""

_LIFETIME = timedelta(hours=1)


class Continuation(NamedTuple):
    """
    A request and what the person has done for it.

    `begun_at` is in microseconds since 1970, and `shown` are the scopes that a person was asked to allow, with spaces
    between. The others name browser sessions: the one that was there when the person first came (empty: none; None:
    not known yet), the one whose person was asked, the one in which the account was chosen, the one in which the client
    was allowed what was shown, and the one that began at a provider that was told to ask the person anew.
    """

    parameters: tuple[tuple[str, str], ...]
    begun_at: int
    before: str | None = None
    asked: str = ""
    shown: str = ""
    chosen: str = ""
    consented: str = ""
    proven: str = ""


class Continuations:
    """Seals and opens continuations."""

    def __init__(self, vault: Vault, clock: Clock, purpose: str) -> None:
        """Seal with *vault* for one *purpose*; what was sealed for another does not open."""
        self._vault = vault
        self._clock = clock
        self._label = purpose

    def now(self) -> int:
        """Return this moment, in microseconds since 1970."""
        return to_microseconds(self._clock.now())

    def begin(self, parameters: tuple[tuple[str, str], ...]) -> Continuation:
        """Return the continuation of a request that has just come."""
        return Continuation(parameters, self.now())

    def seal(self, continuation: Continuation) -> str | None:
        """Return *continuation* as URL-safe text; None if it is longer than LONGEST."""
        sealed = text(self._vault.seal(json.dumps(continuation, separators=(",", ":")).encode(), self._label))
        return sealed if len(sealed) <= LONGEST else None

    def open(self, sealed: str) -> Continuation | None:
        """Return what was sealed, or None if it was not by us, or is older than an hour."""
        if len(sealed) > LONGEST or not sealed.isascii():
            return None
        try:
            raw = self._vault.open(urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), self._label)
        except (Broken, ValueError):
            return None
        parameters, begun_at, *steps = json.loads(raw)
        age = timedelta(microseconds=self.now() - begun_at)
        if age > _LIFETIME:
            return None
        return Continuation(tuple((name, value) for name, value in parameters), begun_at, *steps)
