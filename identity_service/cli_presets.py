"""
Applications that we know: how each is registered here, and the lines that it needs on its own side.

A preset is data. In its texts `{url}` is where the application is, `{issuer}`, `{host}` and `{title}` who we are,
`{client_id}`, `{client_secret}` and `{scope}` what it was given, `{logout}` where it signs people out, as it stands in
a query, and `{fresh}` 32 random bytes of its own.
Source: the manuals of LibreChat (OpenID Connect), Open WebUI (environment variables, SSO) and OAuth2 Proxy (overview).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Preset:
    """
    One application.

    Attributes:
        label: what people are shown unless the operator says otherwise.
        redirect_path: where it wants answers, below its address.
        post_logout_path: where people land after signing out.
        scope: what it asks for, and may ask for.
        metadata: what else is registered of it, under the names of RFC 7591 and our own.
        environment: its settings.
        notes: what its operator should know.
    """

    label: str
    redirect_path: str
    post_logout_path: str
    scope: str
    environment: Mapping[str, str]
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def registration(self, url: str) -> dict[str, Any]:
        """Return the metadata of the application at *url*, but its name and redirect address."""
        return {
            "is_trusted": True,
            "may_introspect": False,
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": self.scope,
            "post_logout_redirect_uris": [url + self.post_logout_path],
            **self.metadata,
        }

    def settings(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of the application, with what is *known* filled in."""
        return {name: _filled(text, known) for name, text in self.environment.items()}

    def lines(self, known: Mapping[str, str]) -> list[str]:
        """Return the same for its `.env`, below what its operator should know."""
        notes = [f"# {_filled(note, known)}" for note in self.notes]
        return notes + [f"{name}={_quoted(value)}" for name, value in self.settings(known).items()]


def _filled(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _quoted(value: str) -> str:
    return '"' + value.replace('"', "'") + '"' if " " in value else value


LIBRECHAT = Preset(
    label="LibreChat",
    redirect_path="/oauth/openid/callback",
    post_logout_path="/login",
    scope="openid profile email roles",
    # With OPENID_REUSE_TOKENS its back end is shown the ID token, and reads everything there.
    metadata={"claims_in_id_token": True},
    environment={
        "ALLOW_SOCIAL_LOGIN": "true",
        "OPENID_ISSUER": "{issuer}",
        "OPENID_CLIENT_ID": "{client_id}",
        "OPENID_CLIENT_SECRET": "{client_secret}",
        "OPENID_SESSION_SECRET": "{fresh}",
        "OPENID_SCOPE": "{scope}",
        "OPENID_CALLBACK_URL": "/oauth/openid/callback",
        "OPENID_USE_PKCE": "true",
        "OPENID_USE_END_SESSION_ENDPOINT": "true",
        "OPENID_POST_LOGOUT_REDIRECT_URI": "{url}/login",
        "OPENID_BUTTON_LABEL": "Sign in",
        "OPENID_ADMIN_ROLE": "ADMIN",
        "OPENID_ADMIN_ROLE_PARAMETER_PATH": "roles",
        "OPENID_ADMIN_ROLE_TOKEN_KIND": "id",
    },
    notes=(
        "LibreChat insists on an issuer that begins with https.",
        "Its DOMAIN_SERVER and DOMAIN_CLIENT must be {url}.",
    ),
)

OPEN_WEBUI = Preset(
    label="Open WebUI",
    redirect_path="/oauth/oidc/callback",
    post_logout_path="/auth",
    scope="openid profile email roles",
    environment={
        "WEBUI_URL": "{url}",
        "OPENID_PROVIDER_URL": "{issuer}/.well-known/openid-configuration",
        "OPENID_REDIRECT_URI": "{url}/oauth/oidc/callback",
        "OAUTH_CLIENT_ID": "{client_id}",
        "OAUTH_CLIENT_SECRET": "{client_secret}",
        "OAUTH_SCOPES": "{scope}",
        "OAUTH_PROVIDER_NAME": "{title}",
        "OAUTH_CODE_CHALLENGE_METHOD": "S256",
        "ENABLE_OAUTH_SIGNUP": "true",
        "ENABLE_OAUTH_ROLE_MANAGEMENT": "true",
        "OAUTH_ROLES_CLAIM": "roles",
        "OAUTH_ALLOWED_ROLES": "*",
        "OAUTH_ADMIN_ROLES": "ADMIN",
        "WEBUI_AUTH_SIGNOUT_REDIRECT_URL": "{url}/auth",
    },
    notes=(
        "To end its sessions from here, register it with --backchannel-logout-uri {url}/oauth/backchannel-logout",
        "and set ENABLE_OAUTH_BACKCHANNEL_LOGOUT=true there; it needs Redis for that.",
    ),
)

OAUTH2_PROXY = Preset(
    label="OAuth2 Proxy",
    redirect_path="/oauth2/callback",
    post_logout_path="/",
    scope="openid profile email",
    environment={
        "OAUTH2_PROXY_PROVIDER": "oidc",
        "OAUTH2_PROXY_OIDC_ISSUER_URL": "{issuer}",
        "OAUTH2_PROXY_CLIENT_ID": "{client_id}",
        "OAUTH2_PROXY_CLIENT_SECRET": "{client_secret}",
        "OAUTH2_PROXY_REDIRECT_URL": "{url}/oauth2/callback",
        "OAUTH2_PROXY_CODE_CHALLENGE_METHOD": "S256",
        "OAUTH2_PROXY_COOKIE_SECRET": "{fresh}",
        "OAUTH2_PROXY_SCOPE": "{scope}",
        "OAUTH2_PROXY_EMAIL_DOMAINS": "*",
        "OAUTH2_PROXY_WHITELIST_DOMAINS": "{host}",
    },
    notes=(
        "OAuth2 Proxy lets in only people whose address is verified.",
        "To sign people out of both, link to {url}/oauth2/sign_out?rd={logout}",
    ),
)

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {"librechat": LIBRECHAT, "open-webui": OPEN_WEBUI, "oauth2-proxy": OAUTH2_PROXY}
)
