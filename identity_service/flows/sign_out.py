"""
What happens when somebody signs out: this device, another device, or all of them; and who is told.

Law: OpenID Connect Back-Channel Logout 1.0 §2.7 (what ends with a session, and what lives on).
"""

from collections.abc import Callable
from dataclasses import dataclass

from identity_service.accounts.users import Users
from identity_service.flows.outcomes import Active, Transaction, Visitor
from identity_service.foundation.errors import SessionUnknown, UserUnknown
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.codes import Codes
from identity_service.oidc.logout_deliveries import EndedAtClient, LogoutDeliveries
from identity_service.sessions.refresh import RefreshTokens
from identity_service.sessions.registry import FIRST_PARTY, Ended, Sessions


@dataclass(frozen=True)
class Endings:
    """
    The one place where sessions end: their clients are remembered in the same transaction and told after it.

    Every method wants a transaction that a flow has opened, and returns how many sessions ended.
    """

    sessions: Sessions
    codes: Codes
    deliveries: LogoutDeliveries
    after_commit: Callable[[Callable[[], None]], None]
    deliver: Callable[[], None]

    def one(self, session_id: str, because: str) -> int:
        """End one session and those below it."""
        return self._told(self.sessions.end(session_id, because))

    def own(self, session_id: str, user_id: str, because: str, client_id: str | None = None) -> int:
        """End one session of this person, with this client if one is named, and those below it."""
        return self._told(self.sessions.end_own(session_id, user_id, because, client_id))

    def all(self, user_id: str, because: str, spare: str | None = None) -> int:
        """End every session of a person but *spare* and those below it."""
        return self._told(self.sessions.end_all(user_id, because, spare))

    def of_client(self, client_id: str, because: str, user_id: str | None = None) -> int:
        """End every session of a client, or only those that one person has with it."""
        return self._told(self.sessions.end_of_client(client_id, because, user_id))

    def hand_on(self, user_id: str, old_session_id: str, new_session_id: str) -> None:
        """
        Let what stands below a person's browser session stand below its successor, so that it outlives it.

        Below one that has ended meanwhile, nothing does.
        """
        # The codes first: what one of them has just produced is a session to be handed on.
        self.codes.hand_on(user_id, old_session_id, new_session_id)
        if not self.sessions.adopt(old_session_id, new_session_id):
            self.codes.hand_on(user_id, new_session_id, old_session_id)

    def _told(self, ended: list[Ended]) -> int:
        # Who has offline access keeps it, and learns all the same that the person has left (Back-Channel Logout §2.7).
        concerned = [*ended, *self.sessions.offline_below(ended)]
        over = [EndedAtClient(session.id, session.client_id, session.user_id) for session in concerned]
        if self.deliveries.announce(over):
            self.after_commit(self.deliver)
        return len(ended)


@dataclass(frozen=True)
class SignOut:
    """The end of sessions, by those whose they are, and by the operator."""

    users: Users
    endings: Endings
    refresh_tokens: RefreshTokens
    trail: Trail
    transaction: Transaction

    def by_refresh_token(self, refresh_token: str, visitor: Visitor) -> bool:
        """
        End exactly the session that *refresh_token* belongs to; one that is over already stays over.

        An application's is left alone: its tokens are no business of a browser's.

        Returns:
            False if nothing ended: the session is over, or this is no refresh token that we gave a browser.
        """
        presented = self.refresh_tokens.read(refresh_token)
        return presented is not None and self._end(presented.session_id, presented.user_id, visitor, FIRST_PARTY)

    def by_access_token(self, active: Active, visitor: Visitor) -> None:
        """End exactly the session that an access token or a browser stands for."""
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
            ended = self.endings.all(active.person.id, "signed out", active.session_id if but_here else None)
            self._record(active.person.id, visitor, {"sessions": str(ended)})
        return ended

    def by_operator(self, email: str) -> int:
        """
        End all sessions of a person, with every application; return how many ended.

        Raises:
            UserUnknown: nobody has the address.
        """
        person = self.users.by_email(email)
        if person is None:
            raise UserUnknown
        with self.transaction():
            ended = self.endings.all(person.id, "revoked")
            self.trail.record(Event("sessions.revoked", DONE, "operator", person.id, detail={"sessions": str(ended)}))
        return ended

    def _end(self, session_id: str, user_id: str, visitor: Visitor, client_id: str | None = None) -> bool:
        with self.transaction():
            ended = self.endings.own(session_id, user_id, "signed out", client_id)
            if ended:
                self._record(user_id, visitor, {"session_id": session_id})
        return ended > 0

    def _record(self, user_id: str, visitor: Visitor, detail: dict[str, str]) -> None:
        self.trail.record(Event("signed_out", DONE, user_id, user_id, visitor.address, visitor.request_id, detail))
