"""
What a client is told when a session of its ends.

Law: OpenID Connect Back-Channel Logout 1.0 §2.4.
Leaves to others: to whom it goes, and when.
"""

from datetime import timedelta
from typing import Protocol

from identity_service.foundation import jose
from identity_service.foundation.clock import Clock, to_seconds
from identity_service.foundation.jose import Key
from identity_service.foundation.opaque import Chance, text
from identity_service.oidc.clients import Client

LIFETIME = timedelta(minutes=2)
_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_JTI_BYTES = 20


class SigningKeys(Protocol):
    """What logout tokens need of the key ring."""

    def signing(self, algorithm: str) -> Key:
        """Return the key that signs now."""
        ...


class LogoutTokens:
    """Issues logout tokens."""

    def __init__(self, keys: SigningKeys, issuer: str, clock: Clock, chance: Chance) -> None:
        """Sign with *keys* in the name of *issuer*."""
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._chance = chance

    def issue(self, client: Client, user_id: str, session_id: str) -> str:
        """Return a logout token for *client*, signed as its ID tokens are; it has no nonce (§2.4)."""
        now = self._clock.now()
        algorithm = client.details.id_token_signed_response_alg
        claims = {
            "iss": self._issuer,
            "sub": user_id,
            "aud": client.client_id,
            "iat": to_seconds(now),
            "exp": to_seconds(now + LIFETIME),
            "jti": text(self._chance.token_bytes(_JTI_BYTES)),
            "sid": session_id,
            "events": {_EVENT: {}},
        }
        return jose.sign(claims, self._keys.signing(algorithm), algorithm=algorithm, typ="logout+jwt")
