"""
Access tokens in two dialects that never cross.

`standard`: ES256, `typ` at+jwt, published keys (RFC 9068). `librechat`: HS256 under JWT_SECRET with the claim
names that an unmodified LibreChat back end expects.
Leaves to others: the keys (keys.ring), whether the session still lives (registry).
"""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from identity_service.foundation import jose
from identity_service.foundation.clock import Clock, to_seconds
from identity_service.foundation.jose import Key
from identity_service.foundation.memory import keep
from identity_service.foundation.opaque import Chance, text
from identity_service.sessions.registry import FIRST_PARTY

_JTI_BYTES = 20
_REMEMBERED = 4096


class SigningKeys(Protocol):
    """What access tokens need of the key ring."""

    def signing(self, algorithm: str) -> Key:
        """Return the key that signs now."""
        ...

    def verifying(self, kid: str, algorithm: str) -> Key | None:
        """Return the published key of this name, or None."""
        ...

    def epoch(self) -> int:
        """Return a number that changes when a key has gone."""
        ...


class Subject(NamedTuple):
    """Whom and what a new access token is about."""

    user_id: str
    session_id: str
    client_id: str
    scope: str
    amr: str
    auth_time: datetime
    username: str
    email: str
    role: str
    provider: str


class AccessClaims(NamedTuple):
    """What a good access token says; instants are seconds since 1970."""

    user_id: str
    session_id: str
    jti: str
    issued_at: int
    expires_at: int
    scope: str = ""


class Terms(NamedTuple):
    """What every access token of an installation has in common; the `librechat` dialect has no audience."""

    issuer: str
    audience: str | None
    lifetime: timedelta


class AccessTokens(ABC):
    """Issues access tokens and reads them back; this is what both dialects share."""

    def __init__(self, terms: Terms, clock: Clock, chance: Chance) -> None:
        """Issue tokens under *terms*."""
        self._terms = terms
        self._clock = clock
        self._chance = chance
        self._remembered: dict[bytes, tuple[int, AccessClaims]] = {}

    @abstractmethod
    def issue(self, subject: Subject) -> str:
        """Return a new access token about *subject*."""

    def read(self, token: str) -> AccessClaims | None:
        """
        Return what *token* says if it is one of ours, of this dialect, and not expired; else None.

        A verified signature is remembered, so that a token which is shown again costs one look-up;
        it is forgotten when any key is withdrawn.
        """
        now = to_seconds(self._clock.now())
        epoch = self.epoch()
        name = sha256(token.encode("utf-8", "surrogatepass")).digest()
        then, claims = self._remembered.get(name, (epoch, None))
        if claims is None or then != epoch:
            try:
                claims = self._verified(token, now)
            except jose.BadToken:
                return None
            keep(self._remembered, name, (epoch, claims), _REMEMBERED)
        return claims if claims.expires_at > now else None

    def epoch(self) -> int:
        """Return a number that changes when a key has been withdrawn; what was verified before is then in doubt."""
        return 0

    @abstractmethod
    def _verified(self, token: str, now: int) -> AccessClaims:
        """Return what *token* says, or raise BadToken."""

    def _timed(self) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "iat": to_seconds(now),
            "exp": to_seconds(now + self._terms.lifetime),
            "jti": text(self._chance.token_bytes(_JTI_BYTES)),
        }


class StandardAccessTokens(AccessTokens):
    """The `standard` dialect: RFC 9068, plus the names that LibreChat's own tokens carry."""

    def __init__(self, keys: SigningKeys, terms: Terms, clock: Clock, chance: Chance) -> None:
        """Sign with the active ES256 key of *keys*."""
        super().__init__(terms, clock, chance)
        self._keys = keys
        required = dict.fromkeys(("sub", "sid", "jti", "client_id"), str)
        self._expect = jose.Expect("ES256", "at+jwt", terms.issuer, terms.audience, required)

    def issue(self, subject: Subject) -> str:
        """Return a new access token about *subject* (RFC 9068 §2.2); only our own client's tokens carry names."""
        claims = {
            "iss": self._terms.issuer,
            "sub": subject.user_id,
            "aud": self._terms.audience,
            "client_id": subject.client_id,
            **self._timed(),
            "sid": subject.session_id,
            "scope": subject.scope,
            "auth_time": to_seconds(subject.auth_time),
            "amr": subject.amr.split(),
        }
        if subject.client_id == FIRST_PARTY:
            claims |= {
                "id": subject.user_id,
                "username": subject.username,
                "provider": subject.provider,
                "email": subject.email,
                "role": subject.role,
            }
        return jose.sign(claims, self._keys.signing("ES256"), algorithm="ES256", typ="at+jwt")

    def epoch(self) -> int:
        """Return a number that changes when a published key has gone."""
        return self._keys.epoch()

    def _verified(self, token: str, now: int) -> AccessClaims:
        claims = jose.verify(token, lambda kid: self._keys.verifying(kid, "ES256"), self._expect, now)
        return AccessClaims(
            claims["sub"], claims["sid"], claims["jti"], claims["iat"], claims["exp"], str(claims.get("scope", ""))
        )


class LibreChatAccessTokens(AccessTokens):
    """The `librechat` dialect: whoever holds JWT_SECRET can make such tokens, so it is off by default."""

    def __init__(self, key: Key, terms: Terms, clock: Clock, chance: Chance) -> None:
        """Sign with *key*, made of JWT_SECRET."""
        super().__init__(terms, clock, chance)
        self._key = key
        required = dict.fromkeys(("id", "sub", "sid", "jti"), str)
        self._expect = jose.Expect("HS256", "JWT", terms.issuer, None, required)

    def issue(self, subject: Subject) -> str:
        """Return a new access token about *subject* (LibreChat, `POST /api/auth/login`)."""
        claims = {
            "id": subject.user_id,
            "username": subject.username,
            "provider": subject.provider,
            "email": subject.email,
            "iss": self._terms.issuer,
            "sub": subject.user_id,
            "sid": subject.session_id,
            **self._timed(),
        }
        return jose.sign(claims, self._key, algorithm="HS256", typ="JWT")

    def _verified(self, token: str, now: int) -> AccessClaims:
        claims = jose.verify(token, lambda _kid: self._key, self._expect, now)
        if claims["id"] != claims["sub"]:
            raise jose.BadToken("id is not sub")
        return AccessClaims(claims["sub"], claims["sid"], claims["jti"], claims["iat"], claims["exp"])
