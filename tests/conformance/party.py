"""
A relying party: it knows what discovery says, sends people to us, and checks everything that it is given.

Signatures are verified with joserfc against the published keys; nothing of this service takes part.
Law: OpenID Connect Core 1.0 §3.1. Leaves to others: the browser (user_agent).
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import Client, TestResponse

from tests.conformance.user_agent import HOME, UserAgent, forms_of
from tests.fakes.people import PASSWORD

ADA = "ada@example.org"
CALLBACK = "https://app.example.org/callback"
STATE, NONCE = "af0ifjsldkj", "n-0S6_WzA2Mj"

# RFC 7636 appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Answer(NamedTuple):
    """What came back to the party: where, how (query or form_post), and which pages the person had to deal with."""

    address: str
    mode: str
    parameters: Mapping[str, str]
    asked: tuple[str, ...]

    @property
    def code(self) -> str:
        """The authorization code."""
        return self.parameters["code"]


class Signed(NamedTuple):
    """A JWT whose signature is good."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


@dataclass(frozen=True)
class Somebody:
    """Who sits before the browser, and what they do when they are asked for consent."""

    email: str = ADA
    password: str = PASSWORD
    decision: str = "allow"
    remember: str | None = None


HERSELF = Somebody()
"""Ada, who allows what she is asked for, this once."""


@dataclass(frozen=True)
class Party:
    """A relying party; `wire` is its own line to us, without a browser."""

    wire: Client
    client_id: str
    client_secret: str | None
    redirect_uri: str = CALLBACK
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def request(self, **changes: str | None) -> dict[str, str]:
        """Return an authentication request, but for *changes*; None leaves a parameter out."""
        usual = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": STATE,
            "nonce": NONCE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def at(self, endpoint: str, parameters: Mapping[str, str]) -> str:
        """Return the address of an *endpoint* with *parameters*."""
        return f"{self.metadata[endpoint]}?{urlencode(parameters)}"

    def send(self, browser: UserAgent, **changes: str | None) -> TestResponse:
        """Send a browser to us and return the first thing it is not redirected by us from."""
        return browser.come(self.at("authorization_endpoint", self.request(**changes)))

    def authorize(self, browser: UserAgent, who: Somebody = HERSELF, **changes: str | None) -> Answer:
        """Send a browser to us; whoever sits before it does what our pages ask for."""
        return answer_of(browser, self.send(browser, **changes), who)

    def sign_in(self, browser: UserAgent, **changes: str | None) -> dict[str, Any]:
        """Send Ada to us and redeem the code that comes back."""
        return told(self.redeem(self.authorize(browser, **changes).code))

    def redeem(self, code: str, **changes: str | None) -> TestResponse:
        """Redeem a code, but for *changes*."""
        usual = {"redirect_uri": self.redirect_uri, "code_verifier": VERIFIER}
        return self.ask_for_tokens("authorization_code", code=code, **{**usual, **changes})

    def refresh(self, refresh_token: str, **changes: str | None) -> TestResponse:
        """Present a refresh token."""
        return self.ask_for_tokens("refresh_token", refresh_token=refresh_token, **changes)

    def ask_for_tokens(self, grant_type: str | None, **said: str | None) -> TestResponse:
        """Send a token request, authenticated by the secret in the header if there is one."""
        return self.post("token_endpoint", grant_type=grant_type, **said)

    def post(self, endpoint: str, **said: str | None) -> TestResponse:
        """Send a form to one of the endpoints that want the client itself."""
        public = {} if self.client_secret else {"client_id": self.client_id}
        form = {name: value for name, value in {**public, **said}.items() if value is not None}
        return self.ask(endpoint, form, **self.basic())

    def ask(self, endpoint: str, form: Mapping[str, str], **headers: str) -> TestResponse:
        """Send *form* with nothing added."""
        return self.wire.post(_place(self.metadata[endpoint]), base_url=HOME, data=form, headers=headers)

    def basic(self) -> dict[str, str]:
        """Return the header of client_secret_basic; empty without a secret."""
        if not self.client_secret:
            return {}
        spelled = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return {"Authorization": f"Basic {spelled}"}

    def userinfo(self, access_token: str) -> TestResponse:
        """Ask who the person is."""
        return self.get("userinfo_endpoint", Authorization=f"Bearer {access_token}")

    def get(self, endpoint: str, **headers: str) -> TestResponse:
        """Get what stands at an endpoint."""
        return self.wire.get(_place(self.metadata[endpoint]), base_url=HOME, headers=headers)

    def verified(self, token: str, algorithm: str = "RS256") -> Signed:
        """Return a JWT that one of the published keys has signed with *algorithm*."""
        keys = KeySet.import_key_set(told(self.get("jwks_uri")))
        decoded = jwt.decode(token, keys, algorithms=[algorithm])
        return Signed(decoded.header, decoded.claims)


def answer_of(browser: UserAgent, page: TestResponse, who: Somebody = HERSELF) -> Answer:
    """Do what our pages ask for until there is an answer for the party."""
    asked: list[str] = []
    while page.status_code == 200 and (action := forms_of(page)[0].action) in _DEEDS:
        assert len(asked) < 5, f"asked again and again: {asked}"
        asked.append(action)
        page = _DEEDS[action](browser, page, who)
    if page.location:
        address, _, query = page.location.partition("?")
        return Answer(address, "query", dict(parse_qsl(query, strict_parsing=True)), tuple(asked))
    assert page.status_code == 200, page.text
    (form,) = forms_of(page)
    return Answer(form.action, "form_post", form.fields, tuple(asked))


def told(answer: TestResponse) -> dict[str, Any]:
    """Return what a successful answer says."""
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.get_json()
    return said


def refused(answer: TestResponse) -> tuple[int, str]:
    """Return the status and the error code of an answer of the OAuth endpoints."""
    return answer.status_code, answer.get_json()["error"]


def half_hash(token: str) -> str:
    """Return what Core §3.1.3.6 makes of *token*, for algorithms that end in 256."""
    return base64.urlsafe_b64encode(sha256(token.encode("ascii")).digest()[:16]).rstrip(b"=").decode()


def _sign_in(browser: UserAgent, page: TestResponse, who: Somebody) -> TestResponse:
    return browser.submit(page, "/login", email=who.email, password=who.password)


def _go_on(browser: UserAgent, page: TestResponse, who: Somebody) -> TestResponse:
    is_offered = who.email.lower() in page.text.lower()
    return browser.submit(page, "/login/continue") if is_offered else _sign_in(browser, page, who)


def _decide(browser: UserAgent, page: TestResponse, who: Somebody) -> TestResponse:
    return browser.submit(page, "/consent", decision=who.decision, remember=who.remember)


_DEEDS = {"/login": _sign_in, "/login/continue": _go_on, "/consent": _decide}


def _place(address: str) -> str:
    return urlsplit(address).path
