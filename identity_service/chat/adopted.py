"""
What was taken over with a person and waits for its room: second factors under our own seal.

Leaves to others: reading it over there (adoption), the person (accounts).
"""

import json

from identity_service.chat.adoption import SecondFactor
from identity_service.chat.tables import AdoptedFactors
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.vault import Vault


class Adopted:
    """Second factors that were taken over."""

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        """Keep them in *database*, sealed by *vault*."""
        self._database = database
        self._clock = clock
        self._vault = vault

    def keep(self, user_id: str, secret: str, factor: SecondFactor) -> None:
        """Keep a person's secret and fingerprints of backup codes, inside the flow's transaction; the first counts."""
        told = {"totp": secret, "backup_codes": [{"hash": kept, "used": used} for kept, used in factor.backup_codes]}
        sealed = self._vault.seal(json.dumps(told).encode(), _label(user_id))
        row = {"user_id": user_id, "sealed": sealed, "adopted_at": self._clock.now()}
        self._database.change(self._database.insert(AdoptedFactors).values(row).on_conflict_do_nothing())


def _label(user_id: str) -> str:
    return f"adopted second factor {user_id}"
