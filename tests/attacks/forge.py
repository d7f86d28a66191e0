"""
Makes tokens by hand, byte by byte, so that a test spoils exactly one thing.

Leaves to others: which thing. No JOSE library takes part: the service's own must not judge itself.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Signer: TypeAlias = Callable[[bytes], bytes]
Part: TypeAlias = Mapping[str, Any] | bytes


class Opened(NamedTuple):
    """What stands in a token."""

    header: dict[str, Any]
    claims: dict[str, Any]


class Press:
    """Prints tokens that are like a genuine one but for what the test changes."""

    def __init__(self, genuine: str, signer: Signer) -> None:
        """Copy *genuine* and sign with *signer*."""
        self.header, self.claims = opened(genuine)
        self.signer = signer

    def with_header(self, **changed: Any) -> str:
        """Print the token with other header parameters; None removes one."""
        return compact(_changed(self.header, changed), self.claims, self.signer)

    def with_claims(self, **changed: Any) -> str:
        """Print the token with other claims; None removes one."""
        return compact(self.header, _changed(self.claims, changed), self.signer)

    def signed_by(self, signer: Signer, **header: Any) -> str:
        """Print the token under somebody else's signature, with other header parameters."""
        return compact(_changed(self.header, header), self.claims, signer)


def opened(token: str) -> Opened:
    """Read a token without asking whether it is good."""
    header, claims, _ = token.split(".")
    return Opened(json.loads(decoded(header)), json.loads(decoded(claims)))


def compact(header: Part, claims: Part, signer: Signer) -> str:
    """Join header and claims, as they are if they are bytes, and sign them."""
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{segment(signer(signed.encode()))}"


def segment(part: Part) -> str:
    """Spell *part* as one segment of a token."""
    raw = part if isinstance(part, bytes) else written(part)
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def written(part: Mapping[str, Any]) -> bytes:
    """Write *part* as JSON, in the form that the service itself chooses."""
    return json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()


def decoded(segment_: str) -> bytes:
    """Read one segment of a token."""
    return urlsafe_b64decode(segment_ + "=" * (-len(segment_) % 4))


def es256(key: EllipticCurvePrivateKey) -> Signer:
    """Sign as RFC 7518 §3.4 says."""

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def hs256(secret: bytes) -> Signer:
    """Sign as RFC 7518 §3.2 says."""
    return lambda data: hmac.digest(secret, data, hashlib.sha256)


def unsigned(_: bytes) -> bytes:
    """Do not sign at all."""
    return b""


def _changed(part: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**part, **changed}.items() if value is not None}
