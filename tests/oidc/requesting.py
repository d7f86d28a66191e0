"""
Somebody who asks for authorization: a good request, which a test changes in one respect.

Leaves to others: what is changed, and what must come of it.
"""

from dataclasses import dataclass, field, replace

from identity_service.oidc.details import Details
from identity_service.oidc.requests import Faulty, Trusted, parse

URI = "https://client.example/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 Appendix B
GOOD = {
    "response_type": "code",
    "client_id": "chat",
    "redirect_uri": URI,
    "scope": "openid email",
    "state": "af0ifjsldkj",
    "nonce": "n-0S6_WzA2Mj",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@dataclass(frozen=True)
class Client:
    """Somebody who asks."""

    client_id: str = "chat"
    redirect_uris: tuple[str, ...] = (URI, "https://client.example/silent?x=1")
    is_confidential: bool = True
    details: Details = field(default_factory=Details)


def read(*repeated, client=None, **changed):
    """Parse a good request of *client* with some parameters changed, None removing one, and others *repeated*."""
    client = client or Client()
    parameters = [(name, value) for name, value in {**GOOD, **changed}.items() if value is not None]
    return parse([*parameters, *repeated], {client.client_id: client}.get)


def good(*repeated, client=None, **changed):
    parsed = read(*repeated, client=client, **changed)
    assert isinstance(parsed, Trusted), parsed
    return parsed.request


def error(*repeated, client=None, **changed):
    """Return the error; whatever it is, it goes where the client expects it, in characters that may stand there."""
    parsed = read(*repeated, client=client, **changed)
    assert isinstance(parsed, Faulty), parsed
    assert parsed.redirect_uri == URI
    assert parsed.error_description.isascii()
    assert parsed.error_description.isprintable()
    assert not set(parsed.error_description) & set('"\\')
    return parsed.error


def client_with(**details):
    return Client(details=Details(**details))


LENGTHS = {"state": 2048, "nonce": 512, "login_hint": 512, "ui_locales": 512, "acr_values": 512, "id_token_hint": 8192}
"""Characters, of the texts that are carried as they are."""

PUBLIC = replace(client_with(token_endpoint_auth_method="none"), is_confidential=False)
EXEMPT = client_with(require_pkce=False)
WITHOUT_PKCE = {"code_challenge": None, "code_challenge_method": None}
