"""
/api/user and /api/auth/sessions: who I am, in which language I am written to, and where I am signed in.
"""

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.api.people import EXAMPLE_ID, EXAMPLE_PERSON, Message, Moment, Person, Shown, person_fields
from identity_service.web.context import services, signed_in, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply

user = Blueprint("user", __name__)

_BEARER = ({"accessToken": list[str]()},)
_EXAMPLE_DEVICE = {
    "id": EXAMPLE_ID,
    "current": True,
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "address": "192.0.2.7",
    "createdAt": "2026-11-23T10:00:00.000Z",
    "lastSeenAt": "2026-11-23T11:00:00.000Z",
    "expiresAt": "2026-11-30T10:00:00.000Z",
}


class Language(Strict):
    """In which language letters come."""

    language: Annotated[
        str | None, Field(min_length=1, max_length=16, description="Null for what the browser asks for.")
    ]


class Device(Shown):
    """One live session."""

    id: str = Field(pattern="^[0-9a-f]{24}$")
    current: bool
    user_agent: str = Field(alias="userAgent")
    address: str
    created_at: Moment = Field(alias="createdAt")
    last_seen_at: Moment = Field(alias="lastSeenAt")
    expires_at: Moment = Field(alias="expiresAt")


class Devices(Shown):
    """All live sessions of a person, the one seen last first."""

    sessions: list[Device]


class Everywhere(Strict):
    """Which sessions to end."""

    keep_current: Annotated[bool, Field(description="Spare the session that asks.")] = False


class Ended(Message):
    """How many sessions have ended."""

    ended: int


@door(
    user,
    "GET",
    "/api/user",
    Operation(
        "Who I am",
        "people",
        {200: Answer("The person behind the access token.", Person, EXAMPLE_PERSON)},
        (errors.SignInRequired,),
        security=_BEARER,
    ),
)
def whoami() -> Response:
    """Show the person."""
    return reply(Person.model_validate(person_fields(signed_in().person)))


@door(
    user,
    "PUT",
    "/api/user/language",
    Operation(
        "Choose the language of letters to me",
        "people",
        {200: Answer("Letters come in it from now on, whoever causes them.", Language, {"language": "de"})},
        (errors.InvalidInput, errors.SignInRequired),
        body=Language,
        body_example={"language": "de"},
        security=_BEARER,
    ),
)
def choose_language(body: Language) -> Response:
    """Write to the person in this language."""
    services().recovery.choose_language.to(body.language or "", signed_in(), visitor())
    return reply(body)


@door(
    user,
    "GET",
    "/api/auth/sessions",
    Operation(
        "Where I am signed in",
        "people",
        {200: Answer("Live sessions, the one seen last first.", Devices, {"sessions": [_EXAMPLE_DEVICE]})},
        (errors.SignInRequired,),
        security=_BEARER,
    ),
)
def sessions() -> Response:
    """List the person's devices."""
    active = signed_in()
    found = services().capabilities.sessions.devices(active.person.id)
    shown = [
        Device(
            id=device.id,
            current=device.id == active.session_id,
            user_agent=device.user_agent,
            address=device.address,
            created_at=device.created_at,
            last_seen_at=device.last_seen_at,
            expires_at=device.expires_at,
        )
        for device in found
    ]
    return reply(Devices(sessions=shown))


@door(
    user,
    "DELETE",
    "/api/auth/sessions/<session_id>",
    Operation(
        "Sign out of one of my sessions",
        "people",
        {200: Answer("That session has ended.", Message, {"message": "Session ended"})},
        (errors.SignInRequired, errors.SessionUnknown),
        security=_BEARER,
    ),
)
def end_session(session_id: str) -> Response:
    """End one device's session; somebody else's is as unknown as none."""
    active = signed_in()
    services().sign_out.device(active, session_id.replace("\0", ""), visitor())
    response = reply(Message(message="Session ended"))
    return cookies.take_back(response) if session_id == active.session_id else response


@door(
    user,
    "POST",
    "/api/auth/logout-all",
    Operation(
        "Sign out everywhere",
        "people",
        {200: Answer("That many sessions have ended.", Ended, {"message": "Logout successful", "ended": 3})},
        (errors.InvalidInput, errors.SignInRequired),
        body=Everywhere,
        body_is_optional=True,
        body_example={"keep_current": True},
        security=_BEARER,
    ),
)
def logout_all(body: Everywhere) -> Response:
    """End every session of the person, or every other one."""
    ended = services().sign_out.everywhere(signed_in(), visitor(), but_here=body.keep_current)
    response = reply(Ended(message="Logout successful", ended=ended))
    return response if body.keep_current else cookies.take_back(response)
