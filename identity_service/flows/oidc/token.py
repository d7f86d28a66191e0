"""
What happens when a client asks for tokens: the grant is found by name, and the client must be registered for it.

Law: RFC 6749 §3.2, §5.2; OpenID Connect Core 1.0 §3.1.3.
Leaves to others: who the client is, which is settled before anybody comes here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.foundation.errors import InvalidRequest, ProtocolError, UnauthorizedClient, UnsupportedGrantType
from identity_service.oidc.clients import Client, Clients
from identity_service.oidc.details import REFRESH_TOKEN


class Grant(Protocol):
    """What every grant can do."""

    def redeem(self, request: TokenRequest, client: Client, visitor: Visitor, /) -> Granted:
        """Return tokens for what *client* presents, or raise the protocol's error."""
        ...


@dataclass(frozen=True)
class Token:
    """Answers token requests of clients that have proven who they are; *grants* by their `grant_type`."""

    grants: Mapping[str, Grant]
    clients: Clients
    transaction: Transaction

    def answer(self, client: Client, request: TokenRequest, visitor: Visitor) -> Granted:
        """
        Return what *client* asks for.

        Raises:
            InvalidRequest: a parameter is missing.
            UnsupportedGrantType: there is no such grant here.
            UnauthorizedClient: the client is not registered for it.
            InvalidGrant: the code or refresh token is not good, or not this client's.
            InvalidScope: more than what was granted.
        """
        try:
            grant = self._grant(client, request)
            if client.is_unused:
                self._used(client)
            return grant.redeem(request, client, visitor)
        except ProtocolError as refused:
            refused.detail = f"client {client.client_id}: {refused.detail or refused.message}"
            raise

    def _used(self, client: Client) -> None:
        with self.transaction():
            self.clients.used(client.client_id)

    def _grant(self, client: Client, request: TokenRequest) -> Grant:
        if not request.grant_type:
            raise InvalidRequest("grant_type is missing.")
        grant = self.grants.get(request.grant_type)
        if grant is None:
            raise UnsupportedGrantType
        # Whoever holds a refresh token was given it by us, registered for it or granted offline access.
        if request.grant_type not in (*client.details.grant_types, REFRESH_TOKEN):
            raise UnauthorizedClient
        return grant
