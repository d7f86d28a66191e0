"""
Keys of clients, and what they sign with them, byte by byte; no JOSE library takes part.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


class ClientKey:
    """A key pair of a client, for one algorithm: RS256, PS256, ES256 or EdDSA."""

    def __init__(self, algorithm: str, kid: str | None = None) -> None:
        """Make a pair; *kid* is its name in the client's set."""
        self.algorithm = algorithm
        self.kid = kid
        self._private = {"ES256": _ec, "EdDSA": ed25519.Ed25519PrivateKey.generate}.get(algorithm, _rsa)()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, with nothing that need not be there."""
        name = {"kid": self.kid} if self.kid else {}
        public = self._private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return {"kty": "OKP", "crv": "Ed25519", "x": spelled(public.public_bytes_raw()), **name}
        numbers = public.public_numbers()
        if isinstance(numbers, ec.EllipticCurvePublicNumbers):
            x, y = (spelled(part.to_bytes(32, "big")) for part in (numbers.x, numbers.y))
            return {"kty": "EC", "crv": "P-256", "x": x, "y": y, **name}
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **name}

    def sign(self, claims: Mapping[str, Any] | str, **header: Any) -> str:
        """Sign *claims*, spelled or not, under the usual header but for what *header* changes; None takes one away."""
        usual = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid, **header}
        head = json.dumps({name: value for name, value in usual.items() if value is not None})
        told = claims if isinstance(claims, str) else json.dumps(claims)
        signed = ".".join(spelled(part.encode()) for part in (head, told))
        return f"{signed}.{spelled(self._signature(signed.encode()))}"

    def _signature(self, data: bytes) -> bytes:
        private: Any = self._private
        match self.algorithm:
            case "ES256":
                r, s = decode_dss_signature(private.sign(data, ec.ECDSA(SHA256())))
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")
            case "PS256":
                return private.sign(data, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
            case "RS256":
                return private.sign(data, padding.PKCS1v15(), SHA256())
        return private.sign(data)


def number(value: int) -> str:
    """Spell a number as RFC 7518 §2 says."""
    return spelled(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def spelled(raw: bytes) -> str:
    """Spell bytes as base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _ec() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _rsa() -> rsa.RSAPrivateKey:
    # One for all tests: to look for two primes takes longer than most of them.
    return rsa.generate_private_key(65537, 2048)
