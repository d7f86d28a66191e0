"""
/api/auth: sign up, sign in, refresh, sign out; paths, bodies, statuses and cookies are LibreChat's.
"""

import re
from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import AfterValidator, Field

from identity_service.flows.outcomes import Active, Registration, SignedIn, Visitor
from identity_service.foundation import errors
from identity_service.foundation.errors import IdentityFault
from identity_service.web import cookies, metrics
from identity_service.web.api.people import (
    EXAMPLE_PERSON,
    Message,
    RefreshedBody,
    SignedInBody,
    after_refresh,
    after_sign_in,
)
from identity_service.web.context import bearer, services, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply
from identity_service.wiring import Services

auth = Blueprint("auth", __name__)

CHECK_YOUR_EMAIL = "Please check your email to verify your email address."
_FORBIDDEN = re.compile(r"['\"{}*;<>/=\\]|--|\$(ne|gt|lt|or)")
_USERNAME_LENGTHS = range(2, 81)
# Control characters, and those that turn the direction of whatever stands behind them on a page or in a log.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_TOKEN = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IuKApiJ9.eyJzdWIiOiLigKYifQ.c2ln"  # noqa: S105 - an example
_SET_COOKIE = {
    "Set-Cookie": "`refreshToken`, `token_provider` (Strict); by a sign-in `identity_session`, `identity_device` (Lax)."
}
_TAKEN_BACK = {
    "Set-Cookie": "Those of a session, and LibreChat's own of an OpenID sign-in, forgotten; `identity_device` stays.",
    "Clear-Site-Data": '`"cache"`; what pages have stored stays.',
}
_WITHOUT_ID = {name: value for name, value in EXAMPLE_PERSON.items() if name != "id"}


def _username(text: str | None) -> str | None:
    # Kept in lower case, in which some letters are two.
    if text and (len(text.lower()) not in _USERNAME_LENGTHS or _FORBIDDEN.search(text) or _CONTROL.search(text)):
        raise ValueError("must be 2 to 80 letters, digits and common characters")
    return text


def _name(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


class RegistrationBody(Strict):
    """The sign-up form."""

    name: Annotated[str, Field(min_length=3, max_length=80), AfterValidator(_name)]
    username: Annotated[str | None, AfterValidator(_username)] = None
    email: Annotated[str, Field(max_length=320)]
    password: Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]
    confirm_password: Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]


class LoginBody(Strict):
    """The sign-in form."""

    email: Annotated[str, Field(min_length=1, max_length=320)]
    password: Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]


class LoggedOut(Message):
    """The end of a session here; `redirect` is where it ends elsewhere."""

    redirect: str | None = None


@door(
    auth,
    "POST",
    "/api/auth/register",
    Operation(
        "Sign up with e-mail and password",
        "people",
        {
            200: Answer(
                "The same for a new address and for one that has an account.", Message, {"message": CHECK_YOUR_EMAIL}
            )
        },
        (errors.InvalidInput, errors.RegistrationClosed, errors.AddressNotAllowed, errors.Banned, errors.TooBusy),
        body=RegistrationBody,
        body_example={
            "name": "Ada Lovelace",
            "username": "ada",
            "email": "ada@example.org",
            "password": "a long phrase that is mine",
            "confirm_password": "a long phrase that is mine",
        },
    ),
)
def register(body: RegistrationBody) -> Response:
    """Sign somebody up; no session follows."""
    if body.password != body.confirm_password:
        raise errors.InvalidInput("confirm_password: The passwords did not match.")
    wanted = Registration(body.name, body.username or "", body.email, body.password)
    services().sign_up.with_password(wanted, visitor())
    return reply(Message(message=CHECK_YOUR_EMAIL))


@door(
    auth,
    "POST",
    "/api/auth/login",
    Operation(
        "Sign in with e-mail and password",
        "people",
        {
            200: Answer(
                "An access token for the page and a refresh token in a cookie.",
                SignedInBody,
                {"token": _TOKEN, "user": EXAMPLE_PERSON},
                headers=_SET_COOKIE,
            )
        },
        (
            errors.InvalidInput,
            errors.WrongCredentials,
            errors.EmailUnverified,
            errors.EmailLoginOff,
            errors.AccountClosing,
            errors.Banned,
            errors.TooBusy,
        ),
        body=LoginBody,
        body_example={"email": "ada@example.org", "password": "a long phrase that is mine"},
    ),
)
def login(body: LoginBody) -> Response:
    """Open a session."""
    signed_in = open_session(services(), body.email, body.password, visitor(), cookies.browser_session())
    return cookies.hand_out(reply(after_sign_in(signed_in)), signed_in)


def open_session(asked: Services, email: str, password: str, visitor: Visitor, replaces: Active | None) -> SignedIn:
    """Sign somebody in and count how it ended; the flow's own errors pass through."""
    try:
        signed_in = asked.sign_in.with_password(email, password, visitor, replaces)
    except IdentityFault as fault:
        metrics.count_sign_in(fault.code)
        raise
    metrics.count_sign_in("done")
    return signed_in


@door(
    auth,
    "POST",
    "/api/auth/refresh",
    Operation(
        "A new pair of tokens for the present refresh cookie",
        "people",
        {
            200: Answer(
                "The next tokens; or, when no cookie came, the text `Refresh token not provided`.",
                RefreshedBody,
                {"token": _TOKEN, "user": _WITHOUT_ID},
                headers=_SET_COOKIE,
                also={"text/plain": "Refresh token not provided"},
            )
        },
        (errors.InvalidRefreshToken, errors.SessionEnded, errors.SessionGone, errors.Banned),
        query={"retry": "`true` when a first refresh has failed: the same refusal is then 403."},
        security=({"refreshCookie": []}, {}),
    ),
)
def refresh() -> Response:
    """Turn the session's ratchet."""
    presented = cookies.present_refresh_token()
    if not presented:
        return Response("Refresh token not provided", mimetype="text/plain")
    try:
        signed_in = renew(services(), presented, visitor())
    except errors.SessionEnded as fault:
        if request.args.get("retry", "").lower() == "true":
            raise errors.SessionGone(detail=fault.detail) from fault
        raise
    return cookies.hand_out(reply(after_refresh(signed_in)), signed_in)


def renew(asked: Services, refresh_token: str, visitor: Visitor) -> SignedIn:
    """Turn the ratchet and count how it ended; the flow's own errors pass through."""
    try:
        signed_in = asked.refresh.renew(refresh_token, visitor)
    except IdentityFault as fault:
        metrics.count_refresh(fault.code)
        raise
    metrics.count_refresh("done")
    return signed_in


@door(
    auth,
    "POST",
    "/api/auth/logout",
    Operation(
        "Sign out of this session",
        "people",
        {
            200: Answer(
                "The session of the refresh cookie has ended; or, if that was over, the one of the access token or of"
                " the browser's own cookie; and no other. It ends elsewhere too if the page goes to `redirect`.",
                LoggedOut,
                {"message": "Logout successful"},
                headers=_TAKEN_BACK,
            )
        },
        (errors.SignInRequired,),
        security=({"refreshCookie": []}, {"accessToken": []}, {"browserCookie": []}),
    ),
)
def logout() -> Response:
    """End the session of the refresh cookie; if that is over, or none of ours, of the access token or the browser."""
    presented, verify = cookies.present_refresh_token(), services().verify
    token = bearer(request.headers.get("Authorization", ""))
    active = verify.browser_session(presented) or (verify.access_token(token) if token else None)
    active = active or verify.by_browser(cookies.present_browser())
    elsewhere = services().upstream.farewell.address(active) if active else None
    if not services().sign_out.by_refresh_token(presented, visitor()):
        if active is not None:
            services().sign_out.by_access_token(active, visitor())
        elif not presented:
            raise errors.SignInRequired
    said = {"message": "Logout successful", **({"redirect": elsewhere} if elsewhere else {})}
    return cookies.take_back(reply(said))
