"""
The last steps of a person who goes: out of the chat application, then out of here.

Whoever walks them may be killed at any moment; whoever finds the change that was posted walks them again.
Leaves to others: that nobody is inside any more (close_account), and that somebody comes back (mirror).
"""

from dataclasses import dataclass

from identity_service.accounts.users import Users
from identity_service.chat.bridge import Chat
from identity_service.chat.changes import ChatChanges
from identity_service.flows.outcomes import Transaction
from identity_service.moderation.bans import Bans
from identity_service.moderation.trail import DONE, Event, Trail


@dataclass(frozen=True)
class Farewell:
    """Removes a person whose account is marked as going."""

    users: Users
    bans: Bans
    chat: Chat
    changes: ChatChanges
    trail: Trail
    transaction: Transaction

    def say(self, user_id: str, closed_by: str, *, erases_transactions: bool) -> dict[str, int]:
        """
        Erase the person over there, then remove them and end their ban here; return how much went over there.

        Args:
            user_id: whose account is marked.
            closed_by: who marked it, for the trail.
            erases_transactions: whether the payments go as well.

        Raises:
            ChatUnavailable: nothing is removed here; the mark stays, so nobody signs in, and it is tried again.
        """
        went = self.chat.erase(user_id, erases_transactions=erases_transactions)
        with self.transaction():
            if self.users.remove(user_id):
                self.bans.lift(user_id)
                self.trail.record(Event("account.deleted", DONE, closed_by, user_id))
            self.changes.forget(user_id)
            if self.chat.is_here:
                self.changes.post_look_back(user_id, erases_transactions=erases_transactions)
        return went
