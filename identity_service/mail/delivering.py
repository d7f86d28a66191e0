"""
What every postman does: takes a written-out letter, and says how it went.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

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


@dataclass(frozen=True)
class Receipt:
    """
    Somebody has taken the letter: who, over which encryption ("" for none), and shown by which certificate.

    `certificate` is UNVERIFIED when nobody has looked at it, "" when nobody tells.
    """

    server: str
    encryption: str
    certificate: str


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
