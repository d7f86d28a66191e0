"""
The token endpoint: a client proves who it is and is given tokens.

Law: RFC 6749 §3.2, §5.1; OpenID Connect Core 1.0 §3.1.3. Nothing counts that stands in the address: it would end up
in logs (OAuth 2.1 §3.2).
Leaves to others: who the client is, and what each grant takes.
"""

from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.foundation import errors
from identity_service.web.context import services, visitor
from identity_service.web.contract import FORM, Answer, Operation, Strict, door, reply

token_endpoint = Blueprint("token_endpoint", __name__)

LONGEST_TOKEN = 8192
"""Characters; a longer token is refused unread."""

_CREDENTIALS = {"client_id", "client_secret", "client_assertion", "client_assertion_type"}
_EXAMPLE = {
    "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IuKApiJ9.eyJzdWIiOiLigKYifQ.c2ln",
    "token_type": "Bearer",
    "expires_in": 900,
    "scope": "openid profile email",
    "refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZXNzaW9uSWQiOiLigKYifQ.c2ln",
    "id_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IuKApiJ9.eyJzdWIiOiLigKYifQ.c2ln",
}


class TokenForm(Strict):
    """A token request; a parameter without a value counts as absent (RFC 6749 §3.2)."""

    grant_type: Annotated[str, Field(min_length=1, max_length=128)]
    code: Annotated[str, Field(max_length=512)] = ""
    redirect_uri: Annotated[str, Field(max_length=2048)] = ""
    code_verifier: Annotated[str, Field(max_length=512)] = ""
    refresh_token: Annotated[str, Field(max_length=LONGEST_TOKEN)] = ""
    scope: Annotated[str, Field(max_length=1024)] = ""
    client_id: Annotated[str, Field(max_length=64)] = ""
    client_secret: Annotated[str, Field(max_length=128)] = ""
    client_assertion: Annotated[str, Field(max_length=LONGEST_TOKEN)] = ""
    client_assertion_type: Annotated[str, Field(max_length=128)] = ""


class Tokens(BaseModel):
    """What a client is given (RFC 6749 §5.1); what it is not given is left out."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str | None = None
    refresh_token: str | None = None
    id_token: str | None = None


@door(
    token_endpoint,
    "POST",
    "/oauth2/token",
    Operation(
        "Tokens for a code, for a refresh token, or for the client itself",
        "applications",
        {
            200: Answer(
                "The tokens.",
                Tokens,
                _EXAMPLE,
                headers={"Cache-Control": "Always `no-store`.", "Pragma": "Always `no-cache`."},
            )
        },
        (
            errors.InvalidInput,
            errors.InvalidClient,
            errors.InvalidGrant,
            errors.UnauthorizedClient,
            errors.UnsupportedGrantType,
            errors.InvalidScope,
        ),
        body=TokenForm,
        body_kind=FORM,
        body_example={
            "grant_type": "authorization_code",
            "code": "SplxlOBeZQQYbYS6WxSbIASplxlOBeZQQYbYS6WxSbI",
            "redirect_uri": "https://app.example.org/callback",
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        },
        security=({"clientSecret": []}, {}),
    ),
)
def token(form: TokenForm) -> Response:
    """Answer a token request."""
    if request.query_string:
        raise errors.InvalidRequest("Parameters belong in the body.")
    provider = services().provider
    said = form.model_dump(include=_CREDENTIALS, exclude_defaults=True)
    client = provider.client_auth.prove(request.headers.get("Authorization", ""), said)
    return _told(provider.token.answer(client, _request(form), visitor()))


def _request(form: TokenForm) -> TokenRequest:
    return TokenRequest(**form.model_dump(exclude=_CREDENTIALS))


def _told(granted: Granted) -> Response:
    told = {
        "access_token": granted.access_token,
        "token_type": "Bearer",
        "expires_in": granted.expires_in,
        "scope": granted.scope,
        "refresh_token": granted.refresh_token,
        "id_token": granted.id_token,
    }
    response = reply({name: value for name, value in told.items() if value})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
