"""
Random identifiers and opaque secrets; of a secret only the fingerprint is kept.

A secret here carries 256 random bits, so SHA-256 is enough to keep it;
what people choose is another matter (`accounts/passwords.py`).
"""

import base64
import hashlib
import hmac
import os
from datetime import datetime
from typing import NamedTuple, Protocol

from identity_service.foundation.clock import to_seconds


class Chance(Protocol):
    """What everything that needs randomness is given."""

    def token_bytes(self, n: int) -> bytes:
        """Return *n* unpredictable bytes."""
        ...


class SystemChance:
    """The randomness of the operating system."""

    def token_bytes(self, n: int) -> bytes:
        """Return *n* unpredictable bytes."""
        return os.urandom(n)


class Minted(NamedTuple):
    """A new secret: `plain` goes to its owner and nowhere else, `fingerprint` to the table."""

    plain: str
    fingerprint: str


def mint(chance: Chance) -> Minted:
    """Return a new secret of 256 random bits, URL-safe, with its fingerprint."""
    plain = text(chance.token_bytes(32))
    return Minted(plain, fingerprint(plain))


def fingerprint(secret: str) -> str:
    """Return the SHA-256 of *secret* as 64 hexadecimal characters."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Say whether *secret* has the fingerprint *kept*, in constant time."""
    return hmac.compare_digest(fingerprint(secret), kept)


def text(raw: bytes) -> str:
    """Return *raw* as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def object_id(now: datetime, chance: Chance) -> str:
    """
    Return a new identifier in the form of a MongoDB ObjectId.

    Returns:
        24 lower-case hexadecimal characters: 4 bytes of seconds since 1970, 8 random bytes.
        It is an address, never a secret.

    Source: BSON specification, ObjectId; LibreChat's `users._id` and `sessions._id`.
    """
    return (to_seconds(now) & 0xFFFFFFFF).to_bytes(4, "big").hex() + chance.token_bytes(8).hex()
