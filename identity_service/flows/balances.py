"""
What an operator sees and does with balances, which are the chat application's.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from identity_service.chat.bridge import Chat, Holder
from identity_service.foundation.clock import Clock
from identity_service.foundation.errors import InvalidInput, UserUnknown


@dataclass(frozen=True)
class Changed:
    """A balance before and after; `before` None for none, or for what the holder's `odd` was."""

    holder: Holder
    before: float | None
    after: float


@dataclass(frozen=True)
class Balances:
    """
    Balances of the chat application's people.

    Each raises Misconfigured without a chat application, ChatUnavailable when it does not answer.
    """

    chat: Chat
    clock: Clock

    def all(self) -> Iterator[Holder]:
        """Yield everybody with their balance, in the order of their ids."""
        return self.chat.holders()

    def find(self, email: str) -> Holder:
        """
        Return whoever has this address in the chat application.

        Raises:
            UserUnknown: nobody has it.
        """
        holder = self.chat.holder(email)
        if holder is None:
            raise UserUnknown
        return holder

    def add(self, holder: Holder, amount: float) -> Changed:
        """
        Add *amount* credits, or take them away down to nothing.

        Raises:
            InvalidInput: no number, nothing that it could be added to, or more in all than a number can say.
        """
        _counted(amount)
        _payable(holder)
        if holder.odd is not None:
            raise InvalidInput(f"The balance is not a number: {holder.odd}. Say what it shall be with set-balance.")
        if not math.isfinite((holder.credits or 0) + amount):
            raise InvalidInput("That is more than a balance can be.")
        return Changed(holder, holder.credits, self.chat.add_credits(holder.id, amount, self.clock.now()))

    def set_to(self, holder: Holder, amount: float) -> Changed:
        """
        Make it *amount* credits.

        Raises:
            InvalidInput: no number, less than nothing, or nobody whom a balance can belong to.
        """
        if _counted(amount) < 0:
            raise InvalidInput("A balance cannot be less than 0.")
        _payable(holder)
        return Changed(holder, holder.credits, self.chat.set_credits(holder.id, amount, self.clock.now()))


def _payable(holder: Holder) -> None:
    if not holder.is_payable:
        raise InvalidInput(f"{holder.id!r} is not an id that the chat application gives: no balance can belong to it.")


def _counted(amount: float) -> float:
    if not math.isfinite(amount):
        raise InvalidInput("Please specify an amount!")
    return amount
