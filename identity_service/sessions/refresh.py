"""
Refresh tokens: kept as fingerprints, replaced at each use, one live successor.

A token is an HS256 JWT. Its claims stand in the session's row, so the successor can be signed again,
byte for byte, for whoever lost the answer; nothing secret is kept.
Law: RFC 6749 §6, RFC 9700 §4.14.2 (rotation and reuse). Claim names: LibreChat, `POST /api/auth/refresh`.
Leaves to others: what a session is (registry), what happens after a reuse (flows.refresh).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert

from identity_service.foundation import jose
from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds, to_seconds
from identity_service.foundation.database import Database
from identity_service.foundation.jose import Key
from identity_service.foundation.opaque import Chance, fingerprint, object_id, text
from identity_service.foundation.prepared import Prepared
from identity_service.sessions.ratchet import LOOK, OPENED, TURN, Row
from identity_service.sessions.registry import end_of, shortened
from identity_service.sessions.tables import Session

_CLAIMS = {"id": str, "sessionId": str, "n": int, "jti": str}
# The session's row decides which one counts, also when the clock has been put back since.
_EXPECT = jose.Expect("HS256", "JWT", issuer=None, audience=None, claims=_CLAIMS, may_be_early=True)
_JTI_BYTES = 20


@dataclass(frozen=True)
class Opening:
    """
    What is known of a session that is about to begin.

    Attributes:
        browser: fingerprint of the cookie by which the browser will be known, None for a client's session.

        parent_id: of a client's session, the browser session below which it begins.

        auth_time: when the person proved who it is, None for now.

        ends_at: an end that is fixed already, None for *lifetime* from now.
    """

    user_id: str
    client_id: str
    scope: str
    amr: str
    user_agent: str
    address: str
    lifetime: timedelta
    browser: str | None = None
    parent_id: str | None = None
    is_offline: bool = False
    auth_time: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Presented:
    """A refresh token whose signature is ours and whose end has not come."""

    user_id: str
    session_id: str
    n: int
    expires_at: int
    fingerprint: str


@dataclass(frozen=True)
class Rotated:
    """The session lives on with this refresh token; `is_replay` if it was handed out before."""

    session_id: str
    user_id: str
    client_id: str
    scope: str
    amr: str
    auth_time: datetime
    expires_at: datetime
    refresh_token: str
    is_replay: bool = False


@dataclass(frozen=True)
class Reused:
    """An old token of a live session came back: somebody else may hold the new one."""

    session_id: str
    user_id: str


@dataclass(frozen=True)
class Over:
    """There is no such live session."""


class RefreshTokens:
    """The ratchet."""

    def __init__(self, database: Database, clock: Clock, chance: Chance, key: Key, leeway: timedelta) -> None:
        """Sign with *key*; for *leeway* after a rotation the token before it counts as a retry."""
        self._database = database
        self._clock = clock
        self._chance = chance
        self._key = key
        self._leeway = leeway
        self._open = Prepared(database, insert(Session), columns=OPENED)
        self._turn = Prepared(database, TURN, writes=True)
        self._look = Prepared(database, LOOK)

    def begin(self, opening: Opening) -> Rotated:
        """Open a session, inside the flow's transaction, and return it with its first refresh token."""
        now = self._clock.now()
        ends = opening.ends_at or end_of(now, opening.lifetime)
        auth_time = opening.auth_time or now
        claims = _Claims(
            opening.user_id, object_id(now, self._chance), 0, self._jti(), to_seconds(now), to_seconds(ends)
        )
        token = self._sign(claims)
        self._open.change(
            id=claims.session_id,
            user_id=opening.user_id,
            client_id=opening.client_id,
            scope=opening.scope,
            amr=opening.amr,
            parent_id=opening.parent_id,
            browser=opening.browser,
            is_offline=opening.is_offline,
            auth_time=to_microseconds(auth_time),
            created_at=to_microseconds(now),
            expires_at=to_microseconds(ends),
            user_agent=shortened(opening.user_agent),
            address=opening.address,
            current=fingerprint(token),
            n=claims.n,
            jti=claims.jti,
            issued_at=claims.issued_at,
            rotated_at=to_microseconds(now),
        )
        return Rotated(
            claims.session_id, opening.user_id, opening.client_id, opening.scope, opening.amr, auth_time, ends, token
        )

    def read(self, token: str) -> Presented | None:
        """Return what *token* says if we signed it and its end has not come; else None. No database is asked."""
        try:
            claims = jose.verify(token, lambda _kid: self._key, _EXPECT, to_seconds(self._clock.now()))
        except jose.BadToken:
            return None
        return Presented(claims["id"], claims["sessionId"], claims["n"], claims["exp"], fingerprint(token))

    def rotate(self, presented: Presented, client_id: str) -> Rotated | Reused | Over:
        """
        Replace the *presented* token by its successor.

        One conditional write decides; among any number of simultaneous callers one turns the ratchet
        and the others are given the same successor.

        Args:
            presented: what `read` returned.
            client_id: who presents it; a repeat counts as a retry only from the same client.

        Returns:
            Rotated with the successor; Reused, with nothing changed yet; or Over.

        Law: RFC 9700 §4.14.2.
        """
        now = self._clock.now()
        claims = _Claims(
            presented.user_id,
            presented.session_id,
            presented.n + 1,
            self._jti(),
            to_seconds(now),
            presented.expires_at,
        )
        token = self._sign(claims)
        turned = self._turn.run(
            session_id=presented.session_id,
            client_id=client_id,
            presented=presented.fingerprint,
            next=fingerprint(token),
            next_n=claims.n,
            next_jti=claims.jti,
            next_issued_at=claims.issued_at,
            now=to_microseconds(now),
        )
        if turned:
            return _rotated(presented.session_id, turned[0], token)
        return self._without_turn(presented, client_id, to_microseconds(now))

    def _without_turn(self, presented: Presented, client_id: str, now: int) -> Rotated | Reused | Over:
        found = self._look.run(session_id=presented.session_id, now=now)
        if not found:
            return Over()
        row = Row(*found[0])
        if row.client_id != client_id:
            return Over()
        age = timedelta(microseconds=now - row.rotated_at)
        is_retry = row.previous == presented.fingerprint and age <= self._leeway
        if not is_retry:
            return Reused(presented.session_id, row.user_id)
        claims = _Claims(row.user_id, presented.session_id, row.n, row.jti, row.issued_at, presented.expires_at)
        return _rotated(presented.session_id, found[0], self._sign(claims), is_replay=True)

    def _jti(self) -> str:
        return text(self._chance.token_bytes(_JTI_BYTES))

    def _sign(self, claims: "_Claims") -> str:
        says = {
            "id": claims.user_id,
            "sessionId": claims.session_id,
            "n": claims.n,
            "jti": claims.jti,
            "iat": claims.issued_at,
            "exp": claims.expires_at,
        }
        return jose.sign(says, self._key, algorithm="HS256", typ="JWT")


class _Claims(NamedTuple):
    user_id: str
    session_id: str
    n: int
    jti: str
    issued_at: int
    expires_at: int


def _rotated(session_id: str, found: tuple[Any, ...], token: str, *, is_replay: bool = False) -> Rotated:
    row = Row(*found)
    return Rotated(
        session_id,
        row.user_id,
        row.client_id,
        row.scope,
        row.amr,
        from_microseconds(row.auth_time),
        from_microseconds(row.expires_at),
        token,
        is_replay,
    )
