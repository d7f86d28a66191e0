"""
What happens when somebody who is signed in wants letters to go to another address.

The new address counts when the link in the letter to it has been used (verify_address); the present one is told at
once, and both are told afterwards. Whether somebody else has the new address, the person who asks does not learn.
Source of the words: LibreChat, change of e-mail.
"""

from dataclasses import asdict, dataclass

from identity_service.accounts.addresses import NotAnAddress, canonical, checked_within
from identity_service.accounts.errands import CHANGE, Errand, Errands
from identity_service.flows.outcomes import Active, Transaction, Visitor
from identity_service.flows.prove_again import ProveAgain
from identity_service.foundation.errors import (
    EmailChangeOff,
    InvalidInput,
    LocalAccountRequired,
    MailNotConfigured,
    SameAddress,
)
from identity_service.moderation.trail import DONE, Event, Trail


@dataclass(frozen=True)
class ChangeAddress:
    """
    Another address, by somebody who knows the password.

    Attributes:
        is_open: ALLOW_EMAIL_CHANGE.
        has_mail: whether mail is set up.
        allowed_domains: where addresses may be; everywhere if there are none.
    """

    errands: Errands
    prove_again: ProveAgain
    trail: Trail
    transaction: Transaction
    is_open: bool
    has_mail: bool
    allowed_domains: frozenset[str]

    def ask(self, typed: str, current: str, active: Active, visitor: Visitor) -> None:
        """
        Let letters be written to the address *typed*, which is to be the new one, and to the present one.

        Raises:
            EmailChangeOff: ALLOW_EMAIL_CHANGE is off.
            MailNotConfigured: there is no mail to send the link with.
            InvalidInput: it is no address.
            AddressNotAllowed: the domain is not on the operator's list.
            SameAddress: it is the present address in whatever spelling.
            LocalAccountRequired: the account belongs to a provider, and has no password.
            CurrentPasswordWrong: the password is not *current*.
            SignInRequired: the session has ended meanwhile.
            TooBusy: the queue for password hashing is full.
        """
        if not self.is_open:
            raise EmailChangeOff
        if not self.has_mail:
            raise MailNotConfigured
        email, person = self._address(typed), active.person
        if canonical(email) == canonical(person.email):
            raise SameAddress
        if self.prove_again.with_password(current, active, visitor) is None:
            raise LocalAccountRequired
        with self.transaction():
            self.prove_again.insist_on(active)
            self.errands.add(Errand(CHANGE, email, person.id, asdict(visitor)))
            where = visitor.address, visitor.request_id
            self.trail.record(Event("address.change_asked", DONE, person.id, person.id, *where))

    def _address(self, typed: str) -> str:
        try:
            return checked_within(typed, self.allowed_domains)
        except NotAnAddress as wrong:
            raise InvalidInput("newEmail: Invalid email") from wrong
