"""
What happens when somebody says in which language letters are to come, or that the browser shall say it again.

A letter that somebody else has caused, such as one about a stranger's sign-in, is in the owner's language from then on.
Leaves to others: writing in it (notices).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from identity_service.accounts.languages import Languages
from identity_service.flows.outcomes import Active, Transaction, Visitor
from identity_service.foundation.errors import InvalidInput, SignInRequired
from identity_service.moderation.trail import DONE, Event, Trail


@dataclass(frozen=True)
class ChooseLanguage:
    """
    The language of letters, by whoever gets them.

    Attributes:
        offered: what each language that there are letters in is called by those who speak it.
    """

    languages: Languages
    offered: Mapping[str, str]
    trail: Trail
    transaction: Transaction

    def of(self, active: Active) -> str:
        """Return what the person has chosen, or nothing."""
        return self.languages.of(active.person.id)

    def to(self, language: str, active: Active, visitor: Visitor) -> None:
        """
        Write to the person in *language* from now on, or with an empty one in what the browser asks for.

        Raises:
            InvalidInput: there are no letters in that language.
            SignInRequired: the account went meanwhile.
        """
        if language and language not in self.offered:
            raise InvalidInput(f"language: Must be one of {', '.join(self.offered)}")
        user_id = active.person.id
        with self.transaction():
            is_done = self.languages.choose(user_id, language)
            if is_done:
                where = visitor.address, visitor.request_id
                told = {"language": language}
                self.trail.record(Event("account.language_chosen", DONE, user_id, user_id, *where, told))
        if not is_done:
            raise SignInRequired
