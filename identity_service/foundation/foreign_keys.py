"""
Public keys that others made: which of them may vouch for anything here.

The library is lenient with keys, so the policy is our own.
Law: RFC 7517 §4 (`use`, `key_ops`, `alg`), RFC 8725 §3.1 (one algorithm a key) and §3.5 (strength), FIPS 186-5 §5.1.
Leaves to others: signatures (jose), whose the keys are (oidc.client_auth).
"""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any

from identity_service.foundation import jose
from identity_service.foundation.jose import BadKey, Key

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""With which others may sign what they show us; `none` is not among them, nor is anything with a shared secret."""

_BY_KIND = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
_KINDS = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
_PUBLIC_MEMBERS = ("kty", "crv", "n", "e", "x", "y")
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS = range(2048, 8193)
_RSA_EXPONENTS = range(65537, 2**256, 2)
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
_ROCA = {prime: frozenset(pow(65537, power, prime) for power in range(prime)) for prime in _ROCA_PRIMES}


def algorithm_of(jwk: Mapping[str, Any]) -> str | None:
    """Return the one algorithm that a key is for, by its own word or else by its kind; or None."""
    algorithm = jwk.get("alg", _BY_KIND.get(str(jwk.get("kty"))))
    return algorithm if algorithm in ALGORITHMS else None


def is_private(jwk: Mapping[str, Any]) -> bool:
    """Say whether *jwk* has anything in it that its owner must keep."""
    return not jwk.keys().isdisjoint(_PRIVATE_MEMBERS)


def foreign_key(jwk: Mapping[str, Any], algorithm: str) -> Key:
    """
    Return the public key in *jwk*, which somebody else wrote, for signatures with *algorithm*.

    Raises:
        BadKey: it is private, weak, of another kind, or meant for something else.
    """
    if is_private(jwk):
        raise BadKey("a private or secret key")
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise BadKey("not for signatures")
    if jwk.get("alg", algorithm) != algorithm:
        raise BadKey("another algorithm")
    if (jwk.get("kty"), jwk.get("crv")) != _KINDS.get(algorithm):
        raise BadKey("another kind of key")
    if jwk["kty"] == "RSA":
        _insist_on_strength(jwk)
    return jose.public_key({**{name: jwk[name] for name in _PUBLIC_MEMBERS if name in jwk}, "alg": algorithm})


def _insist_on_strength(jwk: Mapping[str, Any]) -> None:
    modulus, exponent = _number(jwk.get("n")), _number(jwk.get("e"))
    if modulus.bit_length() not in _RSA_BITS:
        raise BadKey("an RSA key of fewer than 2048 bits, or more than 8192")
    # A smaller exponent is where the attacks on padding are.
    if exponent not in _RSA_EXPONENTS:
        raise BadKey("an RSA exponent that is even, or below 65537")
    # CVE-2017-15361: some smart cards made keys that are powers of 65537 for every small prime, and can be factored.
    if all(modulus % prime in powers for prime, powers in _ROCA.items()):
        raise BadKey("an RSA key of a faulty generator")


def _number(spelled: object) -> int:
    if not isinstance(spelled, str) or not spelled.isascii():
        raise BadKey("not a key")
    try:
        return int.from_bytes(urlsafe_b64decode(spelled + "=" * (-len(spelled) % 4)), "big")
    except NotBase64 as wrong:
        raise BadKey("not a key") from wrong
