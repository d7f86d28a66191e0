"""
What happens when somebody signs in with e-mail and password.
"""

from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.passwords import LONGEST, Checked, Passwords
from identity_service.accounts.users import Credentials, Users
from identity_service.flows.issue import Issue
from identity_service.flows.outcomes import Active, SignedIn, Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import AccountClosing, EmailLoginOff, EmailUnverified, WrongCredentials
from identity_service.foundation.opaque import Chance, fingerprint, mint
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail
from identity_service.sessions.refresh import Opening, RefreshTokens
from identity_service.sessions.registry import FIRST_PARTY

SCOPE = "openid profile email"
"""What a first-party access token may be used for."""


@dataclass(frozen=True)
class SignIn:
    """From a password to a session."""

    users: Users
    passwords: Passwords
    refresh_tokens: RefreshTokens
    endings: Endings
    issue: Issue
    trail: Trail
    transaction: Transaction
    is_open: bool
    needs_verified_address: bool
    lifetime: timedelta
    chance: Chance

    def with_password(self, email: str, password: str, visitor: Visitor, replaces: Active | None = None) -> SignedIn:
        """
        Open a session for whoever has this address and this password.

        The session that the browser had, *replaces*, ends: with everything below it if it was another person's, and
        handing that on if it was the same person's (OWASP ASVS 5.0 7.2.4).

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
            self._record(REFUSED, known, visitor)
            raise WrongCredentials(detail=f"address {fingerprint(email)[:12]}")
        if known.person.is_closing:
            raise AccountClosing
        if self.needs_verified_address and not known.person.email_verified:
            raise EmailUnverified
        return self._open(known, checked, visitor, replaces)

    def _open(self, known: Credentials, checked: Checked, visitor: Visitor, replaces: Active | None) -> SignedIn:
        browser = mint(self.chance)
        person = known.person
        opening = Opening(
            person.id,
            FIRST_PARTY,
            SCOPE,
            "pwd",
            visitor.user_agent,
            visitor.address,
            self.lifetime,
            browser.fingerprint,
        )
        with self.transaction():
            if checked.renewed:
                self.users.renew_hash(known.person.id, known.password_hash, checked.renewed)
            if not self.users.hold(known.person.id):
                # The account began to go while the password was being checked.
                raise AccountClosing
            session = self.refresh_tokens.begin(opening)
            if replaces is not None:
                self._replace(replaces, person.id, session.session_id)
            self._record(DONE, known, visitor)
        return self.issue.first_party(session, person, browser.plain)

    def _replace(self, old: Active, user_id: str, session_id: str) -> None:
        if old.person.id == user_id:
            self.endings.hand_on(old.session_id, session_id)
        self.endings.one(old.session_id, "replaced")

    def _record(self, outcome: str, known: Credentials | None, visitor: Visitor) -> None:
        subject = known.person.id if known else ""
        actor = subject if outcome == DONE else ""
        with self.transaction():
            self.trail.record(Event("signed_in", outcome, actor, subject, visitor.address, visitor.request_id))
