"""
Known devices: who has signed in from this browser before, as the browser itself carries it, sealed by us.

Nobody else can make such a seal, and it says nothing to whoever finds it. It opens no door: it only keeps those who
guess elsewhere from using up the tries of somebody who comes back to a device of their own.
"""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import NamedTuple

from identity_service.foundation.clock import Clock, to_seconds
from identity_service.foundation.opaque import Chance, fingerprint, text
from identity_service.foundation.vault import Broken, Vault

LIFETIME = timedelta(days=180)
_LABEL = "known device"
_MOST_PEOPLE = 8
_LONGEST = 1024
_ID_BYTES = 12
_SHORTENED = 16


class _Device(NamedTuple):
    id: str
    sealed_at: int
    accounts: tuple[str, ...]


class Devices:
    """Seals and opens what a browser carries."""

    def __init__(self, vault: Vault, clock: Clock, chance: Chance) -> None:
        """Seal with *vault*."""
        self._vault = vault
        self._clock = clock
        self._chance = chance

    def after_sign_in(self, cookie: str, account: str) -> str:
        """
        Return what the browser carries from now on: its old *cookie* with one *account* more.

        Args:
            cookie: what it carried so far, empty if nothing.
            account: the canonical address of whoever has just signed in.
        """
        device = self._open(cookie) or _Device(text(self._chance.token_bytes(_ID_BYTES)), 0, ())
        accounts = dict.fromkeys([_short(account), *device.accounts])
        told = _Device(device.id, to_seconds(self._clock.now()), tuple(accounts)[:_MOST_PEOPLE])
        return text(self._vault.seal(json.dumps(told, separators=(",", ":")).encode(), _LABEL))

    def known(self, cookie: str, account: str) -> str:
        """Return the id of the device if somebody signed in to *account* with it before, else nothing."""
        device = self._open(cookie)
        return device.id if device is not None and _short(account) in device.accounts else ""

    def _open(self, cookie: str) -> _Device | None:
        if not cookie or len(cookie) > _LONGEST or not cookie.isascii():
            return None
        try:
            raw = self._vault.open(urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)), _LABEL)
        except (Broken, ValueError):
            return None
        device_id, sealed_at, accounts = json.loads(raw)
        age = to_seconds(self._clock.now()) - sealed_at
        return _Device(device_id, sealed_at, tuple(accounts)) if age < LIFETIME.total_seconds() else None


def _short(account: str) -> str:
    return fingerprint(account)[:_SHORTENED]
