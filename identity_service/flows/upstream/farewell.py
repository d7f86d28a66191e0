"""
What happens when somebody signs out whose session came from a provider that wants to hear of it.

Law: OpenID Connect RP-Initiated Logout 1.0 §2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from identity_service.flows.outcomes import Active
from identity_service.upstream.farewells import Farewells, Manner, address_of


@dataclass(frozen=True)
class SayFarewell:
    """Where the browser goes after a sign-out here, to sign out there; by provider, for those that ask for it."""

    farewells: Farewells
    manners: Mapping[str, Manner]

    def address(self, active: Active) -> str | None:
        """Return where the browser goes after the session of *active*; None for one that has nowhere to go."""
        kept = self.farewells.of(active.session_id) if self.manners else None
        manner = self.manners.get(kept.provider) if kept else None
        return address_of(kept.farewell, manner, active.person.email) if kept and manner else None
