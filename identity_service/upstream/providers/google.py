"""
Google.

Source: "OpenID Connect", Google Identity documentation; `email_verified` says whether Google has verified the address.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from identity_service.upstream.id_token import IDToken
from identity_service.upstream.provider import Identity


class Google(IDToken):
    """Google says everything in the ID token."""

    name, label, scopes = "google", "Google", ("openid", "profile", "email")
    issuer = "https://accounts.google.com"
    asks_userinfo = False
    # Google neither signs people in again on request nor tells when they did; it lets them choose.
    asks_again = MappingProxyType({"prompt": "select_account"})

    def identity(self, answers: Mapping[str, Any]) -> Identity:
        """Return who that is."""
        claims = answers["id"]
        return self.known(
            claims.get("sub"),
            email=claims.get("email"),
            email_verified=claims.get("email_verified"),
            username=claims.get("given_name") or claims.get("name"),
            name=claims.get("name"),
            avatar=claims.get("picture"),
        )
