"""
What is known of a client beside its name and addresses, under the names of RFC 7591 §2.

A few names are ours: whether it is trusted, what it may introspect, whether it must use PKCE.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS = "authorization_code", "refresh_token", "client_credentials"
EVERY_SCOPE = "openid profile email address phone roles offline_access"


@dataclass(frozen=True)
class Details:
    """
    Client metadata.

    Attributes:
        token_endpoint_auth_method: `none` for a public client; whoever has a secret may send it in either way.

        grant_types: with `refresh_token` it is given refresh tokens without asking for `offline_access`.

        scope: what it may ask for.

        require_pkce: False only for a confidential client that always sends a nonce.

        is_trusted: people are not asked whether it may know them; for the operator's own applications.

        may_introspect: tokens of others too, not only those that were issued to it.

        claims_in_id_token: repeat there what userinfo says, for clients that never ask.
    """

    application_type: str = "web"
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 - the RFC's word
    token_endpoint_auth_signing_alg: str | None = None
    grant_types: tuple[str, ...] = (AUTHORIZATION_CODE, CLIENT_CREDENTIALS)
    scope: str = EVERY_SCOPE
    id_token_signed_response_alg: str = "RS256"  # noqa: S105
    userinfo_signed_response_alg: str | None = None
    jwks: Mapping[str, Any] | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    require_pkce: bool = True
    is_trusted: bool = False
    may_introspect: bool = True
    claims_in_id_token: bool = False
    default_max_age: int | None = None
    require_auth_time: bool = False
    client_uri: str | None = None
    logo_uri: str | None = None
    tos_uri: str | None = None
    policy_uri: str | None = None
    contacts: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, kept: Mapping[str, Any]) -> Self:
        """Return the details that `as_mapping` made *kept* of; names that a newer release added are left aside."""
        known = {each.name for each in fields(cls)}
        listed: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**{name: value for name, value in listed.items() if name in known})

    def as_mapping(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JSON can hold it."""
        told = {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }
        return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
