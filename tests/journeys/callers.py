"""
Everybody who may come to a door that openapi.yaml describes, and what they bring; each time it is good and new.

Leaves to others: what they ask there (test_contract_fuzz).
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import yaml
from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import APIOperation

from identity_service.accounts.users import Person
from identity_service.accounts.vouchers import RESET_PASSWORD, VERIFY_EMAIL
from identity_service.flows.outcomes import By, NewAccount, Reply, SignedIn, Visitor
from identity_service.foundation.opaque import mint
from identity_service.oidc.details import EVERY_SCOPE, Details
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY
from identity_service.upstream.provider import Identity
from identity_service.web.contract import EXAMPLE_CLIENT_ID
from identity_service.web.entrance import Application
from identity_service.wiring import Services
from tests.house.tree import ROOT

METRICS_TOKEN = "7d1e0f9c3b5a48266e4c2a0b8f7d5139c1e3a5b7d9f00214"
INITIAL_ACCESS_TOKEN = "c4a8e2961f7b0d35e9c8a7164b2f3d5068719e0a4b5c6d7f"

DOCUMENT = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
ASKED, LEFT = (
    {each["name"]: each["example"] for each in DOCUMENT["paths"][path]["get"]["parameters"] if "example" in each}
    for path in ("/oauth2/authorize", "/oauth2/logout")
)
"""What the contract's application says when it sends somebody to sign in, and to sign out."""

_REGISTERED = {
    **{name: {**ASKED, **LEFT}[name] for name in ("client_id", "redirect_uri", "post_logout_redirect_uri")},
    "redirect_uris": [ASKED["redirect_uri"]],
}
_PLACES = (ParameterLocation.PATH, ParameterLocation.QUERY, ParameterLocation.BODY)
_SCOPE = "openid profile email"
_OF_BACK_ENDS = "violations bans"
_ACCOUNT = NewAccount("ada@example.org", "Ada Lovelace", "ada", "a long phrase that is mine")
_ELSEWHERE = Identity("github", "github", "https://github.com", "1815")


@dataclass(frozen=True)
class Caller:
    """Somebody who may come in: what they show, and what they say where it is asked for; chance would not hit on it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, Any] = field(default_factory=dict)

    def instead_of(self, case: Case) -> Case:
        """Let *case* come from this caller, without other credentials; what is bad in it stays as it is."""
        for said in [case.get_container(place) for place in _PLACES if not case.meta.is_negative_at(place)]:
            if isinstance(said, dict):
                said.update({name: value for name, value in self.says.items() if name in said})
        case.headers.pop("Authorization", None)
        for cookie in ("refreshToken", "identity_session"):
            case.cookies.pop(cookie, None)
        return case

    def call(self, case: Case, application: Application) -> Any:
        """Return the answer to *case*, asked with these credentials."""
        return case.call(app=application, headers=dict(self.headers), cookies=dict(self.cookies))


@dataclass(frozen=True)
class Callers:
    """A person and an application whom the examples of the contract know, and everybody else who may come."""

    application: Application
    services: Services
    client_secret: str

    @property
    def person(self) -> Person:
        """The person of the examples, here again if the account has been closed."""
        known = self.services.capabilities.users.by_email(_ACCOUNT.email)
        return known or self.services.administer.create_user(_ACCOUNT).person

    def of(self, operation: APIOperation) -> Iterator[Caller]:
        """Yield each one who may enter; nobody is yielded where nobody needs to prove anything."""
        for requirement in operation.definition.raw.get("security", []):
            yield from (self.by(scheme) for scheme in requirement)

    def by(self, scheme: str) -> Caller:
        """Return somebody with good credentials as *scheme* wants them."""
        match scheme:
            case "accessToken":
                return _bearer(self.sign_in().access_token)
            case "refreshCookie":
                return Caller(cookies={"refreshToken": self.sign_in().refresh_token})
            case "browserCookie":
                return Caller(cookies={"identity_session": self.sign_in().browser}, says=_REGISTERED)
            case "clientSecret":
                pair = f"{EXAMPLE_CLIENT_ID}:{self.client_secret}"
                return Caller({"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}, says=_REGISTERED)
            case "clientToken":
                return _bearer(self.services.capabilities.own_tokens_of_clients.issue(EXAMPLE_CLIENT_ID, _OF_BACK_ENDS))
            case "metricsToken":
                return _bearer(METRICS_TOKEN)
            case "initialAccessToken":
                return _bearer(INITIAL_ACCESS_TOKEN, _REGISTERED)
            case "registrationAccessToken":
                return _bearer(self.register(), _REGISTERED)
        raise LookupError(f"Say here how one proves oneself by {scheme}.")

    def sign_in(self) -> SignedIn:
        """Open a session without a password, which would cost a hash; the client is allowed what it asks for."""
        person = self.person
        capabilities, browser = self.services.capabilities, mint(self.services.chance)
        lifetime = self.services.settings.lifetimes.refresh
        opening = Opening(person.id, FIRST_PARTY, _SCOPE, "pwd", "a test", "192.0.2.7", lifetime, browser.fingerprint)
        with self.services.database.transaction():
            session = capabilities.refresh_tokens.begin(opening)
            capabilities.consents.remember(person.id, EXAMPLE_CLIENT_ID, _SCOPE.split())
            self.services.upstream.connect.links.tie(_ELSEWHERE, person.id, is_origin=False)
        return self.services.begin_session.issue.first_party(session, person, browser.plain)

    def things(self) -> dict[str, str]:
        """Return what a request may be about, under the names that the contract has for it."""
        signed_in = self.sign_in()
        browser = self.services.verify.by_browser(signed_in.browser)
        answer = self.services.provider.authorize.decide(tuple(ASKED.items()), browser)
        assert isinstance(answer, Reply), answer
        by = By("operator", Visitor("", "", ""))
        banned = self.services.moderation.moderate.ban("192.0.2.66", timedelta(hours=1), "", by)
        return {
            "user_id": self.person.id,
            "address": banned.holder,
            "session_id": signed_in.session_id,
            "token": signed_in.access_token,
            "code": answer.parameters["code"],
        }

    def voucher(self, path: str) -> dict[str, str]:
        """Return what the letter that leads to the door at *path* carries, under the names of the contract."""
        kind = {"/api/auth/resetPassword": RESET_PASSWORD, "/api/user/verify": VERIFY_EMAIL}.get(path)
        if kind is None:
            return {}
        with self.services.database.transaction():
            token = self.services.capabilities.vouchers.mint(kind, self.person.id, self.person.email)
        return {"userId": self.person.id, "token": token}

    def register(self) -> str:
        """Let the application be here, although it may have been removed; return its registration access token."""
        clients, token = self.services.capabilities.clients, mint(self.services.chance)
        with self.services.database.transaction():
            if clients.by_id(EXAMPLE_CLIENT_ID) is None:
                register_client(self.services)
            clients.set_registration_token(EXAMPLE_CLIENT_ID, token.fingerprint)
        return token.plain


def callers_of(application: Application, services: Services) -> Callers:
    """Let the person and the application of the examples come to be."""
    with services.database.transaction():
        secret = register_client(services)
    return Callers(application, services, secret)


def register_client(services: Services) -> str:
    """Register the application of the examples, inside a transaction; return its secret."""
    landing = (LEFT["post_logout_redirect_uri"],)
    details = Details(post_logout_redirect_uris=landing, scope=f"{EVERY_SCOPE} {_OF_BACK_ENDS}")
    clients = services.capabilities.clients
    _, secret = clients.register("Open WebUI", (ASKED["redirect_uri"],), details, client_id=EXAMPLE_CLIENT_ID)
    return secret or ""


def _bearer(token: str, says: Mapping[str, Any] | None = None) -> Caller:
    return Caller({"Authorization": f"Bearer {token}"}, says=says or {})
