"""
Builds the flows of the OpenID Provider, by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from identity_service.flows.oidc.authorize import Authorize
from identity_service.flows.oidc.client_auth import ClientAuth
from identity_service.flows.oidc.end_session import EndSession
from identity_service.flows.oidc.grants.authorization_code import AuthorizationCodeGrant
from identity_service.flows.oidc.grants.client_credentials import ClientCredentialsGrant
from identity_service.flows.oidc.grants.refresh_token import RefreshTokenGrant
from identity_service.flows.oidc.introspect import Introspect
from identity_service.flows.oidc.issue import IssueForClient
from identity_service.flows.oidc.reconcile_clients import ReconcileClients
from identity_service.flows.oidc.register_client import RegisterClient
from identity_service.flows.oidc.remove_client import RemoveClient
from identity_service.flows.oidc.revoke import Revoke
from identity_service.flows.oidc.token import Token
from identity_service.flows.oidc.userinfo import UserInfo
from identity_service.flows.oidc.withdraw import Withdraw
from identity_service.flows.sign_out import Endings
from identity_service.flows.verify import Verify
from identity_service.foundation.opaque import fingerprint
from identity_service.oidc import metadata
from identity_service.oidc.continuations import Continuations
from identity_service.oidc.details import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN
from identity_service.wiring_capabilities import Capabilities, Ground, audience_of_clients, audience_of_userinfo


@dataclass(frozen=True)
class Provider:
    """What the doors of the OpenID Provider may call; `discovery` is the document that names them."""

    discovery: Mapping[str, Any]
    authorize: Authorize
    client_auth: ClientAuth
    token: Token
    userinfo: UserInfo
    introspect: Introspect
    revoke: Revoke
    end_session: EndSession
    register_client: RegisterClient
    remove_client: RemoveClient
    reconcile_clients: ReconcileClients
    withdraw: Withdraw


def provider(ground: Ground, able: Capabilities, endings: Endings, verify: Verify) -> Provider:
    """Return the flows of the OpenID Provider; *verify* is what is asked about our own pages' tokens."""
    settings, database, clock, _ = ground
    issuer, transaction = settings.site.issuer, database.transaction
    remove = RemoveClient(able.clients, able.codes, endings, able.trail, transaction)
    verify_for_clients = verify.of(able.tokens_of_clients, audience_of_userinfo(issuer))
    return Provider(
        discovery=metadata.discovery(issuer, registration=settings.clients.dynamic_registration),
        authorize=Authorize(
            able.clients,
            able.codes,
            able.consents,
            Continuations(able.vault, clock, "authorization request"),
            able.id_tokens,
            able.trail,
            transaction,
            issuer,
        ),
        client_auth=ClientAuth(able.clients, able.spent, able.own_tokens_of_clients, issuer, clock, transaction),
        token=Token(_grants(ground, able, endings), able.clients, transaction),
        userinfo=UserInfo(verify, verify_for_clients, able.clients, able.codes, able.keys, issuer),
        introspect=Introspect(
            verify,
            verify_for_clients,
            able.own_tokens_of_clients,
            able.clients,
            able.spent,
            audience_of_clients(issuer),
        ),
        revoke=_revoke(ground, able, endings),
        end_session=EndSession(able.clients, Continuations(able.vault, clock, "sign-out request"), able.id_tokens),
        register_client=_register(ground, able, remove),
        remove_client=remove,
        reconcile_clients=ReconcileClients(able.clients, remove, able.trail, transaction, clock, settings.clients.file),
        withdraw=Withdraw(able.clients, able.sessions, able.consents, able.codes, endings, able.trail, transaction),
    )


def _register(ground: Ground, able: Capabilities, remove: RemoveClient) -> RegisterClient:
    settings = ground.settings
    token = settings.clients.initial_access_token
    return RegisterClient(
        able.clients,
        remove,
        able.trail,
        ground.database.transaction,
        ground.chance,
        f"{settings.site.issuer}/oauth2/register",
        fingerprint(token) if token else None,
    )


def _revoke(ground: Ground, able: Capabilities, endings: Endings) -> Revoke:
    return Revoke(
        able.tokens_of_clients,
        able.refresh_tokens,
        able.own_tokens_of_clients,
        able.sessions,
        able.spent,
        endings,
        able.trail,
        ground.clock,
        ground.database.transaction,
    )


def _grants(ground: Ground, able: Capabilities, endings: Endings) -> dict[str, Any]:
    lifetimes, transaction, clock = ground.settings.lifetimes, ground.database.transaction, ground.clock
    issue = IssueForClient(able.tokens_of_clients, able.id_tokens, lifetimes.access)
    return {
        AUTHORIZATION_CODE: AuthorizationCodeGrant(
            able.clients,
            able.users,
            able.codes,
            able.sessions,
            endings,
            able.refresh_tokens,
            issue,
            able.trail,
            clock,
            transaction,
            lifetimes.refresh,
        ),
        REFRESH_TOKEN: RefreshTokenGrant(
            able.users,
            able.codes,
            able.sessions,
            endings,
            able.refresh_tokens,
            issue,
            able.trail,
            clock,
            transaction,
        ),
        CLIENT_CREDENTIALS: ClientCredentialsGrant(able.own_tokens_of_clients, lifetimes.access),
    }
