"""
Opens what the chat application has sealed with its CREDS_KEY: secrets of second factors.

There is no seal that tells a wrong key, so what comes out is believed only if it looks like such a secret.
Source: LibreChat, `v3:<iv>:<text>` AES-256-CTR, before that `<iv>:<text>` AES-256-CBC, before that no seal at all.
"""

import re

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR
from cryptography.hazmat.primitives.padding import PKCS7

_SECRET = re.compile(r"[A-Z2-7]{16,}=*", re.ASCII)
_CTR = re.compile(r"v3:([0-9a-f]{32}):([0-9a-f]+)", re.ASCII)
_CBC = re.compile(r"([0-9a-f]{32}):([0-9a-f]+)", re.ASCII)


def opened(sealed: str, creds_key: bytes | None) -> str | None:
    """Return the base32 secret in *sealed*; None without the right key, or if it is nothing of the kind."""
    if _SECRET.fullmatch(sealed):
        return sealed
    if creds_key is None:
        return None
    try:
        plain = _unsealed(sealed, creds_key).decode("ascii")
    except ValueError:
        return None
    return plain if _SECRET.fullmatch(plain) else None


def _unsealed(sealed: str, key: bytes) -> bytes:
    found = _CTR.fullmatch(sealed)
    if found:
        iv, text = map(bytes.fromhex, found.groups())
        opening = Cipher(AES256(key), CTR(iv)).decryptor()
        return opening.update(text) + opening.finalize()
    found = _CBC.fullmatch(sealed)
    if found is None:
        raise ValueError("of no known kind")
    iv, text = map(bytes.fromhex, found.groups())
    opening = Cipher(AES256(key), CBC(iv)).decryptor()
    filled = PKCS7(128).unpadder()
    return filled.update(opening.update(text) + opening.finalize()) + filled.finalize()
