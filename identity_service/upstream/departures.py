"""
Trips to a provider: each leaves with secrets of its own and comes back once, in the same browser, within ten minutes.

The trip travels sealed in a cookie, so nothing is written for a stranger who only knocks; that it is over is a row.
Law: RFC 9700 §2.1.1 and §4.7 (state, nonce and code challenge belong to one transaction and one user agent).
Leaves to others: cookies (web), what the answer proves (provider).
"""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.opaque import Chance, fingerprint, matches, mint, text
from identity_service.foundation.vault import Broken, Vault
from identity_service.upstream.provider import Callback, Trip
from identity_service.upstream.tables import UpstreamArrival

LIFETIME = timedelta(minutes=10)
"""How long somebody may be away."""

LONGEST = 3800
"""Characters of a sealed trip: what a browser keeps in one cookie, beside its name."""

_LONGEST_CALLBACK = 16 * 1024


@dataclass(frozen=True)
class Wish:
    """
    What somebody wants who leaves for a provider.

    Attributes:
        continuation: The sealed request of an application, to go on with.
        return_path: Where to go in the chat application.
        is_from_here: The trip began on a page of ours, and ends on one.
        is_again: The person has to show there once more who it is.
        user_id: Whose account is to be connected; empty to sign in.
        session_id: The session in which that was asked for.
        says_when: The provider has to say when the person did; not all do so unless they are made to.
    """

    continuation: str = field(default="", repr=False)
    return_path: str = ""
    is_from_here: bool = False
    is_again: bool = False
    user_id: str = ""
    session_id: str = ""
    says_when: bool = False


@dataclass(frozen=True)
class Departed:
    """A trip that has begun; `sealed` goes with the browser."""

    trip: Trip
    sealed: str = field(repr=False)


@dataclass(frozen=True)
class Returned:
    """A trip that has come back in its own browser, and what it was for."""

    trip: Trip
    wish: Wish
    begun_at: int


class Departures:
    """The trips of this installation."""

    def __init__(self, database: Database, clock: Clock, chance: Chance, vault: Vault) -> None:
        """Seal trips with *vault*, and keep in *database* which are over."""
        self._database = database
        self._clock = clock
        self._chance = chance
        self._vault = vault

    def depart(self, provider: str, wish: Wish) -> Departed | None:
        """Begin a trip to *provider*; None if what is to be carried along is too long."""
        state, nonce, verifier = (mint(self._chance).plain for _ in range(3))
        begun_at = to_microseconds(self._clock.now())
        sealed = self._seal([fingerprint(state), nonce, verifier, begun_at, list(vars(wish).values())], provider)
        trip = Trip(state, nonce, verifier, wish.is_again, wish.says_when)
        return Departed(trip, sealed) if len(sealed) <= LONGEST else None

    def returned(self, provider: str, sealed: str, state: str) -> Returned | None:
        """Return the trip in *sealed* if it went to *provider*, with this *state*, and is not too old; else None."""
        opened = self._open(sealed, provider, LONGEST)
        if opened is None:
            return None
        kept, nonce, verifier, begun_at, wished = opened
        age = timedelta(microseconds=to_microseconds(self._clock.now()) - begun_at)
        if not matches(state, kept) or not timedelta(0) <= age <= LIFETIME:
            return None
        wish = Wish(*wished)
        return Returned(Trip(state, nonce, verifier, wish.is_again, wish.says_when), wish, begun_at)

    def claim(self, returned: Returned) -> bool:
        """End the trip; False if it has ended already."""
        ends = from_microseconds(returned.begun_at) + LIFETIME
        over = self._database.insert(UpstreamArrival).values(state=fingerprint(returned.trip.state), expires_at=ends)
        return self._database.change(over.on_conflict_do_nothing()) == 1

    def seal_callback(self, provider: str, callback: Callback) -> str:
        """Return *callback* as text with which the browser comes again, by GET."""
        return self._seal([to_microseconds(self._clock.now()), list(vars(callback).values())], f"{provider} by post")

    def open_callback(self, provider: str, sealed: str) -> Callback | None:
        """Return what was sealed, or None if it was not by us, or is too old."""
        opened = self._open(sealed, f"{provider} by post", _LONGEST_CALLBACK)
        if opened is None:
            return None
        sealed_at, fields = opened
        age = timedelta(microseconds=to_microseconds(self._clock.now()) - sealed_at)
        return Callback(*fields) if timedelta(0) <= age <= LIFETIME else None

    def forget_expired(self, size: int = 500) -> int:
        """Remove up to *size* ends of trips that could not come back any more; return how many went."""
        over = select(UpstreamArrival.state).where(UpstreamArrival.expires_at < self._clock.now()).limit(size)
        return self._database.change(delete(UpstreamArrival).where(UpstreamArrival.state.in_(over)))

    def _seal(self, content: list[Any], purpose: str) -> str:
        raw = json.dumps(content, separators=(",", ":")).encode()
        return text(self._vault.seal(raw, f"trip to {purpose}"))

    def _open(self, sealed: str, purpose: str, longest: int) -> list[Any] | None:
        if len(sealed) > longest or not sealed.isascii():
            return None
        try:
            raw = self._vault.open(urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), f"trip to {purpose}")
        except (Broken, ValueError):
            return None
        content: list[Any] = json.loads(raw)
        return content
