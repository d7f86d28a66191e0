"""
Mints every set of tokens with which a client acts for a person.

Law: RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3 and §12.2.
Leaves to others: whether there is a session for them (grants).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from identity_service.accounts.users import Person
from identity_service.flows.oidc.granted import Granted
from identity_service.foundation.clock import to_seconds
from identity_service.oidc.clients import Client
from identity_service.oidc.id_tokens import IDTokens, IDTokenSubject
from identity_service.oidc.scopes import OPENID, ClaimRequest, Profile, claims_for
from identity_service.sessions.access import AccessTokens, Subject
from identity_service.sessions.refresh import Rotated


@dataclass(frozen=True)
class Reach:
    """
    How far one set of tokens reaches.

    Attributes:
        scope: of the access token, with spaces between; at most what the session was granted.

        nonce: of the authorization request that these tokens answer.

        requested: the claims that the client wants in its ID token beside those of the scopes.
    """

    scope: str
    nonce: str | None = None
    requested: Mapping[str, ClaimRequest] = field(default_factory=dict)


@dataclass(frozen=True)
class IssueForClient:
    """Tokens for a client to which a person has said yes; an access token is good for *lifetime*."""

    access_tokens: AccessTokens
    id_tokens: IDTokens
    lifetime: timedelta

    def tokens(self, client: Client, session: Rotated, person: Person, reach: Reach) -> Granted:
        """Return a new access token in *session*, its refresh token, and an ID token if `openid` is in reach."""
        access_token = self.access_tokens.issue(_subject(session, person, reach.scope))
        return Granted(
            access_token=access_token,
            expires_in=int(self.lifetime.total_seconds()),
            scope=reach.scope,
            refresh_token=session.refresh_token,
            id_token=self._id_token(client, session, person, reach, access_token),
        )

    def _id_token(
        self, client: Client, session: Rotated, person: Person, reach: Reach, access_token: str
    ) -> str | None:
        scopes = reach.scope.split()
        if OPENID not in scopes:
            return None
        told = scopes if client.details.claims_in_id_token else ()
        subject = IDTokenSubject(
            user_id=person.id,
            client_id=client.client_id,
            session_id=session.session_id,
            auth_time=session.auth_time,
            amr=session.amr,
            access_token=access_token,
            algorithm=client.details.id_token_signed_response_alg,
            nonce=reach.nonce,
            claims=claims_for(profile_of(person), told, reach.requested),
        )
        return self.id_tokens.issue(subject)


def profile_of(person: Person) -> Profile:
    """Return what clients may be told of *person*, each of it only within a scope."""
    return Profile(
        sub=person.id,
        name=person.name,
        preferred_username=person.username,
        email=person.email,
        email_verified=person.email_verified,
        picture=person.avatar,
        roles=(person.role,),
        updated_at=to_seconds(person.updated_at),
    )


def _subject(session: Rotated, person: Person, scope: str) -> Subject:
    return Subject(
        user_id=person.id,
        session_id=session.session_id,
        client_id=session.client_id,
        scope=scope,
        amr=session.amr,
        auth_time=session.auth_time,
        username=person.username,
        email=person.email,
        role=person.role,
        provider=person.provider,
    )
