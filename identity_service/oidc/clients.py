"""
Registered OAuth clients, and how one proves that it is itself.

A secret is made by us, carries 256 random bits, is shown once and kept as a fingerprint; while it is being replaced
the one before it works too, for a time.
Law: RFC 6749 §2 (clients and their authentication), RFC 7591 §2 (what is known of them).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.memory import keep
from identity_service.foundation.opaque import Chance, fingerprint, matches, mint
from identity_service.foundation.prepared import Prepared, reader
from identity_service.oidc.details import Details
from identity_service.oidc.tables import OAuthClient

OPERATOR, FILE, DYNAMIC = "operator", "file", "dynamic"
"""Who registered a client: a command, CLIENTS_FILE, or the client itself."""

_ID_BYTES = 12
_GLANCE = timedelta(seconds=1)
_REMEMBERED = 2048
_NOBODY = fingerprint("")


@dataclass(frozen=True)
class Client:
    """A registered client; one that is not confidential has no secret, and one that is unused registered itself."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    created_at: datetime
    origin: str = OPERATOR
    details: Details = field(default_factory=Details)
    is_unused: bool = field(default=False, compare=False)

    @property
    def is_confidential(self) -> bool:
        """Whether it can prove who it is (RFC 6749 §2.1)."""
        return self.details.token_endpoint_auth_method != "none"  # noqa: S105 - the RFC's word

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself with a secret."""
        return self.details.token_endpoint_auth_method in {"client_secret_basic", "client_secret_post"}


class Registered(NamedTuple):
    """A client with the only copy of its new secret; None if it has none."""

    client: Client
    client_secret: str | None


class Held(NamedTuple):
    """A client as its row has it, with the fingerprint of its secret; empty if it has none."""

    client: Client
    secret_fingerprint: str


class _Remembered(NamedTuple):
    looked_at: datetime
    client: Client
    secret_fingerprint: str
    previous_fingerprint: str | None
    previous_expires_at: datetime | None


class Clients:
    """The clients of this installation."""

    def __init__(self, database: Database, clock: Clock, chance: Chance) -> None:
        """Keep clients in *database*."""
        self._database = database
        self._clock = clock
        self._chance = chance
        self._remembered: dict[str, _Remembered] = {}
        self._look_up = Prepared(database, select(*_KNOWN).where(OAuthClient.client_id == bindparam("client_id")))
        self._hold = Prepared(database, _THIS.with_for_update(read=True, key_share=True))
        self._seize = Prepared(database, _THIS.with_for_update())
        self._read = reader(database, _KNOWN)

    def register(
        self,
        name: str,
        redirect_uris: tuple[str, ...] = (),
        details: Details | None = None,
        *,
        origin: str = OPERATOR,
        client_id: str | None = None,
    ) -> Registered:
        """
        Add a client and return it with its secret, which nobody can show again.

        Args:
            name: what people are shown.
            redirect_uris: where an answer may go, acceptable already.
            details: everything else; a confidential client of ours by default.
            origin: OPERATOR, FILE or DYNAMIC.
            client_id: the one that it shall have; made up if None.
        """
        chosen_id = client_id or self._chance.token_bytes(_ID_BYTES).hex()
        now, told = self._clock.now(), details or Details()
        client = Client(chosen_id, name, redirect_uris, now, origin, told, is_unused=origin == DYNAMIC)
        secret = mint(self._chance) if client.has_secret else None
        row = _row(Held(client, secret.fingerprint if secret else ""))
        self._database.change(insert(OAuthClient).values(row))
        return Registered(client, secret.plain if secret else None)

    def add(self, held: Held) -> bool:
        """
        Add a client that has its id and its secret already; False if there is one of this id.

        One conditional write decides, so among any number of simultaneous callers exactly one is told True.
        """
        self._remembered.pop(held.client.client_id, None)
        added = self._database.insert(OAuthClient).values(_row(held))
        return self._database.change(added.on_conflict_do_nothing()) == 1

    def of_origin(self, origin: str) -> list[Held]:
        """Return the clients of *origin*, by id; nobody else changes them before the present transaction ends."""
        these = select(*_COLUMNS, OAuthClient.secret_fingerprint).where(OAuthClient.origin == origin)
        rows = self._database.rows(these.order_by(OAuthClient.client_id).with_for_update())
        return [Held(_client(row), row[-1]) for row in rows]

    def by_id(self, client_id: str) -> Client | None:
        """Return a client; what is known of it is looked up at most once a second."""
        known = self._known(client_id)
        return known.client if known else None

    def prove(self, client_id: str, client_secret: str) -> Client | None:
        """Return the client if *client_secret* is one of its live secrets, in constant time. A hot path."""
        known = self._known(client_id)
        if known is None:
            matches(client_secret, _NOBODY)
            return None
        is_current = matches(client_secret, known.secret_fingerprint)
        is_previous = matches(client_secret, known.previous_fingerprint or _NOBODY)
        lives_on = known.previous_expires_at is not None and known.previous_expires_at > self._clock.now()
        if not client_secret or not (is_current or (is_previous and lives_on)):
            return None
        return known.client

    def change(self, client: Client) -> bool:
        """Write what may change of *client*: name, addresses and details; False if it is gone."""
        self._remembered.pop(client.client_id, None)
        changed = update(OAuthClient).where(OAuthClient.client_id == client.client_id).values(_changeable(client))
        return self._database.change(changed) == 1

    def set_secret(self, client_id: str, secret_fingerprint: str) -> bool:
        """Let a client have the secret with this fingerprint and no other; False if there is no such client."""
        self._remembered.pop(client_id, None)
        kept = update(OAuthClient).where(OAuthClient.client_id == client_id)
        return self._database.change(kept.values(secret_fingerprint=secret_fingerprint, **_NO_PREVIOUS)) == 1

    def set_first_secret(self, client_id: str, secret_fingerprint: str) -> bool:
        """Let a client that has no secret have this one; False if it has one, or is gone. One write decides."""
        self._remembered.pop(client_id, None)
        lacking = update(OAuthClient).where(OAuthClient.client_id == client_id, OAuthClient.secret_fingerprint == "")
        return self._database.change(lacking.values(secret_fingerprint=secret_fingerprint)) == 1

    def rotate_secret(self, client_id: str, overlap: timedelta) -> Registered | None:
        """Give a client a new secret and let the present one live for *overlap*; None if it has no secret."""
        client = self.by_id(client_id)
        if client is None or not client.has_secret:
            return None
        self._remembered.pop(client_id, None)
        secret = mint(self._chance)
        rotated = update(OAuthClient).where(OAuthClient.client_id == client_id, OAuthClient.secret_fingerprint != "")
        is_done = self._database.change(
            rotated.values(
                previous_secret_fingerprint=OAuthClient.secret_fingerprint,
                previous_secret_expires_at=self._clock.now() + overlap,
                secret_fingerprint=secret.fingerprint,
            )
        )
        return Registered(client, secret.plain) if is_done else None

    def hold(self, client_id: str) -> bool:
        """Keep a client from going before the present transaction ends; False if it is gone, remembered or not."""
        is_here = bool(self._hold.run(client_id=client_id))
        if not is_here:
            self._remembered.pop(client_id, None)
        return is_here

    def seize(self, client_id: str) -> bool:
        """Keep everybody else from holding a client before the present transaction ends; False if it is gone."""
        self._remembered.pop(client_id, None)
        return bool(self._seize.run(client_id=client_id))

    def used(self, client_id: str) -> None:
        """Note that a client is used, now and for good."""
        self._remembered.pop(client_id, None)
        first = update(OAuthClient).where(OAuthClient.client_id == client_id, OAuthClient.unused_since.is_not(None))
        self._database.change(first.values(unused_since=None))

    def unused(self, before: datetime) -> list[str]:
        """Return the ids of the clients that registered themselves before *before* and were never used."""
        return [row[0] for row in self._database.rows(_ID.where(OAuthClient.unused_since < before))]

    def delete(self, client_id: str) -> bool:
        """Remove a client; False if there is none. Its sessions are somebody else's to end first."""
        self._remembered.pop(client_id, None)
        return self._database.change(delete(OAuthClient).where(OAuthClient.client_id == client_id)) == 1

    def set_registration_token(self, client_id: str, token_fingerprint: str) -> None:
        """Keep the fingerprint of the token with which a client manages its own registration (RFC 7592 §3)."""
        kept = update(OAuthClient).where(OAuthClient.client_id == client_id)
        self._database.change(kept.values(registration_fingerprint=token_fingerprint))

    def managed(self, client_id: str, token: str) -> Client | None:
        """Return the client whose registration *token* manages, as it is now, whichever process has changed it."""
        found = self._database.first(
            select(OAuthClient.registration_fingerprint).where(OAuthClient.client_id == client_id)
        )
        # In constant time, and also for a client that is not there, so that both answers take the same time.
        if not matches(token, (found[0] if found else None) or _NOBODY) or not token:
            return None
        self._remembered.pop(client_id, None)
        return self.by_id(client_id)

    def all(self) -> list[Client]:
        """Return every client, oldest first."""
        rows = self._database.rows(select(*_COLUMNS).order_by(OAuthClient.created_at, OAuthClient.client_id))
        return [_client(row) for row in rows]

    def _known(self, client_id: str) -> _Remembered | None:
        now = self._clock.now()
        known = self._remembered.get(client_id)
        if known is not None and abs(now - known.looked_at) <= _GLANCE:
            return known
        found = self._look_up.run(client_id=client_id)
        if not found:
            self._remembered.pop(client_id, None)
            return None
        row = self._read(found[0])
        looked_up = _Remembered(now, _client(row), *row[-len(_SECRETS) :])
        return keep(self._remembered, client_id, looked_up, _REMEMBERED)


def renamed(client: Client, name: str, redirect_uris: tuple[str, ...], details: Details) -> Client:
    """Return *client* as it will be after a change."""
    return replace(client, name=name, redirect_uris=redirect_uris, details=details)


_COLUMNS = (
    OAuthClient.client_id,
    OAuthClient.name,
    OAuthClient.redirect_uris,
    OAuthClient.created_at,
    OAuthClient.origin,
    OAuthClient.details,
    OAuthClient.unused_since,
)
_SECRETS = (
    OAuthClient.secret_fingerprint,
    OAuthClient.previous_secret_fingerprint,
    OAuthClient.previous_secret_expires_at,
)
_KNOWN = (*_COLUMNS, *_SECRETS)
_ID = select(OAuthClient.client_id)
_THIS = _ID.where(OAuthClient.client_id == bindparam("client_id"))
_NO_PREVIOUS = {"previous_secret_fingerprint": None, "previous_secret_expires_at": None}


def _client(row: tuple[Any, ...]) -> Client:
    client_id, name, redirect_uris, created_at, origin, details, unused_since, *_ = row
    told = Details.from_mapping(details or {})
    return Client(client_id, name, tuple(redirect_uris), created_at, origin, told, unused_since is not None)


def _row(held: Held) -> dict[str, Any]:
    client = held.client
    return {
        "client_id": client.client_id,
        "secret_fingerprint": held.secret_fingerprint,
        "created_at": client.created_at,
        "origin": client.origin,
        "unused_since": client.created_at if client.is_unused else None,
        **_changeable(client),
    }


def _changeable(client: Client) -> dict[str, Any]:
    return {
        "name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "details": client.details.as_mapping(),
    }
