"""
What happens when an account is deleted, by the operator or by the person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from identity_service.accounts.users import Person, Users
from identity_service.chat.changes import ChatChanges
from identity_service.flows.farewell import Farewell
from identity_service.flows.outcomes import Active, Transaction
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import AccountDeletionOff, UserUnknown

OPERATOR = "operator"


@dataclass(frozen=True)
class Closed:
    """What went with the account; `in_chat` counts documents by collection."""

    person: Person
    sessions: int
    in_chat: Mapping[str, int]


@dataclass(frozen=True)
class CloseAccount:
    """Deletes a person for good; a run that was interrupted is finished by the next one, or by the service itself."""

    users: Users
    changes: ChatChanges
    endings: Endings
    farewell: Farewell
    after_commit: Callable[[Callable[[], None]], None]
    deliver: Callable[[], None]
    transaction: Transaction
    is_open: bool

    @property
    def has_chat(self) -> bool:
        """Whether there is a chat application from which the person goes as well."""
        return self.farewell.chat.is_here

    def find(self, email: str) -> Person:
        """
        Return the person with this address.

        Raises:
            UserUnknown: nobody has it.
        """
        person = self.users.by_email(email)
        if person is None:
            raise UserUnknown(f'No user found with email "{email}"')
        return person

    def by_operator(self, person: Person, *, erases_transactions: bool = True) -> Closed:
        """
        Delete *person*, and wait until all of it is done.

        First the account is marked and its sessions end, committed, so that nobody is inside when the rest goes.

        Raises:
            ChatUnavailable: the mark stays, nobody signs in, and the service goes on as soon as it can.
        """
        with self.transaction():
            ended = self._begin(person, OPERATOR, erases_transactions=erases_transactions, is_at_hand=True)
        went = self.farewell.say(person.id, OPERATOR, erases_transactions=erases_transactions)
        return Closed(person, ended, went)

    def by_oneself(self, active: Active) -> None:
        """
        Delete whoever is signed in; the chat application hears of it after the answer, and again until it listens.

        Raises:
            AccountDeletionOff: ALLOW_ACCOUNT_DELETION is off.
        """
        if not self.is_open:
            raise AccountDeletionOff
        person = active.person
        with self.transaction():
            self._begin(person, person.id, erases_transactions=True, is_at_hand=not self.has_chat)
            self.after_commit(self.deliver)
        if not self.has_chat:
            self.farewell.say(person.id, person.id, erases_transactions=True)

    def _begin(self, person: Person, closed_by: str, *, erases_transactions: bool, is_at_hand: bool) -> int:
        self.users.begin_closing(person.id)
        self.changes.post_closing(person.id, closed_by, erases_transactions=erases_transactions, is_at_hand=is_at_hand)
        return self.endings.all(person.id, "deleted")
