"""
OpenID providers: `OPENID_*` for one, `OPENID_PROVIDERS=okta,entra` with `OPENID_OKTA_*` and so on for more.

The same settings exist for each; only the prefix differs.
Law: OpenID Connect Discovery 1.0 §4 (the issuer is the base of the discovery address).
Leaves to others: speaking with the provider (upstream).
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import (
    CallbackPath,
    Milliseconds,
    Names,
    OptionalAddress,
    OptionalIssuer,
    OptionalSecret,
    OptionalStrongSecret,
    OptionalText,
    Positive,
    Seconds,
    Switch,
    Text,
    choice,
    unless_blank,
    word,
)

DISCOVERY = "/.well-known/openid-configuration"

FIRST = "openid"
"""The provider whose settings have no name in theirs."""

_NEEDS_A_PLACE = "{prefix}ROLE needs {prefix}ROLE_PARAMETER_PATH and {prefix}ROLE_TOKEN_KIND."

KINDS = ("id", "access", "userinfo")

TokenKind = Annotated[Literal["id", "access", "userinfo"], choice(*KINDS)]
OptionalTokenKind = Annotated[Literal["id", "access", "userinfo"] | None, unless_blank(lambda text: word(text, *KINDS))]


def prefix_of(provider: str) -> str:
    """Return what the names of an OpenID provider's settings begin with."""
    return "OPENID_" if provider == FIRST else f"OPENID_{provider.upper()}_"


class OpenIDProvider(Group):
    """One OpenID provider: how to reach it, what to ask for, and how its claims are read."""

    client_id: OptionalText = setting(
        "CLIENT_ID", "", "The client id that the provider gave us; blank switches it off."
    )
    client_secret: OptionalSecret = setting(
        "CLIENT_SECRET", "", "The client secret; blank with PKCE for a public client."
    )
    callback_url: CallbackPath = setting(
        "CALLBACK_URL", "/oauth/{provider}/callback", "Where the provider sends people back to, after DOMAIN_SERVER."
    )
    issuer: OptionalIssuer = setting("ISSUER", "", "The provider's issuer, or its whole discovery address.")
    session_secret: OptionalStrongSecret = setting(
        "SESSION_SECRET", "", "LibreChat's; accepted, 32 bytes or more, not needed."
    )
    scope: Text = setting("SCOPE", "openid profile email", "What is asked for, with spaces between.")
    use_pkce: Switch = setting("USE_PKCE", "false", "The provider knows PKCE, so that a blank client secret will do.")
    generate_nonce: Switch = setting("GENERATE_NONCE", "false", "LibreChat's; a nonce is always sent here.")
    clock_tolerance: Seconds = setting("CLOCK_TOLERANCE", "300", "How far the provider's clock may be off, in seconds.")
    audience: Names = setting("AUDIENCE", "", "Audiences accepted besides the client id; the first is asked for.")
    refresh_audience: OptionalText = setting("REFRESH_AUDIENCE", "", "Audience asked for on refresh.")
    username_claim: OptionalText = setting("USERNAME_CLAIM", "", "The claim that holds the user name, taken as it is.")
    name_claim: OptionalText = setting("NAME_CLAIM", "", "The claim that holds the full name.")
    email_claim: OptionalText = setting("EMAIL_CLAIM", "", "The claim that holds the e-mail address.")
    required_role: Names = setting("REQUIRED_ROLE", "", "Roles of which one is needed to sign in, with commas between.")
    required_role_path: OptionalText = setting(
        "REQUIRED_ROLE_PARAMETER_PATH",
        "",
        "Where the roles are in the token, such as realm_access.roles or resource_access['my-client'].roles.",
    )
    required_role_token: OptionalTokenKind = setting(
        "REQUIRED_ROLE_TOKEN_KIND", "", "Which token holds them: id, access or userinfo."
    )
    admin_role: OptionalText = setting(
        "ADMIN_ROLE", "", "The role that makes an administrator; its absence takes it away."
    )
    admin_role_path: OptionalText = setting("ADMIN_ROLE_PARAMETER_PATH", "", "Where that role is in the token.")
    admin_role_token: OptionalTokenKind = setting(
        "ADMIN_ROLE_TOKEN_KIND", "", "Which token holds that role: id, access or userinfo."
    )
    role_sync_enabled: Switch = setting(
        "ROLE_SYNC_ENABLED", "false", "The provider's roles become ours at each sign-in."
    )
    role_sync_api_enabled: Switch = setting("ROLE_SYNC_API_ENABLED", "false", "The same for programs with a bearer.")
    role_sync_source: TokenKind = setting("ROLE_SYNC_SOURCE", "id", "Which token holds those roles.")
    role_sync_claim: OptionalText = setting("ROLE_SYNC_CLAIM", "", "Where those roles are in the token.")
    role_sync_priority: Names = setting("ROLE_SYNC_ROLE_PRIORITY", "", "Roles in order; the first that matches counts.")
    role_sync_fallback: OptionalText = setting("ROLE_SYNC_FALLBACK_ROLE", "", "The role of those who match none.")
    button_label: Text = setting("BUTTON_LABEL", "Continue with OpenID", "What the button says.")
    image_url: OptionalText = setting("IMAGE_URL", "", "The picture on the button.")
    auto_redirect: Switch = setting("AUTO_REDIRECT", "false", "The sign-in page goes to the provider at once.")
    reuse_tokens: Switch = setting("REUSE_TOKENS", "false", "LibreChat's: the provider's tokens are the session.")
    reuse_max_session_age: Milliseconds = setting(
        "REUSE_MAX_SESSION_AGE_MS", "1000 * 60 * 15", "Longest time between refreshes at the provider, in milliseconds."
    )
    jwks_cache_enabled: Switch = setting("JWKS_URL_CACHE_ENABLED", "true", "The provider's keys are kept for a while.")
    jwks_cache_time: Milliseconds = setting(
        "JWKS_URL_CACHE_TIME", "1000 * 60", "How long they are kept, in milliseconds."
    )
    use_end_session: Switch = setting("USE_END_SESSION_ENDPOINT", "false", "Signing out here signs out there.")
    post_logout_redirect_uri: OptionalAddress = setting(
        "POST_LOGOUT_REDIRECT_URI", "", "Where people land after that; DOMAIN_CLIENT/login when unset."
    )
    max_logout_url_length: Positive = setting(
        "MAX_LOGOUT_URL_LENGTH", "2000", "Above it, a hint replaces the ID token."
    )
    on_behalf_flow: Switch = setting(
        "ON_BEHALF_FLOW_FOR_USERINFO_REQUIRED", "false", "Entra: userinfo needs a token of its own."
    )
    on_behalf_scope: Text = setting("ON_BEHALF_FLOW_USERINFO_SCOPE", "user.read", "Entra: the scope of that token.")
    graph_scopes: Names = setting(
        "GRAPH_SCOPES", "User.Read,People.Read,GroupMember.Read.All", "Entra: for its directory."
    )
    avatar_origins: Names = setting(
        "AVATAR_AUTHORIZED_ORIGINS", "", "Origins that get the bearer when a picture is fetched."
    )
    sync_groups: Switch = setting("SYNC_GROUPS_FROM_TOKEN", "false", "The provider's groups become ours.")
    groups_path: OptionalText = setting("GROUPS_CLAIM_PATH", "", "Where the groups are in the token.")
    groups_token: TokenKind = setting("GROUPS_TOKEN_KIND", "id", "Which token holds the groups.")
    group_source: Text = setting("GROUP_SOURCE", "openid", "The name under which groups are kept.")

    def contradictions(self) -> Iterator[str]:
        """Ask for what a provider that is switched on cannot be without."""
        if self.client_id and not self.issuer:
            yield "{prefix}ISSUER is required when {prefix}CLIENT_ID is set."
        if self.client_id and not self.client_secret and not self.use_pkce:
            yield "{prefix}CLIENT_SECRET is required when {prefix}CLIENT_ID is set, unless {prefix}USE_PKCE is true."
        if "openid" not in self.scope.split():
            yield "{prefix}SCOPE must contain openid."
        if self.required_role and not (self.required_role_path and self.required_role_token):
            yield _NEEDS_A_PLACE.replace("ROLE", "REQUIRED_ROLE")
        if self.admin_role and not (self.admin_role_path and self.admin_role_token):
            yield _NEEDS_A_PLACE.replace("ROLE", "ADMIN_ROLE")
        if self.role_sync_enabled and not self.role_sync_claim:
            yield "{prefix}ROLE_SYNC_CLAIM is required when {prefix}ROLE_SYNC_ENABLED is true."
