"""
GitHub, and a GitHub Enterprise of one's own.

Source: "Authorizing OAuth apps" and "REST API endpoints for emails", GitHub documentation. The profile's own address is
what the person likes to show; only the list of addresses says which is the primary one, and whether it is verified.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from identity_service.upstream.code_flow import CodeFlow
from identity_service.upstream.provider import Given, Identity

_PUBLIC = "https://github.com"


class GitHub(CodeFlow):
    """GitHub speaks OAuth and no OpenID."""

    name, label, scopes = "github", "GitHub", ("user:email", "read:user")
    optional = frozenset({"emails"})
    asks_again = MappingProxyType({"prompt": "select_account"})

    def __init__(self, given: Given) -> None:
        """Take the addresses of the public GitHub, or of the operator's own."""
        super().__init__(given)
        site = (self.client.enterprise_base_url or _PUBLIC).rstrip("/")
        self._site = site
        self.authorize_url = f"{site}/login/oauth/authorize"
        self.token_url = f"{site}/login/oauth/access_token"
        api = "https://api.github.com" if site == _PUBLIC else f"{site}/api/v3"
        self.profile = {"user": f"{api}/user", "emails": f"{api}/user/emails"}

    @property
    def key(self) -> str:
        """Numbers are unique within one GitHub."""
        return self.name if self._site == _PUBLIC else self._site

    def bearing(self, access_token: str) -> dict[str, str]:
        """Return the headers of a request; an Enterprise may want to know who asks."""
        agent = self.client.enterprise_user_agent
        return {**super().bearing(access_token), **({"User-Agent": agent} if agent else {})}

    def identity(self, answers: Mapping[str, Any]) -> Identity:
        """Return who that is."""
        user = answers["user"] if isinstance(answers["user"], dict) else {}
        listed = answers["emails"] if isinstance(answers["emails"], list) else []
        primary = next((each for each in listed if isinstance(each, dict) and each.get("primary") is True), None)
        return self.known(
            user.get("id"),
            email=primary.get("email") if primary else user.get("email"),
            email_verified=primary is not None and primary.get("verified"),
            username=user.get("login"),
            name=user.get("name") or user.get("login"),
            avatar=user.get("avatar_url"),
        )
