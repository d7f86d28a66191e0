"""
Apple.

Source: "Sign in with Apple REST API", Apple Developer documentation. The answer comes as a form; the client secret is
a statement that we sign with the key from Apple; the name is told on the very first sign-in alone, beside the ID token
and unsigned; `email_verified` is a boolean or the word `true`, and an address of Apple's own relay is verified too.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from identity_service.foundation import jose
from identity_service.foundation.clock import to_seconds
from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.jose import BadKey, Key
from identity_service.upstream.id_token import IDToken
from identity_service.upstream.provider import Callback, Given, Identity

_STATEMENT_SECONDS = 300


class Apple(IDToken):
    """Apple says everything in the ID token, but for the name."""

    name, label, scopes = "apple", "Apple", ("name", "email")
    issuer = "https://appleid.apple.com"
    asks_userinfo = False
    asks = MappingProxyType({"response_mode": "form_post"})
    asks_again = MappingProxyType[str, str]({})
    comes_back_by_post = True
    # Apple's documents know no code challenge; the nonce in the signed ID token binds the answer to the trip.
    uses_pkce = False

    def __init__(self, given: Given) -> None:
        """
        Take what the installation gives, and read the key.

        Raises:
            Misconfigured: the file holds no key, which is better known before somebody signs in.
        """
        super().__init__(given)
        self._key = None if self.client.client_secret else _key_of(self.client)

    def secret(self) -> str:
        """Return the statement that was made beforehand, or one that is signed now."""
        if self._key is None:
            return super().secret()
        now = to_seconds(self.clock.now())
        statement = {
            "iss": self.client.team_id,
            "iat": now,
            "exp": now + _STATEMENT_SECONDS,
            "aud": "https://appleid.apple.com",
            "sub": self.client.client_id,
        }
        return jose.sign(statement, self._key, algorithm="ES256", typ="JWT")

    def identity(self, answers: Mapping[str, Any]) -> Identity:
        """Return who that is."""
        claims = answers["id"]
        email, subject, flag = (claims.get(each) for each in ("email", "sub", "email_verified"))
        local = email.partition("@")[0].lower() if isinstance(email, str) else ""
        return self.known(
            subject,
            email=email,
            email_verified=flag is True or flag == "true",
            username=local or f"user_{subject}",
            name=_name(answers["callback"]) or local,
        )


def _key_of(client: Any) -> Key:
    try:
        return jose.private_key(client.private_key_path.read_bytes(), "ES256", client.key_id)
    except (OSError, BadKey) as fault:
        raise Misconfigured(["APPLE_PRIVATE_KEY_PATH must name the file of the key (.p8) that Apple gave."]) from fault


def _name(callback: Callback) -> str:
    """Return the name from the form; whoever holds the browser could have written it, and it names only them."""
    try:
        told = json.loads(callback.user)["name"] if callback.user else {}
        parts = [told.get("firstName"), told.get("lastName")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return " ".join(part for part in parts if isinstance(part, str))
