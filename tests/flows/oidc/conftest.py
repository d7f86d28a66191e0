"""A client that has sent somebody to us, and the token endpoint to which it comes next."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from identity_service.accounts.users import Person
from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.flows.outcomes import SignedIn
from identity_service.oidc.clients import Client
from identity_service.oidc.codes import IssuedCode
from identity_service.oidc.details import Details
from identity_service.wiring import Services
from tests.fakes.clock import START
from tests.fakes.people import VISITOR, person, session

CALLBACK = "https://app.example.org/callback"

# RFC 7636 appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass(frozen=True)
class Provider:
    """The provider as a client sees it, without the web in between."""

    services: Services

    def register(self, **details: object) -> Client:
        """Register a client with one address."""
        with self.services.database.transaction():
            return self.services.capabilities.clients.register("App", (CALLBACK,), Details(**details)).client

    def mint(self, client: Client, browser: SignedIn, **told: object) -> str:
        """Return a code as the authorization endpoint would have sent it."""
        issued = IssuedCode(
            client_id=client.client_id,
            user_id=browser.person.id,
            parent_id=browser.session_id,
            redirect_uri=CALLBACK,
            scope="openid",
            auth_time=START - timedelta(minutes=3),
            amr="pwd",
            code_challenge=CHALLENGE,
            nonce="n-0S6_WzA2Mj",
        )
        with self.services.database.transaction():
            return self.services.capabilities.codes.mint(replace(issued, **told))

    def redeem(self, client: Client, code: str, **said: str) -> Granted:
        """Redeem a code as an honest client does, but for what the test says."""
        asked = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **said}
        return self.ask(client, TokenRequest("authorization_code", **asked))

    def refresh(self, client: Client, refresh_token: str | None, scope: str = "") -> Granted:
        """Present a refresh token."""
        return self.ask(client, TokenRequest("refresh_token", refresh_token=refresh_token or "", scope=scope))

    def ask(self, client: Client, request: TokenRequest) -> Granted:
        """Ask for tokens."""
        return self.services.provider.token.answer(client, request, VISITOR)

    def end(self, session_id: str) -> None:
        """End a session, and those below it."""
        with self.services.database.transaction():
            self.services.sign_out.endings.one(session_id, "signed out")

    def is_alive(self, session_id: str) -> bool:
        """Tell whether a session has not ended yet."""
        return self.services.capabilities.sessions.standing(session_id, 0) is not None


@pytest.fixture
def provider(services: Services) -> Provider:
    """The provider of this test's installation."""
    return Provider(services)


@pytest.fixture
def browser(services: Services, ada: Person) -> SignedIn:
    """Ada's browser, in which she is signed in."""
    return session(services, ada)


@pytest.fixture
def grace(services: Services) -> Person:
    """Somebody else."""
    return person(services, "grace@example.org", username="grace")


@pytest.fixture
def client(provider: Provider) -> Client:
    """A confidential client that may refresh."""
    return provider.register(grant_types=("authorization_code", "refresh_token"))
