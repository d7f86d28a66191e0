"""
Authorization codes: good once, for sixty seconds, and bound to what they were asked for with.

A code carries 256 random bits and only its fingerprint is kept. One conditional write claims it, so among any number
of simultaneous callers one has it and the others are seen to come after.
Law: RFC 6749 §4.1.2 and §10.5, RFC 7636 §4.6, RFC 9700 §4.5 (a code is bound to its client, address and challenge).
Leaves to others: what happens when address or verifier do not fit, and what a replay ends (flows.oidc.grants).
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import bindparam, delete, insert, select, update

from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.opaque import Chance, fingerprint, mint
from identity_service.foundation.prepared import Prepared
from identity_service.oidc.tables import AuthorizationCode

LIFETIME = timedelta(seconds=60)
"""From the redirect to the request of the client; RFC 6749 §4.1.2 allows ten minutes."""

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


@dataclass(frozen=True)
class IssuedCode:
    """
    What a code stands for.

    Attributes:
        parent_id: the browser session in which it was asked for.

        redirect_uri: where it was sent to, as the client spelled it.

        scope: what was granted, with spaces between.

        amr: how the person proved who it is at `auth_time`, with spaces between.

        code_challenge: S256 (RFC 7636 §4.2), None for a client that may do without.

        claims: the claims parameter, as JSON can hold it.
    """

    client_id: str
    user_id: str
    parent_id: str
    redirect_uri: str
    scope: str
    auth_time: datetime
    amr: str
    code_challenge: str | None = None
    nonce: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Claimed:
    """The code was good, and is no more."""

    fingerprint: str
    issued: IssuedCode


@dataclass(frozen=True)
class Replayed:
    """The code had been claimed before; `session_id` is what it produced then, None if that was nothing."""

    session_id: str | None
    user_id: str


class Codes:
    """The codes that are on their way."""

    def __init__(self, database: Database, clock: Clock, chance: Chance) -> None:
        """Keep codes in *database*."""
        self._database = database
        self._clock = clock
        self._chance = chance
        self._mint = Prepared(database, insert(AuthorizationCode), columns=_MINTED)
        self._whose = Prepared(database, _WHOSE)
        self._claim = Prepared(database, _CLAIM)
        self._used = Prepared(database, _USED)
        self._produced = Prepared(database, _PRODUCED)
        self._requested = Prepared(database, _REQUESTED)

    def mint(self, issued: IssuedCode) -> str:
        """Return a new code, inside the flow's transaction; nobody can show it again."""
        now = self._clock.now()
        minted = mint(self._chance)
        row = {
            **vars(issued),
            "auth_time": to_microseconds(issued.auth_time),
            "claims": json.dumps(dict(issued.claims)),
        }
        self._mint.change(
            fingerprint=minted.fingerprint,
            created_at=to_microseconds(now),
            expires_at=to_microseconds(now + LIFETIME),
            **row,
        )
        return minted.plain

    def whose(self, code: str, client_id: str) -> str:
        """Return whose *code* is, good or not; nothing of one that never was, or that another client was given."""
        found = self._whose.run(name=fingerprint(code), client=client_id)
        return str(found[0][0]) if found else ""

    def claim(self, code: str, client_id: str) -> Claimed | Replayed | None:
        """
        Use *code* up, inside the flow's transaction; whoever comes second waits until that has ended.

        Returns:
            Claimed for exactly one caller. Replayed for each later one. None for a code that never was, that has
            expired unused, or that another client was given: of that nothing changes, whoever asks.
        """
        this = {"name": fingerprint(code), "client": client_id}
        claimed = self._claim.run(**this, now=to_microseconds(self._clock.now()))
        if claimed:
            return Claimed(this["name"], _from_driver(claimed[0]))
        used = self._used.run(**this)
        return Replayed(*used[0]) if used else None

    def produced(self, code_fingerprint: str, session_id: str) -> None:
        """Remember which client's session a code has brought about, in the transaction that claimed it."""
        self._produced.change(name=code_fingerprint, produced=session_id)

    def requested_in(self, session_id: str) -> Mapping[str, Any]:
        """Return the claims parameter with which a client's session was asked for; empty if there was none."""
        found = self._requested.run(produced=session_id)
        return _mapping(found[0][0]) if found else {}

    def hand_on(self, user_id: str, old_parent: str, new_parent: str) -> None:
        """
        Let the codes of a person's browser session be good below its successor, inside the flow's transaction.

        One that is being redeemed at this moment is waited for, so whatever it produces is there to be handed on next.
        """
        waiting = update(AuthorizationCode).where(
            AuthorizationCode.user_id == user_id,
            AuthorizationCode.parent_id == old_parent,
            AuthorizationCode.used_at.is_(None),
        )
        self._database.change(waiting.values(parent_id=new_parent))

    def withdraw(self, user_id: str | None, client_id: str | None) -> int:
        """
        Remove codes of a person, or of everybody, that a client, or any, has not redeemed; return how many went.

        One that is being redeemed at this moment is waited for, so whatever it produces is there for whoever ends
        the client's sessions next.
        """
        whose = () if user_id is None else (AuthorizationCode.user_id == user_id,)
        which = () if client_id is None else (AuthorizationCode.client_id == client_id,)
        return self._database.change(
            delete(AuthorizationCode).where(AuthorizationCode.used_at.is_(None), *which, *whose)
        )

    def forget_expired(self, before: datetime, size: int = 500) -> int:
        """
        Remove up to *size* codes that had expired before *before*; return how many went.

        A used code is still asked what it produced, and with which claims, for as long as that session may live.
        """
        over = select(AuthorizationCode.fingerprint).where(AuthorizationCode.expires_at < before).limit(size)
        return self._database.change(delete(AuthorizationCode).where(AuthorizationCode.fingerprint.in_(over)))


def is_verifier_of(code_verifier: str, code_challenge: str) -> bool:
    """Say whether *code_verifier* is what *code_challenge* was made of, in constant time (RFC 7636 §4.1, §4.6)."""
    if not _VERIFIER.fullmatch(code_verifier):
        return False
    return hmac.compare_digest(create_s256_code_challenge(code_verifier).encode(), code_challenge.encode())


def _from_driver(row: tuple[Any, ...]) -> IssuedCode:
    *told, auth_time, amr, code_challenge, nonce, claims = row
    client_id, user_id, parent_id, redirect_uri, scope = told
    rest = from_microseconds(auth_time), amr, code_challenge, nonce, _mapping(claims)
    return IssuedCode(client_id, user_id, parent_id, redirect_uri, scope, *rest)


def _mapping(kept: Any) -> Mapping[str, Any]:
    """Read JSON as a driver hands it out: SQLite's as text, PostgreSQL's read already."""
    read: Mapping[str, Any] = json.loads(kept) if isinstance(kept, str) else kept
    return read


# In the order of IssuedCode's attributes.
_ISSUED: tuple[Any, ...] = (
    AuthorizationCode.client_id,
    AuthorizationCode.user_id,
    AuthorizationCode.parent_id,
    AuthorizationCode.redirect_uri,
    AuthorizationCode.scope,
    AuthorizationCode.auth_time,
    AuthorizationCode.amr,
    AuthorizationCode.code_challenge,
    AuthorizationCode.nonce,
    AuthorizationCode.claims,
)
_MINTED = ("fingerprint", "created_at", "expires_at", *(column.key for column in _ISSUED))
_THIS = AuthorizationCode.fingerprint == bindparam("name"), AuthorizationCode.client_id == bindparam("client")
_WHOSE = select(AuthorizationCode.user_id).where(*_THIS)
_CLAIM = (
    update(AuthorizationCode)
    .where(*_THIS, AuthorizationCode.used_at.is_(None), AuthorizationCode.expires_at > bindparam("now"))
    .values(used_at=bindparam("now"))
    .returning(*_ISSUED)
)
_USED = select(AuthorizationCode.session_id, AuthorizationCode.user_id).where(
    *_THIS, AuthorizationCode.used_at.is_not(None)
)
_PRODUCED = (
    update(AuthorizationCode)
    .where(AuthorizationCode.fingerprint == bindparam("name"))
    .values(session_id=bindparam("produced"))
)
_REQUESTED = select(AuthorizationCode.claims).where(AuthorizationCode.session_id == bindparam("produced"))
