"""
A client presents a refresh token: the ratchet turns, and an old token that comes back ends the client's session.

Law: RFC 6749 §6, RFC 9700 §4.14.2, OpenID Connect Core 1.0 §12.
"""

from dataclasses import dataclass

from identity_service.accounts.users import Users
from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.flows.oidc.issue import IssueForClient, Reach
from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.errors import InvalidGrant, InvalidRequest, InvalidScope
from identity_service.moderation.trail import REFUSED, Event, Trail
from identity_service.oidc.clients import Client
from identity_service.oidc.codes import Codes
from identity_service.oidc.scopes import RequestedClaims
from identity_service.sessions.refresh import Over, Presented, RefreshTokens, Reused
from identity_service.sessions.registry import Sessions


@dataclass(frozen=True)
class RefreshTokenGrant:
    """New tokens for the present refresh token of a client's session."""

    users: Users
    codes: Codes
    sessions: Sessions
    endings: Endings
    refresh_tokens: RefreshTokens
    issue: IssueForClient
    trail: Trail
    clock: Clock
    transaction: Transaction

    def redeem(self, request: TokenRequest, client: Client, visitor: Visitor, /) -> Granted:
        """
        Turn the ratchet of the session that the refresh token belongs to.

        A narrower scope counts for this answer alone; the session keeps what it was granted (RFC 6749 §6).
        The ID token tells of the sign-in long ago: same `sub` and `auth_time`, no nonce, and what was
        asked for by name then (Core §12.2).

        Raises:
            InvalidRequest: there is no refresh token.
            InvalidScope: more than what was granted; the refresh token stays good.
            InvalidGrant: not ours, not this client's, over; or an old one, and then the session is over too.
        """
        if not request.refresh_token:
            raise InvalidRequest("refresh_token is missing.")
        presented = self.refresh_tokens.read(request.refresh_token)
        if presented is None:
            raise InvalidGrant(detail="not one of our refresh tokens, or past its end")
        if request.scope:
            # Before the ratchet turns: a slip of the pen must not cost the client its refresh token.
            self._check_scope(request.scope, presented, client)
        verdict = self.refresh_tokens.rotate(presented, client.client_id)
        if isinstance(verdict, Reused):
            self._sound_alarm(verdict, client, visitor)
            raise InvalidGrant(detail=f"an old refresh token of session {verdict.session_id} came back")
        if isinstance(verdict, Over):
            raise InvalidGrant(detail="the session is over, or another client's")
        person = self.users.by_id(verdict.user_id)
        if person is None or person.is_closing:
            raise InvalidGrant(detail="the person is going or gone")
        requested = RequestedClaims.from_mapping(self.codes.requested_in(verdict.session_id)).id_token
        reach = Reach(_narrowed(verdict.scope, request.scope), requested=requested)
        return self.issue.tokens(client, verdict, person, reach)

    def _check_scope(self, scope: str, presented: Presented, client: Client) -> None:
        now = to_microseconds(self.clock.now())
        session = self.sessions.standing(presented.session_id, now)
        # What another client was granted is nobody's business; of a session that is over the ratchet will tell.
        if session is None or session.client_id != client.client_id:
            raise InvalidGrant(detail="the session is over, or another client's")
        if not set(scope.split()) <= set(session.scope.split()):
            raise InvalidScope("The scope is wider than what was granted.")

    def _sound_alarm(self, reused: Reused, client: Client, visitor: Visitor) -> None:
        # Committed here, before anything is raised: an exception would roll the alarm back with it.
        with self.transaction():
            if self.endings.one(reused.session_id, "reuse"):
                detail = {"session_id": reused.session_id, "user_agent": visitor.user_agent[:256]}
                whence = (visitor.address, visitor.request_id)
                self.trail.record(Event("refresh.reused", REFUSED, client.client_id, reused.user_id, *whence, detail))


def _narrowed(granted: str, asked: str) -> str:
    """Return the part of the *granted* scope that was *asked* for, all of it if nothing was said."""
    wanted = set(asked.split()) or set(granted.split())
    return " ".join(scope for scope in granted.split() if scope in wanted)
