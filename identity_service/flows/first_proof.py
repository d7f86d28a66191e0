"""
What happens to an account whose address was never proven, when the address's owner proves it: what was there goes.

Whoever made it may have been somebody else, who only named the address: what they left in it opens it no more.
Leaves to others: what proves an address, and which password counts from now on (recover, upstream.welcome).
"""

from dataclasses import dataclass

from identity_service.accounts.vouchers import Vouchers
from identity_service.flows.sign_out import Endings
from identity_service.oidc.consents import Consents
from identity_service.upstream.links import Links


@dataclass(frozen=True)
class FirstProof:
    """Ends sessions, connections, vouchers and consents, inside the transaction of another flow."""

    endings: Endings
    links: Links
    vouchers: Vouchers
    consents: Consents

    def clear(self, user_id: str, because: str) -> dict[str, str]:
        """Leave nothing that opens the account; return for the trail how many sessions and connections ended."""
        sessions = self.endings.all(user_id, because)
        links = self.links.untie_all(user_id)
        self.vouchers.void(user_id)
        for allowed in self.consents.of(user_id):
            self.consents.withdraw(user_id, allowed.client_id)
        return {"sessions": str(sessions), "links": str(links)}
