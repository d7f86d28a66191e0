"""
What happens when a client has to prove who it is.

Every refusal is the same answer: an unknown client, a wrong secret, the wrong method and a worn-out assertion are
not told apart.
Law: RFC 6749 §2.3 and §3.2.1, RFC 7523 §3, OpenID Connect Core 1.0 §9, RFC 7662 §2.1 (who may introspect).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from identity_service.flows.outcomes import Transaction
from identity_service.foundation.clock import Clock, to_seconds
from identity_service.foundation.errors import InsufficientScope, InvalidClient, InvalidRequest, InvalidToken
from identity_service.oidc.client_auth import (
    ONE_WAY,
    PRIVATE_KEY_JWT,
    ByAssertion,
    ByName,
    BySecret,
    ByToken,
    Shown,
    SpentTokens,
    access_token_of,
    assertion_of,
    shown,
)
from identity_service.oidc.clients import Client, Clients
from identity_service.sessions.client_access import ClientAccessTokens


@dataclass(frozen=True)
class ClientAuth:
    """Says which client a request comes from."""

    clients: Clients
    spent: SpentTokens
    own_tokens: ClientAccessTokens
    issuer: str
    clock: Clock
    transaction: Transaction

    def prove(self, authorization: str, form: Mapping[str, str]) -> Client:
        """
        Return the client that makes itself known, in the way that it is registered for; a public one says its name.

        Args:
            authorization: the header, empty if there is none.
            form: `client_id`, `client_secret`, `client_assertion` and `client_assertion_type`, as far as they came.

        Raises:
            InvalidRequest: it shows two things at once, or two names.
            InvalidClient: it is not who it says it is.
        """
        way = shown(authorization, form)
        client = self._known_by(way)
        if client is None:
            raise InvalidClient(detail=f"{type(way).__name__}, {self._named(way)}")
        return client

    def prove_confidential(self, authorization: str, form: Mapping[str, str]) -> Client:
        """
        Return the client that has really proven itself; a name alone is not enough.

        Raises:
            InvalidRequest: as `prove`.
            InvalidClient: as `prove`, and for a public client.
        """
        client = self.prove(authorization, form)
        if not client.is_confidential:
            raise InvalidClient(detail="a public client")
        return client

    def prove_caller(self, authorization: str, form: Mapping[str, str]) -> Client:
        """
        Return the back end that asks: as `prove_confidential`, or by an access token that it got for itself.

        Raises:
            InvalidRequest: as `prove`.
            InvalidClient: as `prove_confidential`.
            InvalidToken: it shows an access token, but not a good one of its own.
        """
        way = shown(authorization, form)
        if not isinstance(way, ByToken):
            return self.prove_confidential(authorization, form)
        client = self._by_token(way)
        if way.client_id and way.client_id != client.client_id:
            raise InvalidRequest(ONE_WAY)
        return client

    def prove_scope(self, authorization: str, scope: str) -> Client:
        """
        Return the back end that asks, if it may do what *scope* stands for: the client, and the token that it shows.

        Raises:
            InvalidRequest, InvalidClient, InvalidToken: as `prove_caller`.
            InsufficientScope: it is registered for less, or its token is good for less.
        """
        client = self.prove_caller(authorization, {})
        way = shown(authorization, {})
        claims = self.own_tokens.read(way.token) if isinstance(way, ByToken) else None
        if scope not in client.details.scope.split() or (claims is not None and scope not in claims.scope.split()):
            raise InsufficientScope
        return client

    def _known_by(self, way: Shown) -> Client | None:
        match way:
            case BySecret():
                return self._by_secret(way)
            case ByAssertion():
                return self._by_assertion(way)
            case ByName():
                return self._by_name(way)
        return None

    def _named(self, way: Shown) -> str:
        # A name that nobody has may be a secret in the wrong place.
        return f"client {way.client_id}" if self.clients.by_id(way.client_id) else "no client of ours"

    def _by_secret(self, way: BySecret) -> Client | None:
        client = self.clients.prove(way.client_id, way.client_secret)
        # A secret of former days is worth nothing to a client that has been given another method since.
        return client if client is not None and client.has_secret else None

    def _by_assertion(self, way: ByAssertion) -> Client | None:
        client = self.clients.by_id(way.client_id)
        if client is None or client.details.token_endpoint_auth_method != PRIVATE_KEY_JWT:
            return None
        good = assertion_of(client, way.assertion, self.issuer, to_seconds(self.clock.now()))
        if good is None:
            return None
        # Committed here: whatever becomes of the request, this assertion does not come again.
        with self.transaction():
            is_first_use = self.spent.spend(good)
        return client if is_first_use else None

    def _by_name(self, way: ByName) -> Client | None:
        client = self.clients.by_id(way.client_id)
        return client if client is not None and not client.is_confidential else None

    def _by_token(self, way: ByToken) -> Client:
        claims = self.own_tokens.read(way.token)
        client = self.clients.by_id(claims.client_id) if claims else None
        if claims is None or client is None or not client.is_confidential:
            raise InvalidToken
        if self.spent.is_spent(access_token_of(claims.client_id, claims.jti, claims.expires_at)):
            raise InvalidToken(detail="revoked")
        return client
