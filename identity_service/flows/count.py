"""
What happens when somebody tries something that is limited: it counts before anything else is done, for good.

A try of a password counts at the visitor's network, at the account that was typed, and over all accounts together,
because one guess at each of many accounts is an attack as well. A device from which somebody has signed in before
counts apart, so strangers cannot lock its owner out.
Law: OWASP ASVS 5.0 6.1.1, 6.3.1 (guessing, spraying, and no lock-out by malice).
Leaves to others: which door counts where (web.limits), what follows from too many (gate).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from identity_service.accounts.addresses import NotAnAddress, canonical
from identity_service.flows.outcomes import Transaction
from identity_service.foundation.clock import Clock
from identity_service.foundation.opaque import fingerprint
from identity_service.moderation.windows import Bucket, Full, Windows


@dataclass(frozen=True)
class Count:
    """The tries of this installation; `account_max` and `global_max` are those of passwords within `window`."""

    windows: Windows
    clock: Clock
    transaction: Transaction
    account_max: int
    global_max: int
    window: timedelta

    def take(self, buckets: Sequence[Bucket]) -> Full | None:
        """Count one try in each of *buckets* unless one is full, and return that one; a flood writes nothing."""
        full = self.windows.full(buckets)
        if full:
            return full
        with self.transaction():
            return self.windows.take(buckets)

    def of_password(self, email: str, device: str) -> tuple[Bucket, ...]:
        """
        Return where a try of a password counts, its network aside.

        Args:
            email: what was typed; every spelling of one account's address counts together.
            device: by what name a device is known from which that account has signed in before; empty if it is not.
        """
        account = f"account/{fingerprint(_one_form(email))[:32]}"
        if device:
            return (Bucket(f"{account}/{fingerprint(device)[:32]}", self.account_max, self.window),)
        return (
            Bucket(account, self.account_max, self.window),
            Bucket("every account", self.global_max, self.window),
        )

    def present(self, bucket: Bucket) -> tuple[datetime, int]:
        """Return when the oldest try in *bucket* that counts passed, and how many count."""
        return self.windows.present(bucket)

    def forget(self, name: str) -> None:
        """Empty a bucket."""
        with self.transaction():
            self.windows.forget(name)


def _one_form(email: str) -> str:
    try:
        return canonical(email)
    except NotAnAddress:
        # Nobody's account; and who tries it counts all the same.
        return email
