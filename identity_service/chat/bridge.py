"""
What we ask of the chat application's database; and NoChat, for installations without one.

Leaves to others: how the documents look (documents), MongoDB (mongo), when somebody asks (flows).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from identity_service.chat.provider_ids import Known
from identity_service.foundation.errors import Misconfigured


class Conflict(Exception):
    """Another document over there has the address, or the provider's id, that this person has here."""


@dataclass(frozen=True)
class ChatUser:
    """A person as far as the chat application has to know; `provider_ids` such as `{"googleId": "1234"}`."""

    id: str
    email: str
    email_verified: bool
    name: str
    username: str
    provider: str
    role: str
    avatar: str | None
    created_at: datetime
    updated_at: datetime
    provider_ids: Mapping[str, str] = field(default_factory=dict)


class Holder(NamedTuple):
    """
    Somebody over there with the credits that are spent next, None for no balance; `records` are usually one.

    `odd` is what stands there in place of a number of credits, as JSON; without an ObjectId nobody is payable.
    """

    id: str
    email: str
    name: str
    credits: float | None
    records: int
    odd: str | None = None
    is_payable: bool = True


class Chat(Protocol):
    """
    The chat application's database. Every method may be called again after it was interrupted.

    Each of them raises ChatUnavailable when there is no answer in time.
    """

    @property
    def is_here(self) -> bool:
        """Whether there is one at all."""
        ...

    def mirror(self, person: ChatUser, *, forgets_password: bool = False) -> None:
        """
        Make the person's document say what is true here, and leave alone what is the chat application's.

        Raises:
            Conflict: it cannot, because of another document.
        """
        ...

    def mirror_all(self, people: Sequence[ChatUser]) -> list[str]:
        """Do the same for many at once; return the ids of those who conflict."""
        ...

    def untie(self, user_id: str, ended: Sequence[Known]) -> None:
        """Take from the person's document whichever of these identities it still has, and no other."""
        ...

    def ids_at_providers(self, user_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what stands in the fields that we write for providers (provider_ids.NAMES), by person."""
        ...

    def erase(self, user_id: str, *, erases_transactions: bool) -> dict[str, int]:
        """Remove everything that is this person's; return how much went, by collection."""
        ...

    def belongings(self, user_id: str) -> dict[str, int]:
        """Return how much is this person's, by collection."""
        ...

    def ids(self) -> Iterator[str]:
        """Yield the id of everybody over there: those like ours in order, and then whatever else, quoted."""
        ...

    def holders(self) -> Iterator[Holder]:
        """Yield everybody over there with their balance, in the order of their ids."""
        ...

    def holder(self, email: str) -> Holder | None:
        """Return whoever has this address over there, or None."""
        ...

    def add_credits(self, user_id: str, amount: float, now: datetime) -> float:
        """Add to a balance, or take from it down to nothing, with the record of it; return what it is now."""
        ...

    def set_credits(self, user_id: str, amount: float, now: datetime) -> float:
        """Make a balance what it shall be; return that."""
        ...

    def close(self) -> None:
        """Close the connections, if any are open; the next question opens them again."""
        ...


class NoChat:
    """There is no chat application's database: nothing has to be told to it, and nothing can be asked."""

    is_here = False

    def mirror(self, person: ChatUser, *, forgets_password: bool = False) -> None:
        """Do nothing."""

    def mirror_all(self, people: Sequence[ChatUser]) -> list[str]:  # noqa: ARG002
        """Do nothing."""
        return []

    def untie(self, user_id: str, ended: Sequence[Known]) -> None:
        """Do nothing."""

    def ids_at_providers(self, user_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:  # noqa: ARG002
        """Find nothing."""
        return {}

    def erase(self, user_id: str, *, erases_transactions: bool) -> dict[str, int]:  # noqa: ARG002
        """Find nothing."""
        return {}

    def belongings(self, user_id: str) -> dict[str, int]:  # noqa: ARG002
        """Find nothing."""
        return {}

    def ids(self) -> Iterator[str]:
        """Say which setting is missing."""
        raise _missing()

    def holders(self) -> Iterator[Holder]:
        """Say which setting is missing."""
        raise _missing()

    def holder(self, email: str) -> Holder | None:  # noqa: ARG002
        """Say which setting is missing."""
        raise _missing()

    def add_credits(self, user_id: str, amount: float, now: datetime) -> float:  # noqa: ARG002
        """Say which setting is missing."""
        raise _missing()

    def set_credits(self, user_id: str, amount: float, now: datetime) -> float:  # noqa: ARG002
        """Say which setting is missing."""
        raise _missing()

    def close(self) -> None:
        """Do nothing."""


def _missing() -> Misconfigured:
    return Misconfigured(
        ["MONGO_URI is not set: put the chat application's own there, such as mongodb://127.0.0.1:27017/LibreChat."]
    )
