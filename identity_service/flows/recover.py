"""
What happens when somebody has forgotten the password: a link goes to the address, and leads to a new one.

Asking tells nobody who has an account here: the wish is written down, and what comes of it is seen in the letter alone.
Law: OWASP ASVS 5.0 6.4.1 to 6.4.3 and 7.4.3, NIST SP 800-63B-4 §4.2.
"""

from dataclasses import asdict, dataclass

from identity_service.accounts.addresses import NotAnAddress, checked
from identity_service.accounts.changes import Changes
from identity_service.accounts.errands import RESET, Errand, Errands
from identity_service.accounts.passwords import Passwords
from identity_service.accounts.profiles import Profiles
from identity_service.accounts.users import LOCAL, Person, Users
from identity_service.accounts.vouchers import RESET_PASSWORD, Voucher, Vouchers
from identity_service.flows.first_proof import FirstProof
from identity_service.flows.gate import Gate
from identity_service.flows.notices import PASSWORD_CHANGED, Notices
from identity_service.flows.outcomes import Recovered, Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import (
    InvalidInput,
    InvalidResetToken,
    LocalAccountRequired,
    PasswordResetOff,
    UserUnknown,
)
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail

_RESET = "password reset"


@dataclass(frozen=True)
class Recover:
    """
    From a forgotten password to a new one.

    Attributes:
        is_open: whether people may ask for a link at all.
        is_unsecured: whether the link goes to whoever asks, for want of mail; on this machine alone.
    """

    users: Users
    changes: Changes
    passwords: Passwords
    vouchers: Vouchers
    errands: Errands
    endings: Endings
    first_proof: FirstProof
    profiles: Profiles
    notices: Notices
    gate: Gate
    trail: Trail
    transaction: Transaction
    is_open: bool
    is_unsecured: bool

    def ask(self, email: str, visitor: Visitor) -> str | None:
        """
        Let a link be sent to *email* if somebody has it; the caller is not told whether.

        Returns:
            None; only where the operator wants links without mail, the link itself.

        Raises:
            PasswordResetOff: ALLOW_PASSWORD_RESET is off, or there is no mail.
            Banned: the visitor's address is.
        """
        if not self.is_open:
            raise PasswordResetOff
        self.gate.admit(visitor)
        if self.is_unsecured:
            return self._unsecured(email, visitor)
        try:
            errand = Errand(RESET, checked(email), "", asdict(visitor))
        except NotAnAddress:
            return None
        with self.transaction():
            self.errands.add(errand)
        return None

    def reset(self, user_id: str, token: str, password: str, visitor: Visitor) -> Recovered:
        """
        Set a new password for whom *token* was sent; every session of theirs ends, and second factors stay.

        Where the link is the first proof of the address, connections and consents end as well (first_proof).
        A link that an operator has handed over is good even while people may not ask for one.

        Raises:
            InvalidResetToken: used, out of date, somebody else's, sent to an address of former days, or never ours.
            PasswordResetOff: the same while people may not ask.
            Banned: the person is, and has shown the link; or the address, and the person is not at home there.
            InvalidInput: the password breaks a rule; the link stays good.
            TooBusy: the queue for password hashing is full; the link stays good.
        """
        voucher = self.vouchers.find(token)
        is_one = voucher is not None and voucher.kind == RESET_PASSWORD and voucher.user_id == user_id
        person = self.users.by_id(user_id) if is_one else None
        if voucher is None or person is None:
            self._refuse(visitor)
            raise (InvalidResetToken if self.is_open else PasswordResetOff)
        self.gate.admit(visitor, person.id)
        broken = self.passwords.broken_rule(password, (person.email, person.name, person.username))
        if broken:
            raise InvalidInput(f"password: Password {broken}")
        kept = self.passwords.hash(password)
        with self.transaction():
            # The person before the link, as with every other change: two who wait, wait in one direction.
            is_good = self.users.seize(person.id) and self.vouchers.claim(voucher) and self._still_reaches(voucher)
            is_done = is_good and self.changes.reset_password(person.id, kept)
            if is_done:
                self._settle(voucher, person, visitor)
        if not is_done:
            raise InvalidResetToken
        return Recovered(person)

    def by_operator(self, email: str) -> str:
        """
        Return a link for the person with this address; the operator hands it over.

        Raises:
            UserUnknown: nobody has the address, or the account is going.
            LocalAccountRequired: the person signs in with a provider, and has no password to forget.
        """
        known = self.users.credentials(email)
        if known is None or known.person.is_closing:
            raise UserUnknown(f'No user found with email "{email}"')
        if known.password_hash is None:
            raise LocalAccountRequired(f"This person signs in with {known.person.provider} and has no password.")
        return self._hand_over(known.person, "operator", Visitor("", "", "", is_on_our_pages=True))

    def _unsecured(self, email: str, visitor: Visitor) -> str | None:
        known = self.users.credentials(email)
        if known is None or known.person.is_closing or known.password_hash is None:
            return None
        return self._hand_over(known.person, "", visitor)

    def _hand_over(self, person: Person, actor: str, visitor: Visitor) -> str:
        where = visitor.address, visitor.request_id
        with self.transaction():
            # Without an address: whoever uses the link has not shown that letters arrive.
            token = self.vouchers.mint(RESET_PASSWORD, person.id, None)
            self.trail.record(Event("password.reset_link_shown", DONE, actor, person.id, *where))
        return self.notices.links.reset(token, person.id, visitor)

    def _still_reaches(self, voucher: Voucher) -> bool:
        """Say whether the link was handed over, or sent to what still is the person's address, which that proves."""
        return voucher.email is None or self.changes.verify_address(voucher.user_id, voucher.email)

    def _settle(self, voucher: Voucher, person: Person, visitor: Visitor) -> None:
        if voucher.email is not None and not person.email_verified:
            told = self.first_proof.clear(person.id, _RESET)
            self.profiles.comes_from(person.id, person.provider, LOCAL)
        else:
            self.vouchers.void(person.id)
            told = {"sessions": str(self.endings.all(person.id, _RESET))}
        where = visitor.address, visitor.request_id
        self.trail.record(Event("password.reset", DONE, "", person.id, *where, told))
        self.notices.post(PASSWORD_CHANGED, person, visitor)

    def _refuse(self, visitor: Visitor) -> None:
        with self.transaction():
            self.trail.record(Event("password.reset", REFUSED, "", "", visitor.address, visitor.request_id))
