"""
OAuth 2.0, from the client's side: a code that comes back with our state becomes a token, and the token an identity.

Law: RFC 6749 §4.1, RFC 7636 (S256), RFC 9207 (whose answer it is), RFC 6749 §2.3.1 (how we prove who we are).
Leaves to others: that the state is this browser's and new (departures), OpenID Connect on top (id_token).
"""

from abc import abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from identity_service.foundation.outbound import Incoming, Outgoing, Unreachable
from identity_service.foundation.outbound import Reason as Why
from identity_service.upstream.answers import BadAnswer, cleaned, json_value
from identity_service.upstream.provider import Callback, Identity, Line, NotProven, Provider, Reason, Trip

LONGEST_TOKEN = 64 * 1024
"""Characters of an access token; some are whole documents."""

_UNAUTHORIZED = 401
_DENIALS = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize", "consent_required"})


class TokenDoor(NamedTuple):
    """Where codes become tokens; with `is_basic` our secret travels in the header, else in the form."""

    address: str
    is_basic: bool


class CodeFlow(Provider):
    """
    A provider that speaks OAuth 2.0.

    A subclass says its addresses, and makes an identity of what the addresses in `profile` answer.
    """

    authorize_url: str
    token_url: str

    profile: Mapping[str, str]
    """What is asked with the access token, by a name of our own."""

    optional: ClassVar[frozenset[str]] = frozenset()
    """Which of it a provider may refuse without that everything ends; it counts as None then."""

    uses_pkce: ClassVar[bool] = True
    """Whether the provider takes a code challenge, or at least is not disturbed by one."""

    asks: Mapping[str, str] = MappingProxyType({})
    """What else stands in the authorization request."""

    asks_again: Mapping[str, str] = MappingProxyType({})
    """What stands there when the person has to show once more who it is; as much as the provider understands."""

    def authorization_url(self, trip: Trip, line: Line) -> str:
        """Return where the browser goes."""
        return self.request(self.authorize_url, trip, {**self.challenge(trip, line), **self.wishes(trip)})

    def identify(self, callback: Callback, trip: Trip, line: Line) -> Identity:
        """Return whose identity *callback* proves."""
        self.refuse_errors(callback)
        # A provider without OpenID has no issuer to compare; but another host's answer is not its answer.
        if callback.iss is not None and _origin(callback.iss) != _origin(self.authorize_url):
            raise NotProven(Reason.UNTRUSTED, "another issuer's answer")
        tokens = self.exchange(callback, trip, line)
        return self.identity(self.ask_profile(self.access_token(tokens), line))

    def wishes(self, trip: Trip) -> dict[str, str]:
        """Return what else stands in the authorization request of *trip*."""
        return {**self.asks, **(self.asks_again if trip.is_again else {})}

    @abstractmethod
    def identity(self, answers: Mapping[str, Any]) -> Identity:
        """Return who that is, from what `profile` answered: a pure function."""

    def ask_profile(self, access_token: str, line: Line) -> dict[str, Any]:
        """Return what each address in `profile` answered to the bearer of *access_token*."""
        answers: dict[str, Any] = {}
        for name, address in self.profile.items():
            request = Outgoing("GET", self.signed(address, access_token), self.bearing(access_token))
            try:
                answers[name] = self.ask(request, name, line)
            except NotProven as wrong:
                if name not in self.optional or wrong.reason is Reason.SILENT:
                    raise
                answers[name] = None
        return answers

    def signed(self, address: str, access_token: str) -> str:  # noqa: ARG002 - for those who want more than a bearer
        """Return *address* as it is asked; some providers want the request signed."""
        return address

    def bearing(self, access_token: str) -> dict[str, str]:
        """Return the headers of a request with an access token (RFC 6750 §2.1)."""
        return {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}

    def exchange(self, callback: Callback, trip: Trip, line: Line) -> dict[str, Any]:
        """Return what the token endpoint gives for the code (RFC 6749 §4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": callback.code,
            "redirect_uri": self.redirect_uri,
            **({"code_verifier": trip.verifier} if self.sends_challenge(line) else {}),
        }
        door, what = self.token_door(line), "the token endpoint"
        request = self._redemption(form, door)
        answer = self.reach(request, what, line)
        # What an issuer lists is what it can do; how this client is registered there is nowhere told (RFC 7591 §2).
        if answer.status == _UNAUTHORIZED and "Authorization" in request.headers:
            answer = self.reach(self._redemption(form, door._replace(is_basic=False)), what, line)
        tokens = self.understand(answer, what)
        if not isinstance(tokens, dict) or "error" in tokens:  # GitHub answers errors with 200
            told = tokens.get("error") if isinstance(tokens, dict) else ""
            raise NotProven(Reason.UNTRUSTED, f"the token endpoint says {cleaned(told, 60)}")
        return tokens

    def token_door(self, line: Line) -> TokenDoor:  # noqa: ARG002 - nobody has to be asked
        """Return where codes become tokens."""
        return TokenDoor(self.token_url, is_basic=False)

    def sends_challenge(self, line: Line) -> bool:  # noqa: ARG002 - nobody has to be asked
        """Say whether the provider is given a code challenge."""
        return self.uses_pkce

    def challenge(self, trip: Trip, line: Line) -> dict[str, str]:
        """Return what binds the code to this trip (RFC 7636 §4.3)."""
        if not self.sends_challenge(line):
            return {}
        return {"code_challenge": create_s256_code_challenge(trip.verifier), "code_challenge_method": "S256"}

    def proof(self, door: TokenDoor) -> tuple[dict[str, str], dict[str, str]]:
        """Return what proves to the provider that it is us: fields of the form, and headers."""
        client_id, secret = str(self.client.client_id), self.secret()
        if secret and door.is_basic:
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
            return {}, {"Authorization": f"Basic {b64encode(pair).decode()}"}
        return {"client_id": client_id, **({"client_secret": secret} if secret else {})}, {}

    def secret(self) -> str:
        """Return the client secret, empty for a public client."""
        kept = self.client.client_secret
        return kept.get_secret_value() if kept else ""

    def refuse_errors(self, callback: Callback) -> None:
        """Refuse an answer that is an error, or has no code."""
        if callback.error:
            reason = Reason.DENIED if callback.error in _DENIALS else Reason.UNTRUSTED
            raise NotProven(reason, f"{callback.error}: {callback.error_description}")
        if not callback.code:
            raise NotProven(Reason.UNTRUSTED, "neither code nor error")

    def access_token(self, tokens: Mapping[str, Any]) -> str:
        """Return the access token among *tokens* (RFC 6749 §5.1)."""
        token, kind = tokens.get("access_token"), tokens.get("token_type", "bearer")
        is_usable = isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token
        if not is_usable or not 0 < len(str(token)) <= LONGEST_TOKEN or str(kind).lower() != "bearer":
            raise NotProven(Reason.UNTRUSTED, "no usable access token")
        return str(token)

    def ask(self, request: Outgoing, what: str, line: Line) -> Any:
        """Return the JSON that *request* is answered with; *what* names it in the log."""
        return self.understand(self.reach(request, what, line), what)

    def reach(self, request: Outgoing, what: str, line: Line) -> Incoming:
        """Return what *request* is answered with, whatever it is."""
        try:
            return line.fetch(request)
        except Unreachable as fault:
            reason = Reason.UNTRUSTED if fault.reason in {Why.SIZE, Why.ENCODING} else Reason.SILENT
            raise NotProven(reason, f"{what}: {fault.reason}; {fault.detail}") from fault

    def understand(self, answer: Incoming, what: str) -> Any:
        """Return the JSON in *answer*."""
        try:
            return json_value(answer, what)
        except BadAnswer as fault:
            raise NotProven(Reason.UNTRUSTED, str(fault)) from fault

    def request(self, address: str, trip: Trip, asks: Mapping[str, str]) -> str:
        """Return the address of the authorization request (RFC 6749 §4.1.1)."""
        scope, client_id = " ".join(self.wanted_scopes()), str(self.client.client_id)
        return str(prepare_grant_uri(address, client_id, "code", self.redirect_uri, scope, trip.state, **asks))

    def wanted_scopes(self) -> tuple[str, ...]:
        """Return what is asked for."""
        return self.scopes

    def _redemption(self, form: Mapping[str, str], door: TokenDoor) -> Outgoing:
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        proof, header = self.proof(door)
        return Outgoing("POST", door.address, {**headers, **header}, urlencode({**form, **proof}).encode())


def _origin(address: str) -> tuple[str, str]:
    """Return scheme and host of *address*; of what is none, neither."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc
