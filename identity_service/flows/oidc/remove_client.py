"""
What happens when a client is removed, whoever removes it.
"""

from dataclasses import dataclass
from datetime import datetime

from identity_service.flows.outcomes import Transaction
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import ClientUnknown
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.clients import Clients
from identity_service.oidc.codes import Codes


@dataclass(frozen=True)
class RemoveClient:
    """Ends the sessions of a client and removes it, both or neither; what people have allowed it goes with it."""

    clients: Clients
    codes: Codes
    endings: Endings
    trail: Trail
    transaction: Transaction

    def by_operator(self, client_id: str) -> int:
        """
        Remove a client; return how many live sessions ended.

        Raises:
            ClientUnknown: there is none, or not any more.
        """
        with self.transaction():
            ended = self.within(client_id, Event("client.deleted", DONE, "operator", client_id))
        if ended is None:
            raise ClientUnknown
        return ended

    def unused(self, before: datetime) -> int:
        """Remove the clients that registered themselves before *before* and were never used; return how many went."""
        return sum(self._if_unused(client_id) for client_id in self.clients.unused(before))

    def within(self, client_id: str, event: Event) -> int | None:
        """
        Remove a client inside the transaction of another flow, and record *event* with how many sessions ended.

        Returns:
            That number; None if somebody else has removed the client.
        """
        # Before all else: whoever redeems a code holds the client, and would begin a session that is not seen here.
        if not self.clients.seize(client_id):
            return None
        self.codes.withdraw(None, client_id)
        ended = self.endings.of_client(client_id, "client removed")
        self.clients.delete(client_id)
        detail = {**event.detail, "sessions": str(ended)}
        about = (event.name, event.outcome, event.actor, event.subject, event.address, event.request_id)
        self.trail.record(Event(*about, detail))
        return ended

    def _if_unused(self, client_id: str) -> bool:
        with self.transaction():
            # Looked at again once it is held: it may have come for its first token, or be gone.
            client = self.clients.by_id(client_id) if self.clients.seize(client_id) else None
            if client is None or not client.is_unused:
                return False
            return self.within(client_id, Event("client.deleted", DONE, "operator", client_id)) is not None
