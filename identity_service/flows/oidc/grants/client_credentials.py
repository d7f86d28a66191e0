"""
A client asks for itself, with no person behind it.

Law: RFC 6749 §3.3 (no scope named) and §4.4 (confidential clients only, no refresh token), RFC 9068 §5 (never to be
taken for a person).
"""

from dataclasses import dataclass
from datetime import timedelta

from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.flows.outcomes import Visitor
from identity_service.foundation.errors import InvalidScope, UnauthorizedClient
from identity_service.oidc.clients import Client
from identity_service.oidc.scopes import SCOPES, SERVICE_SCOPES
from identity_service.sessions.client_access import ClientAccessTokens


@dataclass(frozen=True)
class ClientCredentialsGrant:
    """Access tokens for clients themselves, each good for *lifetime*."""

    access_tokens: ClientAccessTokens
    lifetime: timedelta

    def redeem(self, request: TokenRequest, client: Client, _visitor: Visitor, /) -> Granted:
        """
        Return an access token for *client*.

        It may have the scopes that it is registered for, but none of those by which something is learnt of a person;
        without a scope it gets what a back end may do for itself, and is good for saying who the client is in any case.

        Raises:
            UnauthorizedClient: the client cannot prove who it is.
            InvalidScope: another scope.
        """
        if not client.is_confidential:
            raise UnauthorizedClient("Only a client that proves who it is may ask for itself.")
        registered = client.details.scope.split()
        asked = tuple(dict.fromkeys(request.scope.split())) or tuple(
            scope for scope in SERVICE_SCOPES if scope in registered
        )
        if not set(asked) <= set(registered) - SCOPES.keys():
            raise InvalidScope("A client that asks for itself may not have this scope.")
        scope = " ".join(asked)
        return Granted(self.access_tokens.issue(client.client_id, scope), int(self.lifetime.total_seconds()), scope)
