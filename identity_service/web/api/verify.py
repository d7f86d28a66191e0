"""
Is this token alive? What back ends and reverse proxies ask.

The decision is `flows/verify.py`; here it is asked for and told. The same functions serve the doors in front of
Flask (`web/express.py`), so there is one answer whichever way a request came.
Law: RFC 7662 (introspection), RFC 6749 §2.3.1 (client authentication).
"""

import binascii
from base64 import b64decode
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, unquote_plus

from flask import Blueprint, Response, request
from pydantic import Field

from identity_service.flows.outcomes import Active
from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.api.people import EXAMPLE_ID, Shown
from identity_service.web.context import bearer, services
from identity_service.web.contract import FORM, Answer, Operation, Strict, door, reply
from identity_service.wiring import Services

verify = Blueprint("verify", __name__)

LONGEST_TOKEN = 8192
"""Characters; a longer token is refused unread."""

_CLIENT = ({"clientSecret": list[str]()},)
_EXAMPLE_TOKEN = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IuKApiJ9.eyJzdWIiOiLigKYifQ.c2ln"  # noqa: S105
_ACTIVE = {
    "active": True,
    "sub": EXAMPLE_ID,
    "sid": "66f1c0ffee0ddba11ad00002",
    "username": "ada",
    "email": "ada@example.org",
    "role": "USER",
    "client_id": "first-party",
    "scope": "openid profile email",
    "exp": 1795430700,
    "iat": 1795429800,
    "auth_time": 1795429800,
    "amr": ["pwd"],
    "iss": "https://id.example.org",
    "token_type": "Bearer",
}
_INACTIVE = {"active": False}


class Introspection(Shown):
    """Who a token stands for; of an inactive one nothing but that."""

    active: bool
    sub: str | None = None
    sid: str | None = None
    username: str | None = None
    email: str | None = None
    role: str | None = None
    client_id: str | None = None
    scope: str | None = None
    exp: int | None = None
    iat: int | None = None
    auth_time: int | None = None
    amr: list[str] | None = None
    iss: str | None = None
    token_type: str | None = None


class IntrospectForm(Strict):
    """The form of an introspection request (RFC 7662 §2.1)."""

    token: Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]
    token_type_hint: Annotated[str | None, Field(max_length=64)] = None
    client_id: Annotated[str | None, Field(max_length=64)] = None
    client_secret: Annotated[str | None, Field(max_length=128)] = None


class VerifyBody(Strict):
    """What is to be verified."""

    token: Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]


class Credentials(NamedTuple):
    """How a client says who it is."""

    client_id: str
    client_secret: str


def basic(header: str) -> Credentials | None:
    """
    Return the credentials in an Authorization *header* of the Basic scheme, or None if there is no such header.

    Raises:
        InvalidClient: the scheme is Basic and the rest is not credentials.

    Law: RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
    """
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as wrong:
        raise errors.InvalidClient from wrong
    if not colon:
        raise errors.InvalidClient
    return Credentials(unquote_plus(client_id), unquote_plus(secret))


def prove(asked: Services, credentials: Credentials | None) -> None:
    """
    Let a registered client through.

    Raises:
        InvalidClient: no credentials, or wrong ones.
    """
    if credentials is None or not (credentials.client_id.isascii() and credentials.client_id.isalnum()):
        raise errors.InvalidClient
    if not asked.capabilities.clients.is_proven(*credentials):
        raise errors.InvalidClient


def introspection(active: Active | None, issuer: str) -> dict[str, Any]:
    """Return what is said of a token: everything of an active one, exactly `{"active": false}` of any other."""
    if active is None:
        return _INACTIVE
    person = active.person
    return {
        "active": True,
        "sub": person.id,
        "sid": active.session_id,
        "username": person.username,
        "email": person.email,
        "role": person.role,
        "client_id": active.client_id,
        "scope": active.scope,
        "exp": active.expires_at,
        "iat": active.issued_at,
        "auth_time": active.auth_time,
        "amr": active.amr,
        "iss": issuer,
        "token_type": "Bearer",
    }


def forwarded(active: Active) -> list[tuple[str, str]]:
    """Return the headers that tell a reverse proxy who is there; what is not ASCII is percent-encoded."""
    person = active.person
    return [
        ("X-Auth-User", person.id),
        ("X-Auth-Email", quote(person.email, safe="!#$%&'*+/=?^_`{|}~@.-")),
        ("X-Auth-Role", quote(person.role, safe=" !#$&'()*+,/:;=?@[]-._~")),
        ("Cache-Control", "no-store"),
    ]


def whose(asked: Services, authorization: str, refresh_token: str) -> Active:
    """
    Return who is behind a request: by its access token if it has one, else by its browser session.

    Raises:
        SignInRequired: by neither.
    """
    token = bearer(authorization)
    if token:
        active = asked.verify.access_token(token)
    else:
        active = asked.verify.browser_session(refresh_token) if refresh_token else None
    if active is None:
        raise errors.SignInRequired
    return active


@door(
    verify,
    "POST",
    "/oauth2/introspect",
    Operation(
        "Is this token active? (RFC 7662)",
        "back ends",
        {200: Answer('What the token stands for, or exactly `{"active": false}`.', Introspection, _ACTIVE)},
        (errors.InvalidInput, errors.InvalidClient),
        body=IntrospectForm,
        body_kind=FORM,
        body_example={"token": _EXAMPLE_TOKEN},
        security=(*_CLIENT, {}),
    ),
)
def introspect(form: IntrospectForm) -> Response:
    """Introspect; the client proves itself in the header or in the form, never in both."""
    credentials = basic(request.headers.get("Authorization", ""))
    if form.client_id is not None or form.client_secret is not None:
        if credentials is not None:
            raise errors.InvalidRequest("A client proves itself in one way at a time.")
        credentials = Credentials(form.client_id or "", form.client_secret or "")
    return _told(credentials, form.token)


@door(
    verify,
    "POST",
    "/v1/verify",
    Operation(
        "Is this session alive?",
        "back ends",
        {200: Answer("The same as introspection, asked in JSON.", Introspection, _ACTIVE)},
        (errors.InvalidInput, errors.InvalidClient),
        body=VerifyBody,
        body_example={"token": _EXAMPLE_TOKEN},
        security=_CLIENT,
    ),
)
def verify_token(body: VerifyBody) -> Response:
    """Verify an access token for a back end."""
    return _told(basic(request.headers.get("Authorization", "")), body.token)


@door(
    verify,
    "GET",
    "/v1/forward-auth",
    Operation(
        "Who is behind this request? For nginx auth_request, Traefik and Caddy",
        "back ends",
        {
            204: Answer(
                "Somebody in good standing.",
                headers={
                    "X-Auth-User": "The person's id.",
                    "X-Auth-Email": "The address; what is not ASCII is percent-encoded.",
                    "X-Auth-Role": "The role.",
                },
            )
        },
        (errors.SignInRequired,),
        security=({"accessToken": []}, {"refreshCookie": []}),
    ),
)
def forward_auth() -> Response:
    """Answer a reverse proxy."""
    active = whose(services(), request.headers.get("Authorization", ""), cookies.present_refresh_token())
    response = Response(status=204, headers=forwarded(active))
    # There is no content, so it has no type (RFC 9110 §8.3).
    del response.headers["Content-Type"]
    return response


def _told(credentials: Credentials | None, token: str) -> Response:
    asked = services()
    prove(asked, credentials)
    response = reply(introspection(asked.verify.access_token(token), asked.settings.site.issuer))
    response.headers["Cache-Control"] = "no-store"
    return response
