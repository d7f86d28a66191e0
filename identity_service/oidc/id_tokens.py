"""
ID tokens: what a client is told of a sign-in, and the same read back as a hint.

Law: OpenID Connect Core 1.0 §2, §3.1.3.6 (at_hash), §3.1.2.1 and RP-Initiated Logout 1.0 §2 (hints, expired ones too);
RFC 8725 §3.11 (no other token of ours passes for one).
Leaves to others: which claims of the person stand in it (scopes), whether a hinted session still lives.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from authlib.oidc.core.util import create_half_hash

from identity_service.foundation import jose
from identity_service.foundation.clock import Clock, to_seconds
from identity_service.foundation.jose import Key

ALGORITHMS = "RS256", "ES256"
"""What a client may have its ID tokens signed with; the first unless it was registered otherwise."""

ONE_FACTOR, TWO_FACTORS = "1", "2"
"""Authentication context classes (`acr`), by how many things the person has proven."""

_TYP = "JWT"


class SigningKeys(Protocol):
    """What ID tokens need of the key ring."""

    def signing(self, algorithm: str) -> Key:
        """Return the key that signs now."""
        ...

    def verifying(self, kid: str, algorithm: str) -> Key | None:
        """Return the published key of this name, or None."""
        ...


@dataclass(frozen=True)
class IDTokenSubject:
    """
    Whom and what a new ID token is about.

    Attributes:
        session_id: of the client's session.

        amr: how the person proved who it is at `auth_time`, with spaces between.

        access_token: the one that goes out beside it.

        claims: what is told of the person; none of them can take the place of what the token says of itself.
    """

    user_id: str
    client_id: str
    session_id: str
    auth_time: datetime
    amr: str
    access_token: str
    algorithm: str = ALGORITHMS[0]
    nonce: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


class Hint(NamedTuple):
    """Whom an ID token of ours, expired or not, was about, and who was given it."""

    user_id: str
    client_id: str
    session_id: str


class IDTokens:
    """Issues ID tokens and reads them back as hints."""

    def __init__(self, keys: SigningKeys, issuer: str, lifetime: timedelta, clock: Clock) -> None:
        """Sign with *keys* in the name of *issuer*; a token is good for *lifetime*."""
        self._keys = keys
        self._issuer = issuer
        self._lifetime = lifetime
        self._clock = clock

    def issue(self, subject: IDTokenSubject) -> str:
        """
        Return a new ID token about *subject*.

        `aud` is one client, a string, so there is no `azp`: it would only repeat it (OpenID Connect Core 1.0 §2).
        """
        now = self._clock.now()
        amr = subject.amr.split()
        claims = {
            **subject.claims,
            "iss": self._issuer,
            "sub": subject.user_id,
            "aud": subject.client_id,
            "exp": to_seconds(now + self._lifetime),
            "iat": to_seconds(now),
            "auth_time": to_seconds(subject.auth_time),
            "at_hash": create_half_hash(subject.access_token, subject.algorithm).decode(),
            "sid": subject.session_id,
            "acr": acr_of(amr),
            "amr": amr,
        }
        if subject.nonce is not None:
            claims["nonce"] = subject.nonce
        return jose.sign(claims, self._keys.signing(subject.algorithm), algorithm=subject.algorithm, typ=_TYP)

    def read_hint(self, token: str) -> Hint | None:
        """
        Return whom *token* is about if it is an ID token of ours, expired or not; else None.

        Whom it was issued to is the caller's to compare. A key that has gone vouches for nothing any more.
        """
        for algorithm in ALGORITHMS:
            try:
                claims = self._verified(token, algorithm)
            except jose.BadToken:
                continue
            return Hint(claims["sub"], claims["aud"], claims["sid"])
        return None

    def _verified(self, token: str, algorithm: str) -> jose.Claims:
        # Signed answers of userinfo have the same type, but neither a session nor a time of authentication.
        required = {**dict.fromkeys(("sub", "aud", "sid", "at_hash"), str), "auth_time": int}
        expect = jose.Expect(
            algorithm, _TYP, self._issuer, audience=None, claims=required, may_be_expired=True, any_audience=True
        )
        now = to_seconds(self._clock.now())
        return jose.verify(token, lambda kid: self._keys.verifying(kid, algorithm), expect, now)


def acr_of(amr: Iterable[str]) -> str:
    """Return the authentication context class of a sign-in with these methods (their names: RFC 8176 §2)."""
    return TWO_FACTORS if len(set(amr)) > 1 else ONE_FACTOR
