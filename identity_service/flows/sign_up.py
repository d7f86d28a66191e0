"""
What happens when somebody signs up with e-mail and password.

A stranger learns nothing about who is here: a new address and a known one get the same answer
after the same work; what there is to say goes by letter to whoever has the address.
"""

from dataclasses import asdict, dataclass

from identity_service.accounts.addresses import NotAnAddress, checked_within
from identity_service.accounts.errands import SIGN_UP, Errand, Errands
from identity_service.accounts.passwords import Passwords
from identity_service.accounts.users import NewPerson, Users
from identity_service.flows.gate import Gate
from identity_service.flows.outcomes import Registration, Transaction, Visitor
from identity_service.foundation.errors import InvalidInput, RegistrationClosed
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail


@dataclass(frozen=True)
class SignUp:
    """A new account, and never a second one for the same address."""

    users: Users
    passwords: Passwords
    trail: Trail
    gate: Gate
    transaction: Transaction
    is_open: bool
    allowed_domains: frozenset[str]
    errands: Errands
    has_mail: bool

    def with_password(self, wanted: Registration, visitor: Visitor) -> None:
        """
        Add the account unless the address is taken; the caller is not told which.

        Raises:
            RegistrationClosed: ALLOW_REGISTRATION is off.
            Banned: the visitor's address is.
            InvalidInput: no address, or a password that breaks a rule.
            AddressNotAllowed: the domain is not on the operator's list.
            TooBusy: the queue for password hashing is full.
        """
        if not self.is_open:
            raise RegistrationClosed
        self.gate.admit(visitor)
        email = self._address(wanted.email)
        broken = self.passwords.broken_rule(wanted.password, (email, wanted.name, wanted.username))
        if broken:
            raise InvalidInput(f"password: Password {broken}")
        new = NewPerson(email, wanted.name, wanted.username, self.passwords.hash(wanted.password))
        with self.transaction():
            person = self.users.add(new)
            outcome, subject = (DONE, person.id) if person else (REFUSED, "")
            self.trail.record(Event("account.created", outcome, subject, subject, visitor.address, visitor.request_id))
            if self.has_mail:
                self.errands.add(Errand(SIGN_UP, email, subject, asdict(visitor)))

    def _address(self, typed: str) -> str:
        try:
            return checked_within(typed, self.allowed_domains)
        except NotAnAddress as wrong:
            raise InvalidInput("email: Invalid email") from wrong
