"""
What happens when somebody signs out: this device, another device, or all of them.
"""

from dataclasses import dataclass

from identity_service.flows.outcomes import Active, Transaction, Visitor
from identity_service.foundation.errors import SessionUnknown
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.sessions.refresh import RefreshTokens
from identity_service.sessions.registry import Sessions


@dataclass(frozen=True)
class SignOut:
    """The end of sessions, by those whose they are."""

    sessions: Sessions
    refresh_tokens: RefreshTokens
    trail: Trail
    transaction: Transaction

    def by_refresh_token(self, refresh_token: str, visitor: Visitor) -> bool:
        """
        End exactly the session that *refresh_token* belongs to; one that is over already stays over.

        Returns:
            False if it is not one of our refresh tokens, or past its end.
        """
        presented = self.refresh_tokens.read(refresh_token)
        if presented is None:
            return False
        self._end(presented.session_id, presented.user_id, visitor)
        return True

    def by_access_token(self, active: Active, visitor: Visitor) -> None:
        """End exactly the session that an access token stands for."""
        self._end(active.session_id, active.person.id, visitor)

    def device(self, active: Active, session_id: str, visitor: Visitor) -> None:
        """
        End one of the person's own sessions.

        Raises:
            SessionUnknown: it is somebody else's, or it has ended; the two are not told apart.
        """
        if not self._end(session_id, active.person.id, visitor):
            raise SessionUnknown

    def everywhere(self, active: Active, visitor: Visitor, *, but_here: bool) -> int:
        """End all sessions of the person, sparing the present one if *but_here*; return how many ended."""
        with self.transaction():
            ended = self.sessions.end_all(active.person.id, "signed out", active.session_id if but_here else None)
            self._record(active.person.id, visitor, {"sessions": str(ended)})
        return ended

    def _end(self, session_id: str, user_id: str, visitor: Visitor) -> bool:
        with self.transaction():
            has_ended = self.sessions.end_own(session_id, user_id, "signed out")
            if has_ended:
                self._record(user_id, visitor, {"session_id": session_id})
        return has_ended

    def _record(self, user_id: str, visitor: Visitor, detail: dict[str, str]) -> None:
        self.trail.record(Event("signed_out", DONE, user_id, user_id, visitor.address, visitor.request_id, detail))
