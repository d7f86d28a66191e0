"""
What happens when somebody proves that letters reach them: after signing up, and before a new address counts.

Following a link changes nothing, because mail programs and virus scanners follow links too; a form has to be sent.
Law: OWASP ASVS 5.0 6.5.1 (single use), 6.3.7 (people are told).
"""

from dataclasses import asdict, dataclass

from identity_service.accounts.addresses import NotAnAddress, canonical, checked
from identity_service.accounts.changes import Changes
from identity_service.accounts.errands import VERIFY, Errand, Errands
from identity_service.accounts.users import Person, Users
from identity_service.accounts.vouchers import CHANGE_EMAIL, VERIFY_EMAIL, Voucher, Vouchers
from identity_service.flows.notices import ADDRESS_CHANGED, Notices
from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.foundation.errors import AddressTaken, InvalidVerificationToken
from identity_service.mail.letters import masked
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail


@dataclass(frozen=True)
class VerifyAddress:
    """From a link in a letter to an address that counts."""

    users: Users
    changes: Changes
    vouchers: Vouchers
    errands: Errands
    notices: Notices
    trail: Trail
    transaction: Transaction

    def send_again(self, email: str, visitor: Visitor) -> None:
        """Let another letter be written to *email* if it waits for verification; the caller is not told whether."""
        try:
            errand = Errand(VERIFY, checked(email), "", asdict(visitor))
        except NotAnAddress:
            return
        if self.notices.is_on:
            with self.transaction():
                self.errands.add(errand)

    def confirm(self, email: str, token: str, visitor: Visitor) -> None:
        """
        Let *email* count, once, for whom *token* was sent there.

        Raises:
            InvalidVerificationToken: used, out of date, for another address, or never ours.
        """
        voucher = self.vouchers.find(token)
        person = self.users.by_id(voucher.user_id) if voucher and _was_sent_to(voucher, email) else None
        if voucher is None or person is None:
            self._refuse(visitor)
            raise InvalidVerificationToken
        try:
            with self.transaction():
                # The person before the link, as with every other change: two who wait, wait in one direction.
                is_good = self.users.seize(person.id) and self.vouchers.claim(voucher)
                is_done = is_good and self._settle(voucher, person, visitor)
        except AddressTaken as taken:
            raise InvalidVerificationToken(detail="somebody else has the address by now") from taken
        if not is_done:
            raise InvalidVerificationToken

    def _settle(self, voucher: Voucher, person: Person, visitor: Visitor) -> bool:
        email = str(voucher.email)
        where = visitor.address, visitor.request_id
        if voucher.kind == VERIFY_EMAIL:
            is_done = self.changes.verify_address(person.id, email)
            if is_done:
                self.trail.record(Event("address.verified", DONE, person.id, person.id, *where))
            return is_done
        is_done = self.changes.change_address(person.id, person.email, email)
        if is_done:
            self.vouchers.void(person.id)
            self.trail.record(Event("address.changed", DONE, person.id, person.id, *where))
            # Neither letter may lead to the other address: one of the two may be a stranger's.
            told = {"old_address": masked(person.email), "new_address": masked(email)}
            for to in (person.email, email):
                self.notices.post(ADDRESS_CHANGED, person, visitor, to=to, **told)
        return is_done

    def _refuse(self, visitor: Visitor) -> None:
        with self.transaction():
            self.trail.record(Event("address.verified", REFUSED, "", "", visitor.address, visitor.request_id))


def _was_sent_to(voucher: Voucher, email: str) -> bool:
    try:
        is_same = voucher.email is not None and canonical(voucher.email) == canonical(email)
    except NotAnAddress:
        return False
    return is_same and voucher.kind in (VERIFY_EMAIL, CHANGE_EMAIL)
