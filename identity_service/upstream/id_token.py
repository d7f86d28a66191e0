"""
OpenID Connect, from the client's side: discovery, the ID token and its checks, and the userinfo endpoint.

Law: OpenID Connect Core 1.0 §3.1.3.7 (each check in its order), §5.3.2 (whose userinfo it is), RFC 9207 §2.4.
Source: Authlib's client does not insist on our own `aud`, on the issuer's name, nor on the answer's, so we do.
Leaves to others: keys and signatures (key_sets), the way of the code (code_flow).
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from identity_service.foundation.clock import to_seconds
from identity_service.foundation.opaque import fingerprint, matches
from identity_service.foundation.outbound import Outgoing
from identity_service.upstream.code_flow import CodeFlow, TokenDoor
from identity_service.upstream.discovery import TENANT, Discovery, Metadata
from identity_service.upstream.key_sets import KeySets, Signed
from identity_service.upstream.provider import Callback, Given, Identity, Line, NotProven, Reason, Trip

_KEYS_KEPT = timedelta(minutes=10)
# An ID token is a plain JWT; what says that it is something else was made for another purpose (RFC 8725 §3.11).
KINDS = frozenset({"", "jwt"})


class IDToken(CodeFlow):
    """
    A provider that speaks OpenID Connect.

    A subclass says its issuer, and makes an identity of the claims.
    """

    issuer: str
    """The issuer as it calls itself, or the whole address of its discovery document."""

    asks_again = MappingProxyType({"prompt": "login", "max_age": "0"})

    asks_userinfo: ClassVar[bool] = True
    """Whether the userinfo endpoint is asked; some providers say everything in the ID token."""

    tolerance: timedelta = timedelta(minutes=5)
    """How far the provider's clock may be off."""

    keys_kept: timedelta = _KEYS_KEPT
    """How long its keys are kept."""

    trusted_audiences: frozenset[str] = frozenset()
    """Who else an ID token may be for, besides us."""

    def __init__(self, given: Given) -> None:
        """Take what the installation gives, and ask nobody yet."""
        super().__init__(given)
        self.configure()
        self._discovery = Discovery(self.issuer, given.clock)
        self._key_sets = KeySets(given.clock, self.keys_kept)

    def configure(self) -> None:
        """Take over what the settings say, before anybody is asked."""

    @property
    def key(self) -> str:
        """The issuer is what makes a subject unique."""
        return self.issuer

    def authorization_url(self, trip: Trip, line: Line) -> str:
        """Return where the browser goes."""
        asks = {"nonce": trip.nonce, **self.challenge(trip, line), **self.wishes(trip)}
        return self.request(self.metadata(line).authorization_endpoint, trip, asks)

    def identify(self, callback: Callback, trip: Trip, line: Line) -> Identity:
        """Return whose identity *callback* proves."""
        metadata = self.metadata(line)
        self._check_answer(callback, metadata)
        self.refuse_errors(callback)
        tokens = self.exchange(callback, trip, line)
        claims = self._checked(tokens, trip, line)
        access_token = self.access_token(tokens)
        told = self._userinfo(access_token, claims, metadata, line) if self.asks_userinfo else {}
        answers = {"id": claims, "userinfo": told, "access": self.read_access_token(access_token, claims, line)}
        return self.identity({**answers, "callback": callback, "id_token": tokens["id_token"]})

    def metadata(self, line: Line) -> Metadata:
        """Return what the issuer says of itself."""
        return self._discovery.metadata(line)

    @property
    def end_session_endpoint(self) -> str | None:
        """Where people sign out there, as far as is known without asking."""
        known = self._discovery.known
        return known.end_session_endpoint if known else None

    def token_door(self, line: Line) -> TokenDoor:
        """Return where codes become tokens."""
        metadata = self.metadata(line)
        return TokenDoor(metadata.token_endpoint, is_basic=metadata.takes_basic)

    def sends_challenge(self, line: Line) -> bool:
        """Say whether the provider is given a code challenge: unless its document lists others than S256 alone."""
        return self.uses_pkce and self.metadata(line).takes_s256

    def read_access_token(self, access_token: str, claims: Mapping[str, Any], line: Line) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the claims of the access token, for those who need one; it is made for others, and read by nobody."""
        return {}

    def verified(self, token: str, kinds: frozenset[str], line: Line) -> Signed:
        """Return what a token of the issuer says: its signature, kind, issuer and times are checked, nothing else."""
        metadata = self.metadata(line)
        signed = self._key_sets.verified(token, metadata.jwks_uri, line)
        claims = signed.claims
        if str(signed.header.get("typ", "")).lower() not in kinds:
            raise NotProven(Reason.UNTRUSTED, "a token of another kind")
        if not metadata.is_of_issuer(claims.get("iss")) or not _is_key_of(signed, str(claims["iss"])):
            raise NotProven(Reason.UNTRUSTED, "a token of another issuer")
        if TENANT in metadata.issuer and metadata.issuer.replace(TENANT, str(claims.get("tid"))) != claims["iss"]:
            raise NotProven(Reason.UNTRUSTED, "a token of another tenant")
        self._check_times(claims)
        return signed

    def _check_answer(self, callback: Callback, metadata: Metadata) -> None:
        """Refuse the answer of another issuer, before the code goes anywhere (RFC 9207 §2.4)."""
        if callback.iss is None and metadata.names_issuer:
            raise NotProven(Reason.UNTRUSTED, "an answer that does not say whose it is")
        if callback.iss is not None and not metadata.is_of_issuer(callback.iss):
            raise NotProven(Reason.UNTRUSTED, "another issuer's answer")

    def _checked(self, tokens: Mapping[str, Any], trip: Trip, line: Line) -> Mapping[str, Any]:
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise NotProven(Reason.UNTRUSTED, "no ID token")
        claims = self.verified(token, KINDS, line).claims
        self._check_audience(claims)
        if not isinstance(claims.get("sub"), str):
            raise NotProven(Reason.UNTRUSTED, "an ID token about nobody")
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not matches(nonce, fingerprint(trip.nonce)):
            raise NotProven(Reason.UNTRUSTED, "an ID token of another trip")
        if trip.is_again and "max_age" in self.asks_again and (trip.says_when or "auth_time" in claims):
            self._check_freshness(claims)
        return claims

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        ours, told, party = str(self.client.client_id), claims.get("aud"), claims.get("azp")
        audience = [told] if isinstance(told, str) else told
        if not isinstance(audience, list) or ours not in audience:
            raise NotProven(Reason.UNTRUSTED, "an ID token for somebody else")
        if any(each != ours and each not in self.trusted_audiences for each in map(str, audience)):
            raise NotProven(Reason.UNTRUSTED, "an ID token that is also for somebody whom nobody trusts")
        if (party is None and len(audience) > 1) or (party is not None and party != ours):
            raise NotProven(Reason.UNTRUSTED, "an ID token that was given to somebody else")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now, tolerance = to_seconds(self.clock.now()), self.tolerance.total_seconds()
        expires, begins = _number(claims, "exp"), _number(claims, "iat")
        if expires + tolerance <= now:
            raise NotProven(Reason.UNTRUSTED, "a token that has expired")
        if max(begins, _number(claims, "nbf") if "nbf" in claims else begins) > now + tolerance:
            raise NotProven(Reason.UNTRUSTED, "a token from the future")

    def _check_freshness(self, claims: Mapping[str, Any]) -> None:
        """Insist that the person has just shown who it is, when that was asked for (max_age, Core §3.1.2.1)."""
        if _number(claims, "auth_time") + self.tolerance.total_seconds() < to_seconds(self.clock.now()):
            raise NotProven(Reason.UNTRUSTED, "a sign-in that is too long ago")

    def _userinfo(self, access_token: str, claims: Mapping[str, Any], metadata: Metadata, line: Line) -> dict[str, Any]:
        if metadata.userinfo_endpoint is None:
            return {}
        request = Outgoing("GET", metadata.userinfo_endpoint, self.bearing(access_token))
        told = self.ask(request, "the userinfo endpoint", line)
        # OpenID Connect Core 1.0 §5.3.2: else somebody could put another person's token in the place of this one's.
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            raise NotProven(Reason.UNTRUSTED, "the userinfo of somebody else")
        return told


def _is_key_of(signed: Signed, issuer: str) -> bool:
    """Say whether the key may sign for *issuer*: a set that several tenants share names the tenant of each key."""
    if signed.key_issuer is None:
        return True
    return signed.key_issuer.replace(TENANT, str(signed.claims.get("tid"))) == issuer


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NotProven(Reason.UNTRUSTED, f"a token without {name}")
    return number
