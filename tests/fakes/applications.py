"""
Applications to test with: registered without a form, given tokens without a browser in between.
"""

from base64 import b64encode
from datetime import timedelta

from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.flows.outcomes import SignedIn
from identity_service.oidc.clients import Client, Registered
from identity_service.oidc.codes import IssuedCode
from identity_service.oidc.details import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN, Details
from identity_service.wiring import Services
from tests.fakes.clock import START
from tests.fakes.people import VISITOR

CALLBACK = "https://app.example.org/callback"

# RFC 7636 appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def application(services: Services, **details: object) -> Registered:
    """Register an application that may do everything, but for what *details* say."""
    usual = {"grant_types": (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS)}
    with services.database.transaction():
        return services.capabilities.clients.register("App", (CALLBACK,), Details(**{**usual, **details}))


def code_for(services: Services, client: Client, browser: SignedIn, scope: str = "openid", **asked: object) -> str:
    """Return a code as the authorization endpoint would have sent it to *client*."""
    issued = IssuedCode(
        client.client_id,
        browser.person.id,
        browser.session_id,
        CALLBACK,
        scope,
        START - timedelta(minutes=3),
        "pwd",
        **{"code_challenge": CHALLENGE, **asked},
    )
    with services.database.transaction():
        return services.capabilities.codes.mint(issued)


def tokens_for(
    services: Services, client: Client, browser: SignedIn, scope: str = "openid", **asked: object
) -> Granted:
    """Return what *client* is given for whoever is signed in in *browser*."""
    code = code_for(services, client, browser, scope, **asked)
    request = TokenRequest("authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER)
    return services.provider.token.answer(client, request, VISITOR)


def own_token(services: Services, client: Client) -> str:
    """Return a token that *client* got for itself."""
    return services.provider.token.answer(client, TokenRequest("client_credentials"), VISITOR).access_token


def basic(registered: Registered) -> dict[str, str]:
    """Return the header by which a client with a secret proves itself."""
    credentials = f"{registered.client.client_id}:{registered.client_secret}"
    return {"Authorization": "Basic " + b64encode(credentials.encode()).decode()}
