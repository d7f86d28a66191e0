"""
/oauth2/revoke: a client gives a token back.

Law: RFC 7009 §2.
Leaves to others: which tokens are the client's to revoke (flows.oidc.revoke).
"""

from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web.context import services, visitor
from identity_service.web.contract import FORM, Answer, Operation, Strict, door

revocation = Blueprint("revocation", __name__)

_CREDENTIALS = {"client_id", "client_secret", "client_assertion", "client_assertion_type"}


class RevokeForm(Strict):
    """
    The form of a revocation (RFC 7009 §2.1).

    A token may be of any length, because one that is none is no mistake; a hint is not needed and not read.
    """

    token: Annotated[str, Field(min_length=1)]
    token_type_hint: str = ""
    client_id: Annotated[str, Field(max_length=64)] = ""
    client_secret: Annotated[str, Field(max_length=128)] = ""
    client_assertion: str = ""
    client_assertion_type: Annotated[str, Field(max_length=128)] = ""


@door(
    revocation,
    "POST",
    "/oauth2/revoke",
    Operation(
        "Let a token be good no more, and its session with it (RFC 7009)",
        "OpenID Connect",
        {200: Answer("The token is good no more, or never was the client's.")},
        (errors.InvalidInput, errors.InvalidClient),
        body=RevokeForm,
        body_kind=FORM,
        body_example={"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZXNzaW9uSWQiOiLigKYifQ.c2ln"},
        security=({"clientSecret": []}, {}),
    ),
)
def revoke(form: RevokeForm) -> Response:
    """Revoke a token."""
    provider = services().provider
    client = provider.client_auth.prove(request.headers.get("Authorization", ""), form.model_dump(include=_CREDENTIALS))
    provider.revoke.token(form.token, client, visitor())
    response = Response(status=200)
    # There is no content, so it has no type (RFC 9110 §8.3).
    del response.headers["Content-Type"]
    return response
