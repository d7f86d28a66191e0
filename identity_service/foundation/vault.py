"""
Seals small secrets at rest: AES-256-GCM under a key derived from CREDS_KEY.

Law: NIST SP 800-38D (GCM), RFC 5869 (HKDF).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from identity_service.foundation.opaque import Chance

_NONCE = 12


class Broken(Exception):
    """The seal does not open: another CREDS_KEY, another label, or changed bytes."""


class Vault:
    """Seals and opens; the *label* binds a seal to the one thing that it was made for."""

    def __init__(self, creds_key: bytes, chance: Chance) -> None:
        """Derive the sealing key from *creds_key*, the 32 bytes of CREDS_KEY."""
        derived = HKDF(SHA256(), 32, salt=None, info=b"identity-service vault v1").derive(creds_key)
        self._cipher = AESGCM(derived)
        self._chance = chance

    def seal(self, secret: bytes, label: str) -> bytes:
        """Return nonce and ciphertext of *secret*; the same secret never looks the same twice."""
        nonce = self._chance.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, label.encode())

    def open(self, sealed: bytes, label: str) -> bytes:
        """
        Return what was sealed under *label*.

        Raises:
            Broken: the bytes, the label or the key are not those of the sealing.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], label.encode())
        except (InvalidTag, ValueError) as wrong:
            raise Broken from wrong
