"""
What becomes of a letter that somebody has asked for: only now it is looked up whom it concerns.

Whoever asked has had the answer already, so what is found here, and how long that takes, shows nowhere.
Leaves to others: asking (sign_up, verify_address, recover, change_address), and the way to the mail server.
"""

from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.errands import CHANGE, RESET, SIGN_UP, VERIFY, Errand, Errands
from identity_service.accounts.users import Credentials, Person, Users
from identity_service.accounts.vouchers import CHANGE_EMAIL, RESET_PASSWORD, VERIFY_EMAIL, Vouchers
from identity_service.flows.notices import ADDRESS_CHANGE, ADDRESS_CHANGE_ASKED, Notices
from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.mail.letters import masked
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail

_BATCH = 50
_MOST_ATTEMPTS = 5
_SIGN_UP_AGAIN = "sign_up_again"
_SIGN_IN_ELSEWHERE = "sign_in_elsewhere"


@dataclass(frozen=True)
class RunErrands:
    """Writes the letters that are asked for, to those whom they concern."""

    users: Users
    errands: Errands
    vouchers: Vouchers
    notices: Notices
    trail: Trail
    transaction: Transaction

    def run_due(self) -> timedelta | None:
        """Run every errand whose time has come; a task of foundation.rounds."""
        while self.errands.due():
            with self.transaction():
                taken = self.errands.take(_BATCH)
            for errand in taken:
                self._run(errand)
        return None

    def _run(self, errand: Errand) -> None:
        with self.transaction():
            if errand.attempts > _MOST_ATTEMPTS:
                self.errands.give_up(errand)
            # Whoever was so slow that another took the errand finds it gone.
            elif self.errands.finish(errand):
                steps = {SIGN_UP: self._signed_up, VERIFY: self._verify, RESET: self._reset, CHANGE: self._change}
                steps[errand.kind](errand, Visitor(**errand.asked_by))

    def _signed_up(self, errand: Errand, visitor: Visitor) -> None:
        known = self._open_account(errand.email)
        if known is None:
            return
        if known.person.id == errand.user_id:
            self._send_verification(known.person, visitor)
        else:
            self.notices.send(_SIGN_UP_AGAIN, known.person, visitor, link=self.notices.links.page("/login"))

    def _verify(self, errand: Errand, visitor: Visitor) -> None:
        known = self._open_account(errand.email)
        if known is not None and not known.person.email_verified:
            self._send_verification(known.person, visitor)

    def _send_verification(self, person: Person, visitor: Visitor) -> None:
        token = self.vouchers.mint(VERIFY_EMAIL, person.id, person.email)
        link = self.notices.links.verify(token, person.email, visitor)
        self.notices.send(VERIFY_EMAIL, person, visitor, link=link)

    def _reset(self, errand: Errand, visitor: Visitor) -> None:
        known = self._open_account(errand.email)
        self._record("password.reset_requested", known, visitor)
        if known is None:
            return
        person, links = known.person, self.notices.links
        if known.password_hash is None:
            # A letter never makes a password account of one that signs in with a provider.
            told = {"provider": person.provider, "link": links.page("/login")}
            self.notices.send(_SIGN_IN_ELSEWHERE, person, visitor, **told)
            return
        token = self.vouchers.mint(RESET_PASSWORD, person.id, person.email)
        self.notices.send(RESET_PASSWORD, person, visitor, link=links.reset(token, person.id, visitor))

    def _change(self, errand: Errand, visitor: Visitor) -> None:
        person = self.users.by_id(errand.user_id)
        if person is None or not self.users.hold(person.id):
            return
        self.notices.post(ADDRESS_CHANGE_ASKED, person, visitor, new_address=masked(errand.email))
        taken = self._open_account(errand.email)
        if taken is not None:
            # Who asked hears nothing of it; who has the address does.
            self.notices.send(_SIGN_UP_AGAIN, taken.person, visitor, link=self.notices.links.page("/login"))
            return
        token = self.vouchers.mint(CHANGE_EMAIL, person.id, errand.email)
        link = self.notices.links.verify(token, errand.email, visitor)
        told = {"link": link, "new_address": errand.email}
        self.notices.send(ADDRESS_CHANGE, person, visitor, to=errand.email, **told)

    def _open_account(self, email: str) -> Credentials | None:
        known = self.users.credentials(email)
        return known if known and self.users.hold(known.person.id) else None

    def _record(self, what: str, known: Credentials | None, visitor: Visitor) -> None:
        outcome, subject = (DONE, known.person.id) if known else (REFUSED, "")
        self.trail.record(Event(what, outcome, "", subject, visitor.address, visitor.request_id))
