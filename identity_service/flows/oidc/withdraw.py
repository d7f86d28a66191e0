"""
What happens when a person looks at what applications may know, and takes it back.
"""

from dataclasses import dataclass
from datetime import datetime

from identity_service.flows.outcomes import Active, AllowedClient, Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import ConsentUnknown
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.clients import Clients
from identity_service.oidc.codes import Codes
from identity_service.oidc.consents import Consents
from identity_service.oidc.scopes import SCOPES
from identity_service.sessions.registry import FIRST_PARTY, Sessions


@dataclass(frozen=True)
class Withdraw:
    """Ends what a person has allowed a client, and every session of that client."""

    clients: Clients
    sessions: Sessions
    consents: Consents
    codes: Codes
    endings: Endings
    trail: Trail
    transaction: Transaction

    def allowed(self, active: Active) -> list[AllowedClient]:
        """
        Return what applications may know, in words: by a consent that is remembered, or by a session that is alive.

        What is remembered comes first, the latest of each first.
        """
        whose = active.person.id
        known = {
            each.client_id: _told(each.client_id, each.client_name, each.scopes, each.granted_at)
            for each in self.consents.of(whose)
        }
        for client_id, scope, began_at in self.sessions.at_clients(whose):
            client = self.clients.by_id(client_id)
            if client is not None:
                known.setdefault(client_id, _told(client_id, client.name, tuple(scope.split()), began_at))
        return list(known.values())

    def consent(self, active: Active, client_id: str, visitor: Visitor) -> None:
        """
        Forget the consent and end the client's sessions.

        Raises:
            ConsentUnknown: the person has allowed this client nothing, and it has no session of theirs.
        """
        with self.transaction():
            is_withdrawn = self._withdraw(active, client_id, visitor)
        if not is_withdrawn:
            raise ConsentUnknown

    def everything(self, active: Active, visitor: Visitor) -> None:
        """Forget every consent of the person and end the sessions of every client among them."""
        with self.transaction():
            # Also of applications that are in no list, because they have not redeemed theirs yet.
            self.codes.withdraw(active.person.id, None)
            for each in self.allowed(active):
                self._withdraw(active, each.client_id, visitor)

    def _withdraw(self, active: Active, client_id: str, visitor: Visitor) -> bool:
        whose = active.person.id
        is_forgotten = self.consents.withdraw(whose, client_id)
        self.codes.withdraw(whose, client_id)
        ended = self.endings.of_client(client_id, "consent withdrawn", whose) if client_id != FIRST_PARTY else 0
        if not (is_forgotten or ended):
            return False
        detail = {"client_id": client_id, "sessions": str(ended)}
        self.trail.record(Event("consent.withdrawn", DONE, whose, whose, visitor.address, visitor.request_id, detail))
        return True


def _told(client_id: str, name: str, scope: tuple[str, ...], since: datetime) -> AllowedClient:
    sentences = tuple(SCOPES[each] for each in scope if each in SCOPES)
    return AllowedClient(client_id, name, sentences, scope, since)
