"""
Signs and verifies compact JWTs; what is not stated beforehand is refused.

The three segments are put together and taken apart here, each header once; the library signs and verifies them. Its own
way from claims to token costs twice as much as an ES256 signature, because it examines headers that we have written.

Law: RFC 7515, RFC 7519, RFC 8725 (algorithm, type, issuer and audience are the verifier's to state), RFC 8037 (EdDSA).
Leaves to others: which key signs (keys.ring), which keys of others are let in (foreign_keys), what a token says
(sessions.access, sessions.refresh).
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from identity_service.foundation import strict_json
from identity_service.foundation.opaque import text

__all__ = [
    "BadKey",
    "BadToken",
    "Claims",
    "Expect",
    "Key",
    "foreign_claims",
    "foreign_header",
    "private_key",
    "public_jwk",
    "public_key",
    "sign",
    "symmetric",
    "unverified",
    "verify",
]

LONGEST = 8192
"""Characters; a longer token is refused unread."""

LONGEST_FOREIGN = 64 * 1024
"""The same for tokens of foreign issuers, who write whole lists of groups into them."""

_SKEW = 60
# The library's signatures by name; which of them is ours to state, never a token's.
_ALGORITHMS: Mapping[str, Any] = jws.JWSRegistry.algorithms
# One encoder for the life of the process: json.dumps makes a new one whenever it is given options.
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_KNOWN_HEADERS = frozenset({"alg", "typ", "kid"})

Claims: TypeAlias = dict[str, Any]
FindKey: TypeAlias = Callable[[str], Key | None]


class BadToken(Exception):
    """The token is not what was expected; why is for the log, never for the caller."""


class BadKey(Exception):
    """The key is none, or not one whose signatures count; why is for the log and for whoever registers it."""


@dataclass(frozen=True)
class Expect:
    """
    What a verifier insists on.

    `claims` maps the name of each required claim to its type; `audience` None means that no `aud` is expected.
    `may_be_expired`, `any_audience` and `may_be_early` lift one rule each, for tokens of ours that come back to us.
    What `is_foreign` was signed by somebody else, who may leave out `typ` and `iat` and put the one `aud` in a list.
    """

    algorithm: str
    typ: str
    issuer: str | None
    audience: str | None
    claims: Mapping[str, type] = field(default_factory=dict)
    may_be_expired: bool = False
    any_audience: bool = False
    may_be_early: bool = False
    is_foreign: bool = False


def sign(claims: Mapping[str, Any], key: Key, *, algorithm: str, typ: str) -> str:
    """Return *claims* as a compact JWT; the key's own `kid`, if it has one, is named in the header."""
    signer = _ALGORITHMS[algorithm]
    signer.check_key(key)
    signed = f"{_spelled_header(algorithm, typ, key.kid)}.{text(_encode(claims).encode())}"
    return f"{signed}.{text(signer.sign(signed.encode(), key))}"


def verify(token: str, find_key: FindKey, expect: Expect, now: int) -> Claims:
    """
    Return the claims of *token* if it is exactly what *expect* says.

    Args:
        token: a compact JWS of at most LONGEST characters.
        find_key: returns the key for a `kid` (empty if there is none), or None.
        expect: what the verifier insists on.
        now: NumericDate in whole seconds; `exp` has no leeway, `iat` and `nbf` may lie 60 s ahead.

    Raises:
        BadToken: for every other token.
    """
    header = _header(token, expect)
    key = find_key(header.get("kid", ""))
    if key is None:
        raise BadToken("unknown key")
    claims = _object(_signed_payload(token, key, expect.algorithm))
    _check_claims(claims, expect, now)
    return claims


def unverified(token: str) -> tuple[Claims, Claims]:
    """
    Return header and claims of *token* as they came: enough to find the key with which to verify, never to be believed.

    Raises:
        BadToken: not of the shape of a compact JWS, or with a header that we do not read.
    """
    if len(token) > LONGEST or not _SHAPE.fullmatch(token):
        raise BadToken("shape")
    header, claims, _ = token.split(".")
    return _parsed_header(header), _object(_decode(claims))


def foreign_header(token: str) -> Claims:
    """
    Return the header of a foreign issuer's *token* as it came: enough to choose a key, never to be believed.

    Issuers write what they like beside `alg`, `typ` and `kid`, and it means nothing here; but what they call critical
    would have to be understood (RFC 7515 §4.1.11).

    Raises:
        BadToken: not of the shape of a compact JWS, or with something critical.
    """
    if len(token) > LONGEST_FOREIGN or not _SHAPE.fullmatch(token):
        raise BadToken("shape")
    header = _object(_decode(token.partition(".")[0]))
    if "crit" in header or not all(isinstance(header.get(name, ""), str) for name in _KNOWN_HEADERS):
        raise BadToken("header")
    return {name: header[name] for name in _KNOWN_HEADERS if name in header}


def foreign_claims(token: str, key: Key, algorithm: str) -> Claims:
    """
    Return the claims of a foreign issuer's *token* if *key* has signed it with *algorithm*; nothing else is checked.

    Raises:
        BadToken: for every other token.
    """
    if foreign_header(token).get("alg") != algorithm:
        raise BadToken("algorithm or type")
    return _object(_signed_payload(token, key, algorithm))


def symmetric(secret: str) -> OctKey:
    """Return *secret* as an HMAC key over its UTF-8 bytes, as LibreChat's `jsonwebtoken` does."""
    return OctKey.import_key(secret.encode())


def private_key(pair: Any, algorithm: str, kid: str) -> Key:
    """
    Return the key in *pair* for *algorithm*, ES256 or RS256, named *kid*; BadKey if there is none.

    It is PKCS 8 in PEM, or what `cryptography` has made of that already.
    """
    try:
        return _kind(algorithm).import_key(pair, {"kid": kid, "alg": algorithm, "use": "sig"})
    except (JoseError, ValueError) as wrong:
        raise BadKey("not a private key") from wrong


def public_jwk(pair: Any, algorithm: str) -> dict[str, Any]:
    """Return the public half of a private key, given as above, as a JWK; its thumbprint names it (RFC 7638)."""
    key = _kind(algorithm).import_key(pair)
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": algorithm, "use": "sig"}


def public_key(jwk: Mapping[str, Any]) -> Key:
    """
    Return the public key in *jwk*, for the algorithm that it names.

    Raises:
        BadKey: that is no key.
    """
    try:
        return _kind(jwk["alg"]).import_key(dict(jwk))
    except (JoseError, ValueError, TypeError, KeyError) as wrong:
        raise BadKey("not a key") from wrong


def _kind(algorithm: str) -> type[ECKey] | type[RSAKey] | type[OKPKey]:
    match algorithm:
        case "ES256":
            return ECKey
        case "EdDSA":
            return OKPKey
    return RSAKey


@lru_cache(maxsize=64)
def _spelled_header(algorithm: str, typ: str, kid: str | None) -> str:
    header = {"alg": algorithm, "typ": typ, **({"kid": kid} if kid else {})}
    return text(_encode(header).encode())


def _signed_payload(token: str, key: Key, algorithm: str) -> bytes:
    """Return the payload of *token* if *key* has signed it with *algorithm* (RFC 7515 §5.2)."""
    signed, _, signature = token.rpartition(".")
    verifier = _ALGORITHMS[algorithm]
    try:
        verifier.check_key(key)
        is_genuine = verifier.verify(signed.encode(), _decode(signature), key)
    except (JoseError, ValueError) as wrong:
        raise BadToken("signature") from wrong
    if not is_genuine:
        raise BadToken("signature")
    return _decode(signed.partition(".")[2])


def _header(token: str, expect: Expect) -> Claims:
    if len(token) > LONGEST or not _SHAPE.fullmatch(token):
        raise BadToken("shape")
    header = _parsed_header(token.partition(".")[0])
    typ = header.get("typ", expect.typ if expect.is_foreign else None)
    if header.get("alg") != expect.algorithm or typ != expect.typ:
        raise BadToken("algorithm or type")
    return header


# Few headers are in use at a time, one a key; a wrong one is never remembered, because it raises.
@lru_cache(maxsize=64)
def _parsed_header(segment: str) -> Claims:
    header = _object(_decode(segment))
    if not header.keys() <= _KNOWN_HEADERS or not all(isinstance(value, str) for value in header.values()):
        raise BadToken("header")
    return header


def _decode(segment: str) -> bytes:
    """Decode base64url; one value has one spelling, so a token cannot be changed and stay valid (RFC 4648 §3.5)."""
    try:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError as wrong:
        raise BadToken("encoding") from wrong
    if text(raw) != segment:
        raise BadToken("encoding")
    return raw


def _object(raw: bytes) -> Claims:
    try:
        value = strict_json.read(raw.decode())
    except (ValueError, RecursionError) as wrong:
        raise BadToken("json") from wrong
    if not isinstance(value, dict):
        raise BadToken("json")
    return value


def _check_claims(claims: Claims, expect: Expect, now: int) -> None:
    dates = {"exp": int} if expect.is_foreign else {"exp": int, "iat": int}
    for name, kind in {**expect.claims, **dates}.items():
        value = claims.get(name)
        # A null character or half a surrogate pair is well in JSON and a fault in every database.
        if type(value) is not kind or (isinstance(value, str) and not value.isprintable()):
            raise BadToken(f"claim {name}")
    if claims["exp"] <= now and not expect.may_be_expired:
        raise BadToken("expired")
    # We never write nbf; whoever does means it (RFC 7519 §4.1.5).
    for begin in (claims.get("iat", now), claims.get("nbf", now)):
        if type(begin) is not int or (begin > now + _SKEW and not expect.may_be_early):
            raise BadToken("from the future")
    if expect.issuer is not None and claims.get("iss") != expect.issuer:
        raise BadToken("issuer")
    audience = claims.get("aud")
    is_ours = audience == expect.audience or (expect.is_foreign and audience == [expect.audience])
    if not (is_ours or expect.any_audience):
        raise BadToken("audience")
