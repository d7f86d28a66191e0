"""
Is this token alive? What back ends and reverse proxies ask.

The decisions are `flows/verify.py` and `flows/oidc/introspect.py`; here they are asked for and told. The same
functions serve the doors in front of Flask (`web/express.py`), so there is one answer whichever way a request came.
Law: RFC 7662 (introspection).
Leaves to others: how a back end proves who it is (flows.oidc.client_auth).
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

from flask import Blueprint, Response, request
from pydantic import Field

from identity_service.flows.outcomes import Active, ActiveClient, Visitor
from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.api.people import EXAMPLE_ID, Shown
from identity_service.web.context import bearer, services, visitor
from identity_service.web.contract import FORM, Answer, Operation, Strict, door, reply
from identity_service.wiring import Services

verify = Blueprint("verify", __name__)

_Token = Annotated[str, Field(min_length=1, description="Of any length: what is no token of ours is inactive.")]
_CLIENT = ({"clientSecret": list[str]()}, {"clientToken": list[str]()})
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
    aud: str | None = None
    token_type: str | None = None


class IntrospectForm(Strict):
    """
    The form of an introspection request (RFC 7662 §2.1), and how a client proves itself in one.

    A hint is not needed and not read.
    """

    token: _Token
    token_type_hint: str | None = None
    client_id: Annotated[str | None, Field(max_length=64)] = None
    client_secret: Annotated[str | None, Field(max_length=128)] = None
    client_assertion: str | None = None
    client_assertion_type: Annotated[str | None, Field(max_length=128)] = None


class VerifyBody(Strict):
    """What is to be verified."""

    token: _Token


def introspection(active: Active | ActiveClient | None, issuer: str) -> dict[str, Any]:
    """Return what is said of a token: everything of an active one, exactly `{"active": false}` of any other."""
    if active is None:
        return _INACTIVE
    about = _of_a_client(active) if isinstance(active, ActiveClient) else _of_a_person(active)
    audience = {"aud": active.audience} if active.audience else {}
    return {"active": True, **about, "iss": issuer, **audience, "token_type": "Bearer"}


def _of_a_person(active: Active) -> dict[str, Any]:
    person = active.person
    known = {"username": person.username, "email": person.email, "role": person.role}
    return {
        "sub": person.id,
        "sid": active.session_id,
        **{name: value for name, value in known.items() if name not in active.hidden},
        "client_id": active.client_id,
        "scope": active.scope,
        "exp": active.expires_at,
        "iat": active.issued_at,
        "auth_time": active.auth_time,
        "amr": active.amr,
    }


def _of_a_client(active: ActiveClient) -> dict[str, Any]:
    return {
        "sub": active.client_id,
        "client_id": active.client_id,
        "scope": active.scope,
        "exp": active.expires_at,
        "iat": active.issued_at,
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


class Presented(NamedTuple):
    """By what somebody behind a proxy may be known: the Authorization header and the browser's two cookies."""

    authorization: str
    refresh_token: str
    browser: str


def whose(asked: Services, presented: Presented, visitor: Visitor) -> Active:
    """
    Return who is behind a request: by its access token if it has one, else by one of the browser's two cookies.

    Raises:
        SignInRequired: by none of them.
        Banned: whose token it is; or the address, and nobody at home there is behind the request.
    """
    token = bearer(presented.authorization) or ""
    if token:
        active = asked.verify.access_token(token)
    else:
        by_refresh_token = asked.verify.browser_session(presented.refresh_token) if presented.refresh_token else None
        active = by_refresh_token or asked.verify.by_browser(presented.browser)
    gate = asked.moderation.gate
    if active is None:
        gate.admit(visitor, asked.verify.holder(token, presented.refresh_token, presented.browser))
        raise errors.SignInRequired
    gate.admit_at_a_glance(visitor, active.person.id)
    return active


@door(
    verify,
    "POST",
    "/oauth2/introspect",
    Operation(
        "Is this token active? (RFC 7662)",
        "back ends",
        {
            200: Answer(
                'What the token stands for, or exactly `{"active": false}`. Who may ask about its own tokens alone is'
                " told `username`, `email` and `role` within the scopes `profile`, `email` and `roles`.",
                Introspection,
                _ACTIVE,
            )
        },
        (errors.InvalidInput, errors.InvalidClient, errors.InvalidToken),
        body=IntrospectForm,
        body_kind=FORM,
        body_example={"token": _EXAMPLE_TOKEN},
        security=(*_CLIENT, {}),
    ),
)
def introspect(form: IntrospectForm) -> Response:
    """Introspect; the client proves itself in the header or in the form, never in both."""
    return _told(form.token, form.model_dump(exclude_none=True))


@door(
    verify,
    "POST",
    "/v1/verify",
    Operation(
        "Is this session alive?",
        "back ends",
        {200: Answer("The same as introspection, asked in JSON.", Introspection, _ACTIVE)},
        (errors.InvalidInput, errors.InvalidClient, errors.InvalidToken),
        body=VerifyBody,
        body_example={"token": _EXAMPLE_TOKEN},
        security=_CLIENT,
    ),
)
def verify_token(body: VerifyBody) -> Response:
    """Verify an access token for a back end."""
    return _told(body.token, {})


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
        (errors.SignInRequired, errors.Banned),
        security=({"accessToken": []}, {"refreshCookie": []}, {"browserCookie": []}),
    ),
)
def forward_auth() -> Response:
    """Answer a reverse proxy."""
    authorization = request.headers.get("Authorization", "")
    presented = Presented(authorization, cookies.present_refresh_token(), cookies.present_browser())
    active = whose(services(), presented, visitor())
    response = Response(status=204, headers=forwarded(active))
    # There is no content, so it has no type (RFC 9110 §8.3).
    del response.headers["Content-Type"]
    return response


def _told(token: str, form: Mapping[str, str]) -> Response:
    asked = services()
    client = asked.provider.client_auth.prove_caller(request.headers.get("Authorization", ""), form)
    active = asked.provider.introspect.of(token, client)
    response = reply(introspection(active, asked.settings.site.issuer))
    response.headers["Cache-Control"] = "no-store"
    return response
