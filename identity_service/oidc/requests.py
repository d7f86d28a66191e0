"""
An authorization request, parsed and checked once, into something frozen.

Only when the client is known and the redirect address is one of its own does an error travel back to it.
Law: OpenID Connect Core 1.0 §3.1.2.1, §3.1.2.2 and §3.1.2.6, RFC 6749 §3.1 and §4.1.2.1, RFC 7636 §4.3 and §4.4,
RFC 9700 §2.1. Leaves to others: what the person must still do (prompts), whose an ID token hint is (id_tokens).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias, TypeVar

from identity_service.oidc import redirects
from identity_service.oidc.scopes import OPENID, RequestedClaims, parse_claims, parse_scope

QUERY, FORM_POST = "query", "form_post"
RESPONSE_TYPES = ("code",)
RESPONSE_MODES = (QUERY, FORM_POST)
PROMPT_VALUES = ("none", "login", "consent", "select_account")
CHALLENGE_METHODS = ("S256",)

_LONGEST_MAX_AGE = 2**31 - 1
_CLIENT_ID = re.compile(r"[ -~]{1,64}")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,10}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# Characters; what is not named here has a bound of its own where it is read.
_LONGEST = {"state": 2048, "nonce": 512, "login_hint": 512, "ui_locales": 512, "acr_values": 512, "id_token_hint": 8192}
_NOT_SUPPORTED = ("request", "request_uri", "registration")
_KNOWN = frozenset(
    {
        *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "code_challenge"),
        *("code_challenge_method", "prompt", "max_age", "display", "claims", "claims_locales"),
        *_LONGEST,
        *_NOT_SUPPORTED,
    }
)

Single: TypeAlias = Mapping[str, str]


class RequestingDetails(Protocol):
    """What a request is measured against, under the names of RFC 7591 §2."""

    @property
    def application_type(self) -> str:
        """Either `web` or `native`."""

    @property
    def grant_types(self) -> tuple[str, ...]:
        """The grants that the client is registered for."""

    @property
    def scope(self) -> str:
        """What the client may ask for."""

    @property
    def require_pkce(self) -> bool:
        """Whether a challenge must come with each request."""

    @property
    def default_max_age(self) -> int | None:
        """The `max_age` of a request that names none, in seconds."""


class RequestingClient(Protocol):
    """The client that a request names."""

    @property
    def client_id(self) -> str:
        """Its name for itself."""

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """Where an answer may go."""

    @property
    def is_confidential(self) -> bool:
        """Whether it can prove who it is."""

    @property
    def details(self) -> RequestingDetails:
        """What else is known of it."""


ClientT = TypeVar("ClientT", bound=RequestingClient)


@dataclass(frozen=True)
class AuthorizationRequest:
    """
    A good request.

    `scope` is what is left of what was asked for: known here, allowed to the client. `max_age` is in seconds.
    """

    client_id: str
    redirect_uri: str
    scope: tuple[str, ...]
    response_mode: str = QUERY
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    id_token_hint: str | None = None
    login_hint: str | None = None
    ui_locales: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    claims: RequestedClaims = field(default_factory=RequestedClaims)

    @property
    def asks_for(self) -> tuple[str, ...]:
        """What the person is asked to allow: the scopes, and those behind claims that are asked for one by one."""
        return tuple(dict.fromkeys((*self.scope, *self.claims.scopes)))


@dataclass(frozen=True)
class Trusted(Generic[ClientT]):
    """The request is good."""

    client: ClientT
    request: AuthorizationRequest


@dataclass(frozen=True)
class Untrusted:
    """Nobody knows who asks or where an answer may go; `reason` is for the person, and nothing of it came with it."""

    reason: str
    client_id: str = ""  # of a client that asks with an address which is not its own


@dataclass(frozen=True)
class Faulty(Generic[ClientT]):
    """The client and its address are known, and learn what is wrong (RFC 6749 §4.1.2.1)."""

    client: ClientT
    redirect_uri: str
    response_mode: str
    state: str | None
    error: str
    error_description: str


Parsed: TypeAlias = Trusted[ClientT] | Untrusted | Faulty[ClientT]


class _Fault(Exception):
    def __init__(self, error: str, description: str) -> None:
        self.error = error
        self.description = description
        super().__init__(error)


def parse(parameters: Sequence[tuple[str, str]], find_client: Callable[[str], ClientT | None]) -> Parsed[ClientT]:
    """
    Read an authorization request from its *parameters*, repeated ones included, in any order.

    An unknown parameter is ignored, and one without a value counts as absent (RFC 6749 §3.1).
    """
    given: dict[str, list[str]] = {}
    for name, value in parameters:
        if name in _KNOWN and value:
            given.setdefault(name, []).append(value)
    client_id, redirect_uri = given.get("client_id", []), given.get("redirect_uri", [])
    if len(client_id) != 1 or len(redirect_uri) != 1:
        return Untrusted("The application must say once who it is and where the answer goes.")
    client = find_client(client_id[0]) if _CLIENT_ID.fullmatch(client_id[0]) else None
    if client is None:
        return Untrusted("This application is not registered here.")
    if not redirects.matches(redirect_uri[0], client.redirect_uris, client.details.application_type):
        why = "The address that the answer should go to is not registered for this application."
        return Untrusted(why, client_id[0])
    try:
        return Trusted(client, _request(given, client))
    except _Fault as fault:
        state, mode = given.get("state", []), given.get("response_mode", [])
        return Faulty(
            client,
            redirect_uri[0],
            mode[0] if len(mode) == 1 and mode[0] in RESPONSE_MODES else QUERY,
            state[0] if len(state) == 1 and _is_bounded("state", state[0]) else None,
            fault.error,
            fault.description,
        )


def _request(given: Mapping[str, list[str]], client: RequestingClient) -> AuthorizationRequest:
    single = _single(given)
    _check_kind(single, client)
    scope = _scope(single, client)
    claims = _claims(single).within(client.details.scope.split())
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=single["redirect_uri"],
        scope=scope,
        response_mode=single.get("response_mode", QUERY),
        state=single.get("state"),
        nonce=single.get("nonce"),
        code_challenge=_code_challenge(single, client, scope),
        prompt=_prompt(single),
        max_age=_max_age(single, client.details.default_max_age),
        id_token_hint=single.get("id_token_hint"),
        login_hint=single.get("login_hint"),
        ui_locales=tuple(single.get("ui_locales", "").split()),
        acr_values=tuple(single.get("acr_values", "").split()),
        # What a person is told by name is told in an ID token or at userinfo, and both are OpenID's.
        claims=claims if OPENID in scope else RequestedClaims(),
    )


def _single(given: Mapping[str, list[str]]) -> Single:
    for name, values in given.items():
        if len(values) > 1:
            raise _Fault("invalid_request", f"{name} must not be repeated.")
        if not _is_bounded(name, values[0]):
            raise _Fault("invalid_request", f"{name} is too long or holds control characters.")
    return {name: values[0] for name, values in given.items()}


def _is_bounded(name: str, value: str) -> bool:
    return name not in _LONGEST or (len(value) <= _LONGEST[name] and value.isprintable())


def _check_kind(single: Single, client: RequestingClient) -> None:
    """Refuse what is not a request for a code, spelled out in parameters of its own."""
    if single.get("response_mode", QUERY) not in RESPONSE_MODES:
        raise _Fault("invalid_request", "response_mode must be query or form_post.")
    for name in _NOT_SUPPORTED:
        if name in single:
            raise _Fault(f"{name}_not_supported", f"{name} is not supported.")
    if "response_type" not in single:
        raise _Fault("invalid_request", "response_type is missing.")
    if single["response_type"] not in RESPONSE_TYPES:
        raise _Fault("unsupported_response_type", "response_type must be code.")
    if "authorization_code" not in client.details.grant_types:
        raise _Fault("unauthorized_client", "This client is not registered for authorization codes.")


def _scope(single: Single, client: RequestingClient) -> tuple[str, ...]:
    if "scope" not in single:
        raise _Fault("invalid_scope", "scope is missing.")
    allowed = client.details.scope.split()
    try:
        scope = tuple(name for name in parse_scope(single["scope"]) if name in allowed)
    except ValueError as wrong:
        raise _Fault("invalid_scope", str(wrong)) from wrong
    if not scope:
        raise _Fault("invalid_scope", "Nothing in scope is known here and allowed to this client.")
    return scope


def _code_challenge(single: Single, client: RequestingClient, scope: tuple[str, ...]) -> str | None:
    """
    Return the PKCE challenge; S256 is the only method, and no method would mean `plain` (RFC 7636 §4.3).

    A confidential client that is exempt is protected by the nonce in its ID token instead (RFC 9700 §2.1.1).
    """
    challenge, method = single.get("code_challenge"), single.get("code_challenge_method")
    if challenge is None and method is not None:
        raise _Fault("invalid_request", "code_challenge is missing.")
    if challenge is None:
        if client.details.require_pkce or not client.is_confidential:
            raise _Fault("invalid_request", "code_challenge is required, with the method S256.")
        if "nonce" not in single or OPENID not in scope:
            raise _Fault("invalid_request", "Without code_challenge, a nonce and the scope openid are required.")
        return None
    if method not in CHALLENGE_METHODS:
        raise _Fault("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise _Fault("invalid_request", "code_challenge must be 43 characters of base64url.")
    return challenge


def _prompt(single: Single) -> frozenset[str]:
    prompt = frozenset(single["prompt"].split(" ")) if "prompt" in single else frozenset()
    if not prompt <= set(PROMPT_VALUES):
        raise _Fault("invalid_request", "prompt must hold none, login, consent or select_account.")
    if "none" in prompt and len(prompt) > 1:
        raise _Fault("invalid_request", "prompt must not hold none and something else.")
    return prompt


def _max_age(single: Single, default: int | None) -> int | None:
    if "max_age" not in single:
        return default
    if not _WHOLE_NUMBER.fullmatch(single["max_age"]) or int(single["max_age"]) > _LONGEST_MAX_AGE:
        raise _Fault("invalid_request", "max_age must be a whole number of seconds.")
    return int(single["max_age"])


def _claims(single: Single) -> RequestedClaims:
    try:
        return parse_claims(single["claims"]) if "claims" in single else RequestedClaims()
    except ValueError as wrong:
        raise _Fault("invalid_request", str(wrong)) from wrong
