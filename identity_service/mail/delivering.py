"""
What every postman does: takes a written-out letter, and says how it went.

Law: RFC 5891 and Unicode TR 46 (domains).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, Self, TypeAlias

import idna

UNVERIFIED = "not verified"
"""Stands for a certificate that nobody has looked at."""


@dataclass(frozen=True)
class Composed:
    """A letter written out; `id` is the same each time it is sent, so that a mail program may see it is the same."""

    id: str
    to: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    written_at: datetime

    def spelled(self) -> Self:
        """
        Return the letter with the domain of `to` as mail servers look it up.

        Raises:
            NotTaken: there is no such domain.
        """
        local, at, domain = self.to.rpartition("@")
        try:
            return replace(self, to=f"{local}{at}{spelled_domain(domain)}")
        except ValueError as wrong:
            raise NotTaken("The domain of the address is none.", is_final=True) from wrong


@dataclass(frozen=True)
class Receipt:
    """
    Somebody has taken the letter: who, over which encryption ("" for none), and shown by which certificate.

    `certificate` is UNVERIFIED when nobody has looked at it, "" when nobody tells.
    """

    server: str
    encryption: str
    certificate: str


def spelled_domain(domain: str) -> str:
    """
    Return *domain* as mail servers look it up.

    Not with the codec of Python, which Flask-Mail takes: under the older rules that one obeys, straße.example is
    strasse.example, which may be a stranger's.

    Raises:
        ValueError: there is no such domain.
    """
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()


Then: TypeAlias = Callable[[Receipt], None]
"""Is told who has taken a letter."""


class NotTaken(Exception):
    """
    Nobody has taken the letter, and why; `answer` is for the operator.

    With `is_final` it would be the same tomorrow: this recipient, or this letter, is refused. With `concerns_all` the
    next letter would fare no better just now.
    """

    def __init__(self, answer: str, *, is_final: bool = False, concerns_all: bool = False) -> None:
        """Keep all three."""
        self.answer = answer
        self.is_final = is_final
        self.concerns_all = concerns_all
        super().__init__(answer)


class Postman(Protocol):
    """Brings letters to whoever brings them on."""

    def send(self, letter: Composed, then: Then) -> None:
        """
        Hand *letter* over, within a bounded time.

        Args:
            letter: What goes.
            then: Called once it is taken, before anybody takes leave: whoever is killed later sends nothing twice.

        Raises:
            NotTaken: nobody has taken it.
        """
        ...
