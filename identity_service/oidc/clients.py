"""
Registered OAuth clients, and how one proves that it is itself.

A secret is made by us, carries 256 random bits, is shown once and kept as a fingerprint.
Law: RFC 6749 §2.3 (client authentication).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select

from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.opaque import Chance, fingerprint, matches, mint
from identity_service.foundation.prepared import Prepared
from identity_service.oidc.tables import OAuthClient

_ID_BYTES = 12
_GLANCE = timedelta(seconds=1)
_NOBODY = fingerprint("")


@dataclass(frozen=True)
class Client:
    """A registered client."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    created_at: datetime


class Registered(NamedTuple):
    """A new client with the only copy of its secret."""

    client: Client
    client_secret: str


class _Remembered(NamedTuple):
    looked_at: datetime
    secret_fingerprint: str


class Clients:
    """The clients of this installation."""

    def __init__(self, database: Database, clock: Clock, chance: Chance) -> None:
        """Keep clients in *database*."""
        self._database = database
        self._clock = clock
        self._chance = chance
        self._secret = Prepared(database, _SECRET)
        self._remembered: dict[str, _Remembered] = {}

    def register(self, name: str, redirect_uris: tuple[str, ...] = ()) -> Registered:
        """Add a confidential client and return it with its secret, which nobody can show again."""
        secret = mint(self._chance)
        client = Client(self._chance.token_bytes(_ID_BYTES).hex(), name, redirect_uris, self._clock.now())
        row = {
            "client_id": client.client_id,
            "name": client.name,
            "secret_fingerprint": secret.fingerprint,
            "redirect_uris": list(client.redirect_uris),
            "created_at": client.created_at,
        }
        self._database.change(insert(OAuthClient).values(row))
        return Registered(client, secret.plain)

    def is_proven(self, client_id: str, client_secret: str) -> bool:
        """
        Say whether *client_secret* is that of *client_id*, in constant time.

        What is known of a client is looked up at most once a second. A hot path.
        """
        now = self._clock.now()
        known = self._remembered.get(client_id)
        if known is None or now - known.looked_at > _GLANCE:
            found = self._secret.run(client_id=client_id)
            if not found:
                self._remembered.pop(client_id, None)
                matches(client_secret, _NOBODY)
                return False
            known = self._remembered[client_id] = _Remembered(now, found[0][0])
        return matches(client_secret, known.secret_fingerprint)

    def all(self) -> list[Client]:
        """Return every client, oldest first."""
        columns = (OAuthClient.client_id, OAuthClient.name, OAuthClient.redirect_uris, OAuthClient.created_at)
        rows = self._database.rows(select(*columns).order_by(OAuthClient.created_at))
        return [Client(row[0], row[1], tuple(row[2]), row[3]) for row in rows]


_SECRET = select(OAuthClient.secret_fingerprint).where(OAuthClient.client_id == bindparam("client_id"))
