"""
/.well-known: who we are, what we can do, and the keys that verify what we sign.

Law: OpenID Connect Discovery 1.0 §4, RFC 8414 §3, RFC 7517 (JWK Set), RFC 9111 (caching).
"""

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from identity_service.web.context import services
from identity_service.web.contract import Answer, Operation, door, reply

well_known = Blueprint("well_known", __name__)

_EXAMPLE_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "kid": "iX7yCzNMvJbUT5uPhJ6F1nJ8Yx1S9nIqNf3v1u0dEXA",
    "use": "sig",
    "alg": "ES256",
}


_SHORTLY = "public, max-age=300"
# Nothing in either document is secret, and applications that live in a browser read them too.
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}


class ProviderMetadata(BaseModel):
    """What an OpenID Provider says of itself; the names are registered with RFC 8414 §2."""

    model_config = ConfigDict(extra="allow")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str


class PublicKey(BaseModel):
    """One public key."""

    model_config = ConfigDict(extra="allow")

    kty: str
    kid: str
    use: str
    alg: str


class JWKS(BaseModel):
    """A JSON Web Key Set."""

    keys: list[PublicKey]


@door(
    well_known,
    "GET",
    "/.well-known/jwks.json",
    Operation(
        "The keys that verify what this service signs",
        "back ends",
        {
            200: Answer(
                "Keys that sign, will sign next, or signed something that is still alive.",
                JWKS,
                {"keys": [_EXAMPLE_KEY]},
                headers={"Cache-Control": "How long the set may be cached.", "ETag": "Changes with the set."},
            ),
            304: Answer("The set that the caller has is the present one."),
        },
    ),
)
def jwks() -> Response:
    """Publish the keys."""
    key_set = services().capabilities.keys.key_set()
    response = Response(key_set.body, mimetype="application/json")
    response.set_etag(key_set.tag)
    response.headers["Cache-Control"] = f"public, max-age={key_set.max_age}"
    response.headers.extend(_ANY_ORIGIN)
    response.make_conditional(request)
    return response


_DISCOVERED = {
    200: Answer(
        "Everything that works, and nothing else.",
        ProviderMetadata,
        {
            "issuer": "https://id.example.org",
            "authorization_endpoint": "https://id.example.org/oauth2/authorize",
            "token_endpoint": "https://id.example.org/oauth2/token",
            "userinfo_endpoint": "https://id.example.org/oauth2/userinfo",
            "jwks_uri": "https://id.example.org/.well-known/jwks.json",
        },
        headers={"Cache-Control": "How long the document may be cached."},
    )
}


@door(
    well_known,
    "GET",
    "/.well-known/openid-configuration",
    Operation("What this OpenID Provider can do", "applications", _DISCOVERED),
)
def openid_configuration() -> Response:
    """Publish the discovery document."""
    return _discovery()


@door(
    well_known,
    "GET",
    "/.well-known/oauth-authorization-server",
    Operation("The same, for clients of OAuth 2.0 (RFC 8414)", "applications", _DISCOVERED),
)
def oauth_authorization_server() -> Response:
    """Publish the discovery document."""
    return _discovery()


def _discovery() -> Response:
    response = reply(services().provider.discovery)
    response.headers["Cache-Control"] = _SHORTLY
    response.headers.extend(_ANY_ORIGIN)
    return response
