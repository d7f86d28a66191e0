"""
What happens when a back end asks what a token is good for.

Tokens are of three kinds, each with an audience of its own, so none is ever taken for another: of our own pages, of
clients on behalf of a person, of clients for themselves.
Law: RFC 7662 §2.2 and §4 (who is not entitled learns nothing but that), RFC 9068 §5.
Leaves to others: who asks (client_auth), whether a person's token is alive (flows.verify).
"""

from dataclasses import dataclass, replace
from typing import Protocol

from identity_service.flows.outcomes import Active, ActiveClient
from identity_service.oidc.client_auth import SpentTokens, access_token_of
from identity_service.oidc.clients import Client, Clients
from identity_service.sessions.client_access import ClientAccessTokens

_SCOPE_OF = {"username": "profile", "email": "email", "role": "roles"}


class Verifies(Protocol):
    """Says whom an access token stands for."""

    def access_token(self, token: str) -> Active | None:
        """Return who that is, or None."""
        ...


@dataclass(frozen=True)
class Introspect:
    """Tells a client of a token, if it may know; clients' own tokens are for *audience*."""

    first_party: Verifies
    for_clients: Verifies
    own_tokens: ClientAccessTokens
    clients: Clients
    spent: SpentTokens
    audience: str

    def of(self, token: str, client: Client) -> Active | ActiveClient | None:
        """
        Return what *token* stands for right now.

        None if it stands for nothing, and also if *client* may only ask about tokens that were issued to itself and
        this one was not: the two are not told apart. Of the person behind its own it learns what the scope covers.
        """
        active = self.first_party.access_token(token) or self.for_clients.access_token(token) or self._own(token)
        if active is None or client.details.may_introspect:
            return active
        if active.client_id != client.client_id:
            return None
        return _within_scope(active) if isinstance(active, Active) else active

    def _own(self, token: str) -> ActiveClient | None:
        claims = self.own_tokens.read(token)
        if claims is None or self.clients.by_id(claims.client_id) is None:
            return None
        if self.spent.is_spent(access_token_of(claims.client_id, claims.jti, claims.expires_at)):
            return None
        return ActiveClient(claims.client_id, claims.scope, claims.issued_at, claims.expires_at, self.audience)


def _within_scope(active: Active) -> Active:
    granted = active.scope.split()
    return replace(active, hidden=tuple(name for name, scope in _SCOPE_OF.items() if scope not in granted))
