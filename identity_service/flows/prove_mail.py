"""
What happens when an operator asks whether letters arrive: one is sent at once, and what happened is told.
"""

from dataclasses import dataclass

from identity_service.accounts.addresses import NotAnAddress, checked
from identity_service.foundation.clock import Clock
from identity_service.foundation.errors import InvalidInput
from identity_service.foundation.opaque import Chance, object_id
from identity_service.mail.composer import Composer
from identity_service.mail.delivering import UNVERIFIED, NotTaken, Postman, Receipt
from identity_service.mail.letters import Letter

_HERE = ("localhost:", "127.", "[::1]", "::1")
_SET_UP = "Set EMAIL_SERVICE or EMAIL_HOST, and EMAIL_FROM."
_ENCRYPT = "Set EMAIL_ENCRYPTION to starttls or tls; links to new passwords travel in letters."
_TRUST = "Set EMAIL_ALLOW_SELFSIGNED to false; name the authority in OUTBOUND_CA_FILE if it is your own."
_FIXES = {
    "CERTIFICATE_VERIFY_FAILED": "Set EMAIL_ENCRYPTION_HOSTNAME to its name, or OUTBOUND_CA_FILE to who issued it.",
    "STARTTLS": "Set EMAIL_ENCRYPTION to what the server offers, usually tls with port 465 or starttls with port 587.",
    "WRONG_VERSION_NUMBER": "The server does not speak TLS from the start: set EMAIL_ENCRYPTION to starttls.",
    "535": "The server does not accept EMAIL_USERNAME with EMAIL_PASSWORD; many want an app password.",
    "530": "The server wants EMAIL_USERNAME and EMAIL_PASSWORD, or encryption first.",
    "leads nowhere": "EMAIL_HOST is no name that is known here.",
}
_ELSE = "Look at EMAIL_HOST, EMAIL_PORT and EMAIL_ENCRYPTION, and at what the server's own log says."


@dataclass(frozen=True)
class Finding:
    """What a check has found: a stable code, what is the case, and what to do about it ("" when all is well)."""

    code: str
    is_well: bool
    cause: str
    fix: str = ""


@dataclass(frozen=True)
class ProveMail:
    """Sends a letter to the operator; without a *postman* mail is not set up."""

    composer: Composer
    postman: Postman | None
    clock: Clock
    chance: Chance
    locale: str

    def to(self, address: str) -> list[Finding]:
        """
        Send a letter to *address* and return what there is to say about it.

        Raises:
            InvalidInput: it is not one address that mail could be sent to; nothing was sent.
        """
        try:
            address = checked(address)
        except NotAnAddress as wrong:
            raise InvalidInput("One e-mail address is needed, such as ada@example.org.") from wrong
        if self.postman is None:
            return [Finding("mail_off", is_well=False, cause="Mail is not set up.", fix=_SET_UP)]
        now = self.clock.now()
        letter = Letter("test", address, "", self.locale, {})
        receipts: list[Receipt] = []
        try:
            self.postman.send(self.composer.compose(letter, object_id(now, self.chance), now), receipts.append)
        except NotTaken as why:
            cause = f"{why.answer.rstrip('.')}."  # what a server says need not be a sentence, and the cure comes next
            return [Finding("mail_not_taken", is_well=False, cause=cause, fix=_fix(why.answer))]
        return _findings(receipts[0], address)


def _findings(receipt: Receipt, address: str) -> list[Finding]:
    found = [Finding("mail_taken", is_well=True, cause=f"{receipt.server} has taken a letter to {address}.")]
    if not receipt.encryption and not receipt.server.startswith(_HERE):
        return [*found, Finding("mail_in_clear", is_well=False, cause="It was not encrypted.", fix=_ENCRYPT)]
    how = receipt.encryption or "not at all, but it did not leave this machine"
    found.append(Finding("mail_encrypted", is_well=True, cause=f"It was encrypted: {how}."))
    if receipt.certificate == UNVERIFIED:
        return [
            *found,
            Finding("mail_unverified", is_well=False, cause="No certificate was asked for.", fix=_TRUST),
        ]
    if receipt.certificate:
        found.append(Finding("mail_certificate", is_well=True, cause=f"Certificate: {receipt.certificate}."))
    return found


def _fix(answer: str) -> str:
    return next((fix for sign, fix in _FIXES.items() if sign in answer), _ELSE)
