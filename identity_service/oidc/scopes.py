"""
Scopes and claims: what an application may ask to know of a person, in words, and what it is told.

Law: RFC 6749 §3.3, OpenID Connect Core 1.0 §5.1, §5.4 (scopes) and §5.5 (the claims parameter).
Leaves to others: whether the person agrees (consents, prompts), what an ID token says of itself (id_tokens).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self, TypeAlias

from identity_service.foundation import strict_json

OPENID, OFFLINE_ACCESS = "openid", "offline_access"

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        OPENID: "Recognize you when you come back",
        "profile": "See your name, username and picture",
        "email": "See your email address",
        "address": "See your postal address",
        "phone": "See your phone number",
        "roles": "See your roles",
        OFFLINE_ACCESS: "Keep this access while you are away",
    }
)
"""Each scope, and what the person is asked to allow."""

SERVICE_SCOPES = ("violations", "bans")
"""What a back end may do for itself: report violations, and see, impose and lift bans. No person is asked for them."""

CLAIMS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        OPENID: ("sub",),
        "profile": ("name", "preferred_username", "picture", "updated_at"),
        "email": ("email", "email_verified"),
        # Nobody is asked for an address or a number, so nothing can be told of them.
        "address": (),
        "phone": (),
        "roles": ("roles",),
        OFFLINE_ACCESS: (),
    }
)
"""What an application learns by each scope (OpenID Connect Core 1.0 §5.4)."""

_SCOPE_OF = {claim: scope for scope, claims in CLAIMS_OF.items() for claim in claims}
_OF_THE_SIGN_IN = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")
_LONGEST_SCOPE, _LONGEST_CLAIMS = 1024, 4096
_SPELLING = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")

Value: TypeAlias = str | int | bool


@dataclass(frozen=True)
class Profile:
    """What is known of a person; `updated_at` is a NumericDate in whole seconds."""

    sub: str
    name: str
    preferred_username: str
    email: str
    email_verified: bool
    picture: str | None = None
    roles: tuple[str, ...] = ()
    updated_at: int | None = None


@dataclass(frozen=True)
class ClaimRequest:
    """How one claim was asked for; no `values` means whatever it is (OpenID Connect Core 1.0 §5.5.1)."""

    essential: bool = False
    values: tuple[Value, ...] = ()

    def accepts(self, value: Any) -> bool:
        """Say whether *value* is one that was asked for; 1 and true are different things."""
        return not self.values or any(type(each) is type(value) and each == value for each in self.values)

    def as_mapping(self) -> dict[str, Any] | None:
        """Return the request as the parameter spells it."""
        told = {"essential": self.essential, "values": list(self.values)}
        return {name: value for name, value in told.items() if value} or None


@dataclass(frozen=True)
class RequestedClaims:
    """The claims parameter: single claims that are asked for beside those of the scopes, by where they shall stand."""

    userinfo: Mapping[str, ClaimRequest] = field(default_factory=dict)
    id_token: Mapping[str, ClaimRequest] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, told: Any) -> Self:
        """
        Return what *told*, the parameter's JSON or what `as_mapping` made of it, asks for.

        Claims and members that nobody knows here are left aside.

        Raises:
            ValueError: with a sentence for the developer of the client; something is of a wrong type.
        """
        if not isinstance(told, dict):
            raise ValueError("The claims parameter must be a JSON object.")  # noqa: TRY004 - what was sent is bad
        return cls(_member(told, "userinfo"), _member(told, "id_token"))

    def as_mapping(self) -> dict[str, Any]:
        """Return the request as JSON can hold it, in one spelling."""
        members = {"userinfo": self.userinfo, "id_token": self.id_token}
        return {
            member: {claim: request.as_mapping() for claim, request in asked.items()}
            for member, asked in members.items()
            if asked
        }

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes behind the claims, so that nothing is told that the person was not asked about."""
        return tuple(
            dict.fromkeys(_SCOPE_OF[claim] for claim in (*self.userinfo, *self.id_token) if claim in _SCOPE_OF)
        )

    @property
    def subjects(self) -> tuple[Value, ...]:
        """The people of whom one must be signed in, by their `sub`; none named means anybody."""
        asked = (self.userinfo.get("sub"), self.id_token.get("sub"))
        return tuple(value for request in asked if request for value in request.values)

    def within(self, scopes: Iterable[str]) -> Self:
        """Return what is left for a client that may ask for *scopes* only."""
        may = {claim for scope in (OPENID, *scopes) for claim in CLAIMS_OF.get(scope, ())} | set(_OF_THE_SIGN_IN)
        userinfo, id_token = (
            {claim: request for claim, request in asked.items() if claim in may}
            for asked in (self.userinfo, self.id_token)
        )
        return type(self)(userinfo, id_token)


def parse_scope(scope: str) -> tuple[str, ...]:
    """
    Return the known scopes that are named in *scope*, once each and in their order.

    Raises:
        ValueError: with a sentence; not scope tokens with one space between them, or more than 1,024 characters.

    Law: RFC 6749 §3.3 (spelling), OpenID Connect Core 1.0 §3.1.2.1 (what is not understood is ignored).
    """
    if len(scope) > _LONGEST_SCOPE or not _SPELLING.fullmatch(scope):
        raise ValueError("The scope must be a list of names with one space between them.")
    return tuple(dict.fromkeys(name for name in scope.split(" ") if name in SCOPES))


def parse_claims(text: str) -> RequestedClaims:
    """
    Return what the claims parameter *text* asks for.

    Raises:
        ValueError: with a sentence; not a JSON object, a repeated name, a wrong type, or more than 4,096 characters.

    Law: OpenID Connect Core 1.0 §5.5.
    """
    if len(text) > _LONGEST_CLAIMS:
        raise ValueError("The claims parameter is too long.")
    try:
        told = strict_json.read(text)
    except (ValueError, RecursionError) as wrong:
        raise ValueError("The claims parameter must be JSON, without a repeated name.") from wrong
    return RequestedClaims.from_mapping(told)


def claims_for(profile: Profile, scopes: Iterable[str], requested: Mapping[str, ClaimRequest]) -> dict[str, Any]:
    """
    Return what is told of a person: the claims of *scopes*, and of *requested*, one member of the claims parameter.

    Only a claim that has a value is told (OpenID Connect Core 1.0 §5.3.2); one that was asked for with a value,
    only if it has that value.
    """
    known = {**vars(profile), "roles": list(profile.roles)}
    by_scope = [claim for scope in scopes for claim in CLAIMS_OF.get(scope, ())]
    by_name = [claim for claim, request in requested.items() if claim in known and request.accepts(known[claim])]
    return {claim: known[claim] for claim in dict.fromkeys(by_scope + by_name) if known[claim] not in (None, "", [])}


def claims_supported() -> tuple[str, ...]:
    """Return the names of all claims that an ID token or userinfo may hold."""
    return (*_OF_THE_SIGN_IN, *_SCOPE_OF)


def _member(told: dict[str, Any], name: str) -> dict[str, ClaimRequest]:
    asked = told.get(name)
    if asked is None:
        return {}
    if not isinstance(asked, dict) or not all(
        request is None or isinstance(request, dict) for request in asked.values()
    ):
        raise ValueError(f"{name} in the claims parameter must be an object of objects or nulls.")
    return {claim: _claim_request(request or {}) for claim, request in asked.items() if claim in claims_supported()}


def _claim_request(told: dict[str, Any]) -> ClaimRequest:
    essential, values = told.get("essential", False), told.get("values", [])
    if not (isinstance(essential, bool) and isinstance(values, list)):
        raise ValueError("In the claims parameter, essential must be true or false and values a list.")  # noqa: TRY004
    wanted = [*([told["value"]] if "value" in told else []), *values]
    if not all(isinstance(value, int) or (isinstance(value, str) and value.isprintable()) for value in wanted):
        raise ValueError("In the claims parameter, a value must be a text, an integer, true or false.")
    return ClaimRequest(essential, tuple(wanted))
