"""
How a client proves who it is: with a secret, with something it has signed, or not at all.

First it is read what a client shows, and that must be exactly one thing; what it proves is decided afterwards.
Law: RFC 6749 §2.3, RFC 7521 §4.2, RFC 7523 §3, OpenID Connect Core 1.0 §9, RFC 8725 (an assertion is a JWT).
Leaves to others: secrets (clients), which keys are strong enough (foundation.foreign_keys), transactions (flows).
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote_plus

from sqlalchemy import bindparam, delete, select

from identity_service.foundation import jose
from identity_service.foundation.clock import from_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.errors import InvalidClient, InvalidRequest
from identity_service.foundation.foreign_keys import algorithm_of, foreign_key
from identity_service.foundation.opaque import fingerprint
from identity_service.foundation.prepared import Prepared
from identity_service.oidc.clients import Client
from identity_service.oidc.tables import ClientAssertion

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The one type of assertion that is read (RFC 7523 §2.2)."""

FARTHEST_END = 600
"""Seconds; an assertion that would live longer is refused, because it has to be remembered until then."""

ONE_WAY = "A client proves itself under one name, and in one way at a time."
"""What is said of a request in which it does not."""

PRIVATE_KEY_JWT = "private_key_jwt"
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONGEST_JTI = 256


class BySecret(NamedTuple):
    """A client shows its secret."""

    client_id: str
    client_secret: str


class ByAssertion(NamedTuple):
    """A client shows what it has signed; until that is verified, `client_id` is only what it says."""

    client_id: str
    assertion: str


class ByToken(NamedTuple):
    """A client shows an access token that it got for itself; `client_id` stands beside it, or is empty."""

    client_id: str
    token: str


class ByName(NamedTuple):
    """A client says who it is and proves nothing."""

    client_id: str


Shown: TypeAlias = BySecret | ByAssertion | ByToken | ByName


class Spent(NamedTuple):
    """A token that is good no more, under a name that says nothing of it, until it would have expired anyhow."""

    fingerprint: str
    expires_at: int


def shown(authorization: str, form: Mapping[str, str]) -> Shown:
    """
    Return the one thing by which a client makes itself known.

    Args:
        authorization: the header, empty if there is none.
        form: the parameters of the body; one without a value counts as absent (RFC 6749 §3.1).

    Raises:
        InvalidRequest: two ways at once, or two different names.
        InvalidClient: nothing, or something that cannot be read.

    Law: RFC 6749 §2.3 (one method a request), RFC 7521 §4.2 (a name beside an assertion).
    """
    client_id = form.get("client_id", "")
    ways = [way for way in (_in_header(authorization), _secret_in(form), _assertion_in(form)) if way]
    if len(ways) > 1:
        raise InvalidRequest(ONE_WAY)
    way = ways[0] if ways else ByName(client_id)
    if client_id and way.client_id and client_id != way.client_id:
        raise InvalidRequest(ONE_WAY)
    if isinstance(way, ByToken):
        return way._replace(client_id=client_id)
    if not _CLIENT_ID.fullmatch(way.client_id):
        raise InvalidClient(detail="no client id")
    return way


def assertion_of(client: Client, assertion: str, issuer: str, now: int) -> Spent | None:
    """
    Return what is to be remembered of *assertion* if *client* has signed it and it is good right now; else None.

    The algorithm is the client's or its key's to name, never the assertion's. The audience is *issuer*, and no
    endpoint: what another server is shown must not be good here.

    Args:
        client: whose assertion it says it is.
        assertion: a JWT as it came.
        issuer: our own name.
        now: NumericDate in whole seconds.

    Law: RFC 7523 §3, RFC 8725 §3.1 and §3.9.
    """
    try:
        header, _ = jose.unverified(assertion)
        jwk = _key_of(client, header.get("kid", ""))
        algorithm = client.details.token_endpoint_auth_signing_alg or algorithm_of(jwk) or ""
        key = foreign_key(jwk, algorithm)
        required = {"sub": str, "jti": str}
        expect = jose.Expect(algorithm, "JWT", client.client_id, issuer, required, is_foreign=True)
        claims = jose.verify(assertion, lambda _kid: key, expect, now)
    except (jose.BadToken, jose.BadKey):
        return None
    is_about_itself = claims["sub"] == client.client_id
    if not is_about_itself or claims["exp"] > now + FARTHEST_END or not 0 < len(claims["jti"]) <= _LONGEST_JTI:
        return None
    return Spent(fingerprint(f"assertion {client.client_id} {claims['jti']}"), claims["exp"])


def access_token_of(client_id: str, jti: str, expires_at: int) -> Spent:
    """Return what is to be remembered of a client's own access token that has been revoked."""
    return Spent(fingerprint(f"access token {client_id} {jti}"), expires_at)


class SpentTokens:
    """
    Tokens of clients that are good no more: an assertion after its one use, an access token after its revocation.

    Of each only a fingerprint is kept, and only until it would have expired.
    """

    def __init__(self, database: Database) -> None:
        """Keep them in *database*."""
        self._database = database
        self._find = Prepared(database, select(ClientAssertion.expires_at).where(_THIS))

    def spend(self, spent: Spent) -> bool:
        """
        Remember a token, inside the flow's transaction; False if it was spent before.

        One conditional write decides, so among any number of simultaneous callers exactly one is told True.
        """
        row = {"fingerprint": spent.fingerprint, "expires_at": from_microseconds(spent.expires_at * 1_000_000)}
        kept = self._database.insert(ClientAssertion).values(row)
        return self._database.change(kept.on_conflict_do_nothing()) == 1

    def is_spent(self, spent: Spent) -> bool:
        """Say whether a token is spent."""
        return bool(self._find.run(fingerprint=spent.fingerprint))

    def forget_expired(self, before: datetime, size: int = 500) -> int:
        """Remove up to *size* that had expired before *before*; return how many went."""
        over = select(ClientAssertion.fingerprint).where(ClientAssertion.expires_at < before).limit(size)
        return self._database.change(delete(ClientAssertion).where(ClientAssertion.fingerprint.in_(over)))


def _in_header(authorization: str) -> BySecret | ByToken | None:
    scheme, _, rest = authorization.strip().partition(" ")
    match scheme.lower():
        case "":
            return None
        case "basic":
            return _basic(rest.strip())
        case "bearer":
            return ByToken("", rest.strip())
    raise InvalidClient(detail="unknown scheme")


def _basic(encoded: str) -> BySecret:
    """Read credentials of the Basic scheme; both halves are form-encoded before they are joined (RFC 6749 §2.3.1)."""
    try:
        client_id, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as wrong:
        raise InvalidClient(detail="not credentials") from wrong
    if not colon:
        raise InvalidClient(detail="not credentials")
    return BySecret(unquote_plus(client_id), unquote_plus(secret))


def _secret_in(form: Mapping[str, str]) -> BySecret | None:
    secret = form.get("client_secret", "")
    return BySecret(form.get("client_id", ""), secret) if secret else None


def _assertion_in(form: Mapping[str, str]) -> ByAssertion | None:
    assertion, kind = form.get("client_assertion", ""), form.get("client_assertion_type", "")
    if not assertion and not kind:
        return None
    if not assertion or kind != JWT_BEARER:
        raise InvalidClient(detail="no assertion, or of an unknown type")
    try:
        _, claims = jose.unverified(assertion)
    except jose.BadToken as wrong:
        raise InvalidClient(detail=f"assertion: {wrong}") from wrong
    return ByAssertion(str(claims.get("sub", "")), assertion)


def _key_of(client: Client, kid: str) -> Mapping[str, Any]:
    """Return the one key that an assertion names; a set of one needs no names (RFC 7515 §4.1.4)."""
    kept = (client.details.jwks or {}).get("keys", [])
    signing = [jwk for jwk in kept if isinstance(jwk, dict) and jwk.get("use", "sig") == "sig"]
    named = [jwk for jwk in signing if jwk.get("kid") == kid] if kid else signing
    if not named and len(signing) == 1 and "kid" not in signing[0]:
        named = signing
    if len(named) != 1:
        raise jose.BadToken("no key, or more than one, is meant")
    return dict(named[0])


_THIS = ClientAssertion.fingerprint == bindparam("fingerprint")
