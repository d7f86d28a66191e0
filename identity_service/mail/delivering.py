"""
What every postman does: takes a written-out letter, and says how it went.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

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


class NotTaken(Exception):
    """
    Nobody has taken the letter, and why; `answer` is for the operator.

    With `is_final` it would be the same tomorrow: this recipient, or this letter, is refused.
    """

    def __init__(self, answer: str, *, is_final: bool = False) -> None:
        """Keep both."""
        self.answer = answer
        self.is_final = is_final
        super().__init__(answer)


class Postman(Protocol):
    """Brings letters to whoever brings them on."""

    def send(self, letter: Composed) -> Receipt:
        """
        Hand *letter* over, within a bounded time.

        Raises:
            NotTaken: nobody has taken it.
        """
        ...
