"""
What somebody who is signed in must show again before something that matters: the password, or a sign-in just now.

Law: OWASP ASVS 5.0 7.5.1 (a fresh proof before changes to how one signs in).
"""

from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.passwords import Passwords
from identity_service.accounts.users import Users
from identity_service.flows.outcomes import Active, Transaction, Visitor
from identity_service.foundation.clock import Clock, to_microseconds, to_seconds
from identity_service.foundation.errors import CurrentPasswordWrong, FreshSignInRequired, SignInRequired
from identity_service.moderation.trail import REFUSED, Event, Trail
from identity_service.sessions.registry import Sessions

FRESH = timedelta(minutes=5)
"""How long a sign-in counts as a proof of somebody who has no password to be asked for."""


@dataclass(frozen=True)
class ProveAgain:
    """A fresh proof that it is still the same person."""

    users: Users
    passwords: Passwords
    sessions: Sessions
    trail: Trail
    transaction: Transaction
    clock: Clock

    def with_password(self, current: str, active: Active, visitor: Visitor) -> str | None:
        """
        Return the kept hash of the password, which *current* is; None for somebody who has none to be asked for.

        Raises:
            CurrentPasswordWrong: it is not.
            TooBusy: the queue for password hashing is full.
        """
        known = self.users.credentials(active.person.email)
        kept = known.password_hash if known and known.person.id == active.person.id else None
        if kept is not None and not self.passwords.verify(current, kept).is_right:
            self._refuse(active.person.id, visitor)
            raise CurrentPasswordWrong
        return kept

    def by_sign_in(self, active: Active) -> None:
        """
        Take the sign-in itself for the proof.

        Raises:
            FreshSignInRequired: it is too long ago.
        """
        if to_seconds(self.clock.now()) - active.auth_time > FRESH.total_seconds():
            raise FreshSignInRequired

    def insist_on(self, active: Active) -> None:
        """
        Let the session in which something was asked for not end before the present transaction does.

        While a password was being checked, its owner may have chosen another, or signed out everywhere.

        Raises:
            SignInRequired: it is over.
        """
        if self.sessions.hold(active.session_id, to_microseconds(self.clock.now())) is None:
            raise SignInRequired

    def _refuse(self, user_id: str, visitor: Visitor) -> None:
        where = visitor.address, visitor.request_id
        with self.transaction():
            self.trail.record(Event("password.confirmed", REFUSED, user_id, user_id, *where))
