"""
What happens when somebody presents a refresh token.

Law: RFC 9700 §4.14.2. An old token that comes back ends the session: somebody else may hold the new one.
"""

from dataclasses import dataclass

from identity_service.accounts.users import Users
from identity_service.flows.gate import Gate
from identity_service.flows.issue import Issue
from identity_service.flows.notices import REFRESH_REUSED, Notices
from identity_service.flows.outcomes import SignedIn, Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import InvalidRefreshToken, SessionEnded
from identity_service.moderation.trail import REFUSED, Event, Trail
from identity_service.sessions.refresh import Over, RefreshTokens, Reused
from identity_service.sessions.registry import FIRST_PARTY


@dataclass(frozen=True)
class Refresh:
    """A new pair of tokens for the present refresh token."""

    users: Users
    endings: Endings
    refresh_tokens: RefreshTokens
    issue: Issue
    trail: Trail
    gate: Gate
    transaction: Transaction
    notices: Notices

    def renew(self, refresh_token: str, visitor: Visitor) -> SignedIn:
        """
        Turn the ratchet of the session that *refresh_token* belongs to.

        Raises:
            InvalidRefreshToken: not signed by us, or past its end.
            SessionEnded: the session is over, or it is now, because the token was an old one.
            Banned: the person is, which is why it is over; or the address, and the person is not at home there.
        """
        presented = self.refresh_tokens.read(refresh_token)
        if presented is None:
            raise InvalidRefreshToken
        self.gate.admit_at_a_glance(visitor, presented.user_id)
        verdict = self.refresh_tokens.rotate(presented, FIRST_PARTY)
        if isinstance(verdict, Reused):
            self._sound_alarm(verdict, visitor)
            raise SessionEnded(detail=f"an old refresh token of session {verdict.session_id} came back")
        if isinstance(verdict, Over):
            self.gate.admit(visitor, presented.user_id)
            raise SessionEnded
        person = self.users.by_id(verdict.user_id)
        if person is None or person.is_closing:
            raise SessionEnded
        return self.issue.first_party(verdict, person)

    def _sound_alarm(self, reused: Reused, visitor: Visitor) -> None:
        # Committed here, before anything is raised: an exception would roll the alarm back with it.
        with self.transaction():
            if self.endings.one(reused.session_id, "reuse"):
                detail = {"session_id": reused.session_id, "user_agent": visitor.user_agent[:256]}
                self.trail.record(
                    Event("refresh.reused", REFUSED, "", reused.user_id, visitor.address, visitor.request_id, detail)
                )
                person = self.users.by_id(reused.user_id)
                if person is not None:
                    self.notices.post(REFRESH_REUSED, person, visitor)
