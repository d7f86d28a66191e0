"""
/.well-known: the keys that verify what we sign.

Law: RFC 7517 (JWK Set), RFC 9111 (caching).
"""

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from identity_service.web.context import services
from identity_service.web.contract import Answer, Operation, door

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
    response.make_conditional(request)
    return response
