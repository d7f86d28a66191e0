"""
What happens when a person looks at what applications may know, and takes it back.
"""

from dataclasses import dataclass

from identity_service.flows.outcomes import Active, AllowedClient, Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import ConsentUnknown
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.codes import Codes
from identity_service.oidc.consents import Consents
from identity_service.oidc.scopes import SCOPES


@dataclass(frozen=True)
class Withdraw:
    """Ends what a person has allowed a client, and every session of that client."""

    consents: Consents
    codes: Codes
    endings: Endings
    trail: Trail
    transaction: Transaction

    def allowed(self, active: Active) -> list[AllowedClient]:
        """Return what the person has allowed, in words, the latest first."""
        return [
            AllowedClient(
                each.client_id,
                each.client_name,
                tuple(SCOPES[scope] for scope in each.scopes if scope in SCOPES),
                each.scopes,
                each.granted_at,
            )
            for each in self.consents.of(active.person.id)
        ]

    def consent(self, active: Active, client_id: str, visitor: Visitor) -> None:
        """
        Forget the consent and end the client's sessions.

        Raises:
            ConsentUnknown: the person has allowed this client nothing.
        """
        with self.transaction():
            is_withdrawn = self._withdraw(active, client_id, visitor)
        if not is_withdrawn:
            raise ConsentUnknown

    def everything(self, active: Active, visitor: Visitor) -> None:
        """Forget every consent of the person and end the sessions of every client among them."""
        with self.transaction():
            for each in self.consents.of(active.person.id):
                self._withdraw(active, each.client_id, visitor)

    def _withdraw(self, active: Active, client_id: str, visitor: Visitor) -> bool:
        whose = active.person.id
        if not self.consents.withdraw(whose, client_id):
            return False
        self.codes.withdraw(client_id, whose)
        ended = self.endings.of_client(client_id, "consent withdrawn", whose)
        detail = {"client_id": client_id, "sessions": str(ended)}
        self.trail.record(Event("consent.withdrawn", DONE, whose, whose, visitor.address, visitor.request_id, detail))
        return True
