"""
What happens when an account is deleted.
"""

from dataclasses import dataclass

from identity_service.accounts.users import Person, Users
from identity_service.flows.outcomes import Transaction
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import UserUnknown
from identity_service.moderation.trail import DONE, Event, Trail


@dataclass(frozen=True)
class Closed:
    """What went with the account."""

    person: Person
    sessions: int


@dataclass(frozen=True)
class CloseAccount:
    """Deletes a person for good; a run that was interrupted is finished by the next one."""

    users: Users
    endings: Endings
    trail: Trail
    transaction: Transaction

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

    def by_operator(self, person: Person) -> Closed:
        """
        Delete *person*.

        First the account is marked and its sessions end, committed, so that nobody is inside when the rest goes.
        """
        with self.transaction():
            self.users.begin_closing(person.id)
            ended = self.endings.all(person.id, "deleted")
        with self.transaction():
            self.users.remove(person.id)
            self.trail.record(Event("account.deleted", DONE, "operator", person.id, detail={"sessions": str(ended)}))
        return Closed(person, ended)
