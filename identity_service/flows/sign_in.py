"""
What happens when somebody signs in with e-mail and password.
"""

from dataclasses import dataclass

from identity_service.accounts.passwords import Checked, Passwords
from identity_service.accounts.users import Credentials, Users
from identity_service.flows.begin_session import BeginSession, Proven
from identity_service.flows.gate import Gate
from identity_service.flows.outcomes import Active, SignedIn, Transaction, Visitor
from identity_service.foundation.errors import Banned, EmailLoginOff, EmailUnverified, WrongCredentials
from identity_service.foundation.opaque import fingerprint
from identity_service.moderation.trail import REFUSED, Event, Trail


@dataclass(frozen=True)
class SignIn:
    """From a password to a session."""

    users: Users
    passwords: Passwords
    begin_session: BeginSession
    gate: Gate
    trail: Trail
    transaction: Transaction
    is_open: bool
    needs_verified_address: bool

    def with_password(self, email: str, password: str, visitor: Visitor, replaces: Active | None = None) -> SignedIn:
        """
        Open a session for whoever has this address and this password.

        The session that the browser had, *replaces*, ends (begin_session).

        Raises:
            EmailLoginOff: ALLOW_EMAIL_LOGIN is off.
            WrongCredentials: an unknown address or a wrong password; the same answer after the same work.
            AccountClosing, EmailUnverified: told only to whoever knows the password.
            Banned: the person is, and whoever asks knows the password; or the visitor's address is.
            TooBusy: the queue for password hashing is full.
        """
        if not self.is_open:
            raise EmailLoginOff
        is_barred = self.gate.bars(visitor)
        known = self.users.credentials(email)
        checked = self.passwords.verify(password, known.password_hash if known else None)
        if known is None or not checked.is_right:
            self._refuse(known, visitor)
            if is_barred:
                # The same answer as to a right password, so that nothing can be guessed from a banned address.
                raise Banned
            raise WrongCredentials(detail=f"address {fingerprint(email)[:12]}")
        try:
            return self._begin(known, checked, visitor, replaces)
        except Banned:
            self._refuse(known, visitor, reason="banned")
            raise

    def _begin(self, known: Credentials, checked: Checked, visitor: Visitor, replaces: Active | None) -> SignedIn:
        with self.transaction():
            if checked.renewed:
                self.users.renew_hash(known.person.id, known.password_hash, checked.renewed)
            begun = self.begin_session.of(Proven(known.person, "pwd", {}), visitor, replaces)
            if self.needs_verified_address and not known.person.email_verified:
                raise EmailUnverified
            if self._is_outdated(known):
                raise WrongCredentials(detail="the password was changed meanwhile")
        return self.begin_session.tokens(begun)

    def _is_outdated(self, proven: Credentials) -> bool:
        """Say whether another password was chosen since the one that was proven: then all sessions have ended, too."""
        present = self.users.credentials(proven.person.email)
        return present is None or present.changed_at != proven.changed_at

    def _refuse(self, known: Credentials | None, visitor: Visitor, **why: str) -> None:
        subject = known.person.id if known else ""
        with self.transaction():
            self.trail.record(Event("signed_in", REFUSED, "", subject, visitor.address, visitor.request_id, why))
