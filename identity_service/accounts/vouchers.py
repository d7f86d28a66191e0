"""
Vouchers: secrets that we hand to one person, each good for one thing, once, for a quarter of an hour.

Of a secret only the fingerprint is kept. A person has at most one voucher of each kind, so whoever asks again makes
the letter before worthless; using one is one conditional write, and looking at one uses nothing up.
Law: OWASP ASVS 5.0 6.4.2, 6.5.1 to 6.5.5 (single use, life, entropy).
Leaves to others: what a voucher is good for (flows), and how it travels (mail).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from identity_service.accounts.tables import IssuedVoucher, WaitingErrand
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.opaque import Chance, fingerprint, mint

VERIFY_EMAIL = "verify_email"
CHANGE_EMAIL = "change_email"
RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a kind

LIFE = timedelta(minutes=15)


@dataclass(frozen=True)
class Voucher:
    """
    A voucher that is good right now.

    `email` is the address that it was sent to, which its use proves; None if it was handed over in another way.
    """

    user_id: str
    kind: str
    fingerprint: str
    email: str | None


class Vouchers:
    """The vouchers of this installation."""

    def __init__(self, database: Database, clock: Clock, chance: Chance) -> None:
        """Keep vouchers in *database*."""
        self._database = database
        self._clock = clock
        self._chance = chance

    def mint(self, kind: str, user_id: str, email: str | None) -> str:
        """Return a new secret of this *kind*, inside the flow's transaction; the person's older one is worthless."""
        minted = mint(self._chance)
        told = {"fingerprint": minted.fingerprint, "email": email, "expires_at": self._clock.now() + LIFE}
        issued = self._database.insert(IssuedVoucher).values(user_id=user_id, kind=kind, **told)
        instead = issued.on_conflict_do_update(index_elements=[IssuedVoucher.user_id, IssuedVoucher.kind], set_=told)
        self._database.change(instead)
        return minted.plain

    def find(self, plain: str) -> Voucher | None:
        """Return the voucher behind the secret *plain* if it is still good, None if not; nothing is used up."""
        found = self._database.first(_VOUCHER.where(IssuedVoucher.fingerprint == fingerprint(plain), *self._is_good()))
        return Voucher(*found) if found else None

    def claim(self, voucher: Voucher) -> bool:
        """Use *voucher* up, inside the flow's transaction; False if somebody else did, or it went out of date."""
        this = IssuedVoucher.fingerprint == voucher.fingerprint
        return self._database.change(delete(IssuedVoucher).where(this, *self._is_good())) == 1

    def void(self, user_id: str) -> None:
        """Make every voucher of a person worthless, and forget which letters with one are still to be written."""
        # The errands first: one that is being run right now is waited for, and leaves a voucher.
        self._database.change(delete(WaitingErrand).where(WaitingErrand.user_id == user_id))
        self._database.change(delete(IssuedVoucher).where(IssuedVoucher.user_id == user_id))

    def forget_expired(self, before: datetime, size: int = 500) -> int:
        """Remove up to *size* vouchers that were out of date before *before*; return how many went."""
        over = select(IssuedVoucher.fingerprint).where(IssuedVoucher.expires_at < before).limit(size)
        return self._database.change(delete(IssuedVoucher).where(IssuedVoucher.fingerprint.in_(over)))

    def _is_good(self) -> tuple[Any, ...]:
        return (IssuedVoucher.expires_at > self._clock.now(),)


_VOUCHER: Any = select(
    IssuedVoucher.user_id,
    IssuedVoucher.kind,
    IssuedVoucher.fingerprint,
    IssuedVoucher.email,
)
