"""
What happens when an application asks who the person is.

Law: OpenID Connect Core 1.0 §5.3, RFC 6750 §3.1 (errors).
Leaves to others: whether the token is alive (flows.verify), which scope tells what (oidc.scopes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from identity_service.flows.oidc.introspect import Verifies
from identity_service.flows.oidc.issue import profile_of
from identity_service.flows.outcomes import Active
from identity_service.foundation import jose
from identity_service.foundation.errors import InsufficientScope, InvalidToken
from identity_service.foundation.jose import Key
from identity_service.oidc.clients import Clients
from identity_service.oidc.codes import Codes
from identity_service.oidc.scopes import OPENID, RequestedClaims, claims_for
from identity_service.sessions.registry import FIRST_PARTY

_TYP = "JWT"

Answered: TypeAlias = Mapping[str, Any] | str
"""Claims, or the same as a signed JWT for a client that wants to be able to show them."""


class SigningKeys(Protocol):
    """What signed answers need of the key ring."""

    def signing(self, algorithm: str) -> Key:
        """Return the key that signs now."""
        ...


@dataclass(frozen=True)
class UserInfo:
    """Tells an application of the person who has let it know, under the name of *issuer*."""

    first_party: Verifies
    for_clients: Verifies
    clients: Clients
    codes: Codes
    keys: SigningKeys
    issuer: str

    def about(self, token: str) -> Answered:
        """
        Return the claims that the scope of *token* covers, and those that were asked for by name (§5.5).

        Raises:
            InvalidToken: it is no access token of a person's, its session is over, or the person is going or gone.
            InsufficientScope: it was not issued for OpenID Connect.
        """
        active = self.for_clients.access_token(token) or self.first_party.access_token(token)
        if active is None:
            raise InvalidToken
        if OPENID not in active.scope.split():
            raise InsufficientScope
        return self._told(active)

    def _told(self, active: Active) -> Answered:
        requested = RequestedClaims.from_mapping(self.codes.requested_in(active.session_id))
        claims = claims_for(profile_of(active.person), active.scope.split(), requested.userinfo)
        if active.client_id == FIRST_PARTY:
            return claims
        client = self.clients.by_id(active.client_id)
        if client is None:
            raise InvalidToken(detail="the client is gone")
        algorithm = client.details.userinfo_signed_response_alg
        if algorithm is None:
            return claims
        signed = {**claims, "iss": self.issuer, "aud": client.client_id}
        return jose.sign(signed, self.keys.signing(algorithm), algorithm=algorithm, typ=_TYP)
