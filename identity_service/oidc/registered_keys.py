"""
The keys that a client registers, to prove itself with what it signs: which can be, and what of them is kept.

Law: RFC 7517 §4 and §5 (keys and sets of them), RFC 7591 §2 (`jwks`).
Leaves to others: which keys are strong enough (foundation.foreign_keys), verifying with them (client_auth).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from identity_service.foundation.foreign_keys import ALGORITHMS, algorithm_of, foreign_key, is_private
from identity_service.foundation.jose import BadKey

_KEPT = ("kty", "crv", "n", "e", "x", "y", "kid", "use", "alg")
_MOST = 20
_LONGEST = 2000


def key_mistakes(jwks: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where in *jwks*, a JWK Set, something cannot be, and what it must be."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or len(keys) > _MOST or not any(map(_is_for_signatures, keys)):
        yield "", f"must be a JWK Set of at most {_MOST} keys, of which one or more are for signatures"
        return
    names = [key["kid"] for key in keys if isinstance(key, dict) and "kid" in key]
    for number, key in enumerate(keys):
        sentence = _mistake(key) if isinstance(key, dict) else "must be an object"
        if not sentence and names.count(key.get("kid", "")) > 1:
            sentence = "has the kid of another"
        if sentence:
            yield f".keys[{number}]", sentence


def public_part(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of *jwks*, a set without mistakes: its keys for signatures, with their names and uses."""
    signing = filter(_is_for_signatures, jwks["keys"])
    return {"keys": [{name: key[name] for name in _KEPT if name in key} for key in signing]}


def _is_for_signatures(key: object) -> bool:
    return isinstance(key, dict) and key.get("use", "sig") != "enc"


def _mistake(key: Mapping[str, Any]) -> str:
    if not all(isinstance(key.get(name, ""), str) and len(key.get(name, "")) <= _LONGEST for name in _KEPT):
        return f"must have texts of at most {_LONGEST} characters as its members"
    if not key.get("kid", "-").isprintable():
        return "has a kid that is not printable"
    # A key for encryption is of no use here, but whoever sends its private half must hear of it, too.
    if is_private(key):
        return "cannot be: a private or secret key"
    if not _is_for_signatures(key):
        return ""
    algorithm = algorithm_of(key)
    if algorithm is None:
        return f"must be for one of {', '.join(ALGORITHMS)}"
    try:
        foreign_key(key, algorithm)
    except BadKey as why:
        return f"cannot be: {why}"
    return ""
