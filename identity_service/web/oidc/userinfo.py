"""
/oauth2/userinfo: who the person is.

Law: OpenID Connect Core 1.0 §5.3, RFC 6750 §2 (where a token may stand) and §3.1 (errors).
"""

from collections.abc import Mapping

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from identity_service.foundation import errors
from identity_service.web.api.people import EXAMPLE_ID
from identity_service.web.context import bearer, services
from identity_service.web.contract import FORM, Answer, Operation, Strict, door, reply

userinfo = Blueprint("userinfo", __name__)

_JWT = "application/jwt"
_EXAMPLE_JWT = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IuKApiJ9.eyJzdWIiOiLigKYifQ.c2ln"
_EXAMPLE = {
    "sub": EXAMPLE_ID,
    "name": "Ada Lovelace",
    "preferred_username": "ada",
    "updated_at": 1795429800,
    "email": "ada@example.org",
    "email_verified": True,
}


class Claims(BaseModel):
    """What the scope of the token covers; a claim without a value is left out."""

    model_config = ConfigDict(extra="allow")

    sub: str


class UserInfoForm(Strict):
    """The form in which an access token may stand (RFC 6750 §2.2)."""

    access_token: str | None = None


_ANSWERS: Mapping[int, Answer] = {
    200: Answer(
        "The claims; signed for a client that is registered for that.", Claims, _EXAMPLE, also={_JWT: _EXAMPLE_JWT}
    )
}
_ERRORS = (errors.SignInRequired, errors.InvalidToken, errors.InsufficientScope)
_SECURITY = ({"accessToken": list[str]()},)


@door(
    userinfo,
    "GET",
    "/oauth2/userinfo",
    Operation("Who the person is", "OpenID Connect", _ANSWERS, _ERRORS, security=_SECURITY),
)
def ask_userinfo() -> Response:
    """Answer whoever shows an access token in the header; one in the address is not read."""
    return _told(None)


@door(
    userinfo,
    "POST",
    "/oauth2/userinfo",
    Operation(
        "The same, with the access token in the header or in the form",
        "OpenID Connect",
        _ANSWERS,
        (errors.InvalidInput, *_ERRORS),
        body=UserInfoForm,
        body_kind=FORM,
        body_is_optional=True,
        body_example={},
        security=_SECURITY,
    ),
)
def ask_userinfo_by_form(form: UserInfoForm) -> Response:
    """Answer whoever shows an access token in either place, but not in both."""
    return _told(form.access_token)


def _told(in_form: str | None) -> Response:
    in_header = bearer(request.headers.get("Authorization", ""))
    if in_header and in_form:
        raise errors.InvalidRequest("An access token is shown in one way at a time.")
    token = in_header or in_form
    if not token:
        raise errors.SignInRequired
    answered = services().provider.userinfo.about(token)
    response = Response(answered, mimetype=_JWT) if isinstance(answered, str) else reply(answered)
    response.headers["Cache-Control"] = "no-store"
    return response
