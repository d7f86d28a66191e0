"""
Access tokens that a client got for itself, with no person behind them.

Law: RFC 6749 §4.4, RFC 9068 §2.2 (the subject is the client), §5 (and can never be taken for a person).
Leaves to others: whether the client still exists (oidc.clients).
"""

from typing import NamedTuple

from identity_service.foundation import jose
from identity_service.foundation.clock import Clock, to_seconds
from identity_service.foundation.opaque import Chance, text
from identity_service.sessions.access import SigningKeys, Terms

_JTI_BYTES = 20


class ClientClaims(NamedTuple):
    """What a client's own access token says; instants are seconds since 1970."""

    client_id: str
    scope: str
    jti: str
    issued_at: int
    expires_at: int


class ClientAccessTokens:
    """Issues access tokens to clients and reads them back; they carry no `sid`, and every token of a person does."""

    def __init__(self, keys: SigningKeys, terms: Terms, clock: Clock, chance: Chance) -> None:
        """Sign with the active ES256 key of *keys*, under *terms*."""
        self._keys = keys
        self._terms = terms
        self._clock = clock
        self._chance = chance
        required = dict.fromkeys(("sub", "client_id", "jti", "scope"), str)
        self._expect = jose.Expect("ES256", "at+jwt", terms.issuer, terms.audience, required)

    def issue(self, client_id: str, scope: str) -> str:
        """Return a new access token for the client itself."""
        now = self._clock.now()
        claims = {
            "iss": self._terms.issuer,
            "sub": client_id,
            "aud": self._terms.audience,
            "client_id": client_id,
            "iat": to_seconds(now),
            "exp": to_seconds(now + self._terms.lifetime),
            "jti": text(self._chance.token_bytes(_JTI_BYTES)),
            "scope": scope,
        }
        return jose.sign(claims, self._keys.signing("ES256"), algorithm="ES256", typ="at+jwt")

    def read(self, token: str) -> ClientClaims | None:
        """Return what *token* says if it is one of these and not expired; else None."""
        now = to_seconds(self._clock.now())
        try:
            claims = jose.verify(token, lambda kid: self._keys.verifying(kid, "ES256"), self._expect, now)
        except jose.BadToken:
            return None
        if claims["sub"] != claims["client_id"] or "sid" in claims:
            return None
        return ClientClaims(claims["client_id"], claims["scope"], claims["jti"], claims["iat"], claims["exp"])
