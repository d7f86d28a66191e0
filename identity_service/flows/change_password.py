"""
What happens when somebody who is signed in chooses another password.

Law: OWASP ASVS 5.0 6.2.3 (the present one is asked for), 7.4.3 (other sessions end).
"""

from dataclasses import dataclass

from identity_service.accounts.changes import Changes
from identity_service.accounts.passwords import Passwords
from identity_service.accounts.users import Person
from identity_service.accounts.vouchers import Vouchers
from identity_service.flows.notices import PASSWORD_CHANGED, Notices
from identity_service.flows.outcomes import Active, Transaction, Visitor
from identity_service.flows.prove_again import ProveAgain
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import CurrentPasswordWrong, InvalidInput
from identity_service.moderation.trail import DONE, Event, Trail


@dataclass(frozen=True)
class ChangePassword:
    """Another password, by somebody who knows the present one."""

    changes: Changes
    passwords: Passwords
    prove_again: ProveAgain
    vouchers: Vouchers
    endings: Endings
    notices: Notices
    trail: Trail
    transaction: Transaction

    def to(self, new: str, current: str, active: Active, visitor: Visitor) -> None:
        """
        Replace the password *current* by *new*; every other session of the person ends.

        Somebody who signs in with a provider and has no password gets one, soon after signing in.

        Raises:
            InvalidInput: the new password breaks a rule.
            CurrentPasswordWrong: it is not *current*, or it was changed meanwhile.
            SignInRequired: the session has ended meanwhile.
            FreshSignInRequired: there is no password to ask for, and the sign-in is too long ago.
            TooBusy: the queue for password hashing is full.
        """
        person = active.person
        broken = self.passwords.broken_rule(new, (person.email, person.name, person.username))
        if broken:
            raise InvalidInput(f"password: Password {broken}")
        old = self.prove_again.with_password(current, active, visitor)
        if old is None:
            self.prove_again.by_sign_in(active)
        kept = self.passwords.hash(new)
        with self.transaction():
            is_done = self.changes.replace_password(person.id, old, kept)
            if is_done:
                self.prove_again.insist_on(active)
                self._settle(person, active.session_id, visitor)
        if not is_done:
            raise CurrentPasswordWrong(detail="the password was changed meanwhile")

    def _settle(self, person: Person, session_id: str, visitor: Visitor) -> None:
        self.vouchers.void(person.id)
        ended = self.endings.all(person.id, "password changed", session_id)
        where = visitor.address, visitor.request_id
        self.trail.record(Event("password.changed", DONE, person.id, person.id, *where, {"sessions": str(ended)}))
        self.notices.post(PASSWORD_CHANGED, person, visitor)
