"""
What happens when somebody signs in with e-mail and password.
"""

from dataclasses import dataclass

from identity_service.accounts.passwords import LONGEST, Checked, Passwords
from identity_service.accounts.users import Credentials, Users
from identity_service.flows.begin_session import BeginSession, Proven
from identity_service.flows.outcomes import Active, SignedIn, Transaction, Visitor
from identity_service.foundation.errors import AccountClosing, EmailLoginOff, EmailUnverified, WrongCredentials
from identity_service.foundation.opaque import fingerprint
from identity_service.moderation.trail import REFUSED, Event, Trail


@dataclass(frozen=True)
class SignIn:
    """From a password to a session."""

    users: Users
    passwords: Passwords
    begin_session: BeginSession
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
            TooBusy: the queue for password hashing is full.
        """
        if not self.is_open:
            raise EmailLoginOff
        known = self.users.credentials(email)
        checked = self.passwords.verify(password[: LONGEST + 1], known.password_hash if known else None)
        if known is None or not checked.is_right:
            self._refuse(known, visitor)
            raise WrongCredentials(detail=f"address {fingerprint(email)[:12]}")
        if known.person.is_closing:
            raise AccountClosing
        if self.needs_verified_address and not known.person.email_verified:
            raise EmailUnverified
        return self._begin(known, checked, visitor, replaces)

    def _begin(self, known: Credentials, checked: Checked, visitor: Visitor, replaces: Active | None) -> SignedIn:
        with self.transaction():
            if checked.renewed:
                self.users.renew_hash(known.person.id, known.password_hash, checked.renewed)
            begun = self.begin_session.of(Proven(known.person, "pwd", {}), visitor, replaces)
            # Checking takes its time, in which the owner of the address may have claimed the account.
            if not self.users.hold_password(known.person.id):
                raise WrongCredentials(detail="the password went while it was checked")
        return self.begin_session.tokens(begun)

    def _refuse(self, known: Credentials | None, visitor: Visitor) -> None:
        subject = known.person.id if known else ""
        with self.transaction():
            self.trail.record(Event("signed_in", REFUSED, "", subject, visitor.address, visitor.request_id))
