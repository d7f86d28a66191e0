"""
Facebook.

Source: "Facebook Login" and "Securing Graph API requests", Meta for Developers. The address may be missing, and nothing
says whether it is verified, so it is not. Every request is signed with our secret (`appsecret_proof`), so that a token
that was stolen elsewhere asks nothing in our name.
"""

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from identity_service.upstream.code_flow import CodeFlow
from identity_service.upstream.provider import Identity

_VERSION = "v23.0"
_FIELDS = "id,name,first_name,last_name,email,picture.type(large)"


class Facebook(CodeFlow):
    """Facebook speaks OAuth and a dialect of OpenID that says less than its Graph."""

    name, label, scopes = "facebook", "Facebook", ("public_profile", "email")
    authorize_url = f"https://www.facebook.com/{_VERSION}/dialog/oauth"
    token_url = f"https://graph.facebook.com/{_VERSION}/oauth/access_token"
    profile = MappingProxyType({"user": f"https://graph.facebook.com/{_VERSION}/me"})
    asks_again = MappingProxyType({"auth_type": "reauthenticate"})

    def signed(self, address: str, access_token: str) -> str:
        """Return *address* with the fields that we want, and the proof that it is us who ask."""
        proof = hmac.new(self.secret().encode(), access_token.encode(), "sha256").hexdigest()
        return f"{address}?{urlencode({'fields': _FIELDS, 'appsecret_proof': proof})}"

    def identity(self, answers: Mapping[str, Any]) -> Identity:
        """Return who that is."""
        user = answers["user"] if isinstance(answers["user"], dict) else {}
        names = [part for part in (user.get("first_name"), user.get("last_name")) if isinstance(part, str)]
        return self.known(
            user.get("id"),
            email=user.get("email"),
            username=user.get("name"),
            name=" ".join(names) or user.get("name"),
            avatar=_picture(user.get("picture")),
        )


def _picture(told: object) -> object:
    data = told.get("data") if isinstance(told, dict) else None
    return data.get("url") if isinstance(data, dict) and data.get("is_silhouette") is not True else None
