"""
Mints every set of tokens.
"""

from dataclasses import dataclass

from identity_service.accounts.users import Person
from identity_service.flows.outcomes import SignedIn
from identity_service.sessions.access import AccessTokens, Subject
from identity_service.sessions.refresh import Rotated


@dataclass(frozen=True)
class Issue:
    """Tokens for whoever has proven to be somebody."""

    access_tokens: AccessTokens

    def first_party(self, session: Rotated, person: Person, browser: str = "") -> SignedIn:
        """Return a new access token for *person* in *session*, beside the refresh token and the *browser* secret."""
        subject = Subject(
            user_id=person.id,
            session_id=session.session_id,
            client_id=session.client_id,
            scope=session.scope,
            amr=session.amr,
            auth_time=session.auth_time,
            username=person.username,
            email=person.email,
            role=person.role,
            provider=person.provider,
        )
        access_token = self.access_tokens.issue(subject)
        return SignedIn(person, session.session_id, access_token, session.refresh_token, session.expires_at, browser)
