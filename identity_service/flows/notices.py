"""
What people are told by letter: links they have asked for, and what happened to their account.

A letter is written in the transaction of what it tells, so neither exists without the other, and no request waits for a
mail server. Where mail is not set up nothing is written.
Whoever causes a letter does not choose its language if the person has: a thief's browser decides nothing.
Law: OWASP ASVS 5.0 6.3.7 (people learn of changes to how they sign in).
Leaves to others: the words (mail.composer), the way to the mail server (deliver_mail).
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from identity_service.accounts.users import Person
from identity_service.accounts.vouchers import LIFE, RESET_PASSWORD, VERIFY_EMAIL
from identity_service.flows.outcomes import Visitor
from identity_service.foundation.clock import Clock
from identity_service.mail.letters import Letter, locale_for

PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a letter
NEW_DEVICE = "new_device"
REFRESH_REUSED = "refresh_reused"
PROVIDER_LINKED = "provider_linked"
PROVIDER_UNLINKED = "provider_unlinked"
ADDRESS_CHANGED = "address_changed"
ADDRESS_CHANGE_ASKED = "address_change_asked"
ADDRESS_CHANGE = "address_change"

VOUCHED = frozenset({VERIFY_EMAIL, RESET_PASSWORD, ADDRESS_CHANGE})
"""Letters whose link carries a voucher, minted with them: they say until when it works, since they may be late."""

MINUTES = "%Y-%m-%d %H:%M UTC"
"""How letters write an instant."""


@dataclass(frozen=True)
class Links:
    """
    The addresses that stand in letters; they come from the settings, and never from what a request says of itself.

    Attributes:
        pages: where our own pages are, DOMAIN_SERVER.
        chat: where the chat application's pages are, DOMAIN_CLIENT.
    """

    pages: str
    chat: str

    def verify(self, token: str, email: str, visitor: Visitor) -> str:
        """Return the link that proves an address, to the pages that the person knows."""
        return f"{self._of(visitor)}/verify?{urlencode({'token': token, 'email': email})}"

    def reset(self, token: str, user_id: str, visitor: Visitor) -> str:
        """Return the link that leads to a new password, to the pages that the person knows."""
        return f"{self._of(visitor)}/reset-password?{urlencode({'token': token, 'userId': user_id})}"

    def page(self, path: str) -> str:
        """Return the address of one of our own pages."""
        return f"{self.pages}{path}"

    def _of(self, visitor: Visitor) -> str:
        return self.pages if visitor.is_on_our_pages else self.chat


@dataclass(frozen=True)
class Notices:
    """
    The one place where letters to people are written; every method wants a transaction that a flow has opened.

    Attributes:
        write: puts a letter into the outbox.
        language_of: the language that a person has chosen, or nothing.
        is_on: whether mail is set up.
        may_reset: whether people may ask for a link to a new password.
        locale: the language of letters when neither a person nor a browser asks for one that we have.
    """

    write: Callable[[Letter], str]
    language_of: Callable[[str], str]
    links: Links
    clock: Clock
    is_on: bool
    may_reset: bool
    locale: str

    def post(self, kind: str, person: Person, visitor: Visitor, *, to: str = "", **facts: str) -> None:
        """Tell *person* what *visitor* did to the account; the letter says what to do if that was somebody else."""
        path = "/forgot-password" if kind == PASSWORD_CHANGED and self.may_reset else "/account"
        self.send(kind, person, visitor, to=to, link=self.links.page(path), **facts)

    def send(self, kind: str, person: Person, visitor: Visitor, *, to: str = "", **facts: str) -> None:
        """Write a letter of this *kind* to *person*, or to the address *to* that the person is about to have."""
        if not self.is_on:
            return
        now = self.clock.now()
        asked = {"device": visitor.user_agent, "address": visitor.address, "time": now.strftime(MINUTES)}
        if kind in VOUCHED:
            asked["until"] = (now + LIFE).strftime(MINUTES)
        locale = locale_for(self.language_of(person.id) or visitor.languages, self.locale)
        self.write(Letter(kind, to or person.email, person.name, locale, {**asked, **facts}))
