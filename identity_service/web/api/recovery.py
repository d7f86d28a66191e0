"""
/api/auth: a new password for whoever has forgotten it; paths, bodies and words are LibreChat's.
"""

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web.api.people import EXAMPLE_ID, Message
from identity_service.web.context import services, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply

recovery = Blueprint("recovery", __name__)

ASKED = "If an account with that email exists, a password reset link has been sent to it."
_DONE = "Password reset was successful"
_EXAMPLE_TOKEN = "mXz0gq1oOQ0gqj3Qv9QpG0m1c1V3nYk1m4m2m9kq2nI"  # noqa: S105 - an example
Password = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]


class ResetWanted(Strict):
    """Whose password."""

    email: Annotated[str, Field(min_length=1, max_length=320)]


class NewPassword(Strict):
    """What the link said, and the new password."""

    user_id: Annotated[str, Field(alias="userId", min_length=1, max_length=64)]
    token: Annotated[str, Field(min_length=1, max_length=256)]
    password: Password
    confirm_password: Annotated[
        str | None, Field(max_length=1024, json_schema_extra={"format": "password"}, description="The same once more.")
    ] = None


class LinkShown(Message):
    """The link itself: ALLOW_UNSECURED_PASSWORD_RESET."""

    link: str


@door(
    recovery,
    "POST",
    "/api/auth/requestPasswordReset",
    Operation(
        "Ask for a link to a new password",
        "people",
        {
            200: Answer(
                "The same whether anybody has the address or not; the link goes there by mail. Only on a loopback"
                " address, without mail and with ALLOW_UNSECURED_PASSWORD_RESET, `link` holds it.",
                Message,
                {"message": ASKED},
            )
        },
        (errors.InvalidInput, errors.PasswordResetOff),
        body=ResetWanted,
        body_example={"email": "ada@example.org"},
    ),
)
def ask_for_reset(body: ResetWanted) -> Response:
    """Let a link be sent."""
    link = services().recovery.recover.ask(body.email, visitor())
    return reply(LinkShown(message=ASKED, link=link) if link else Message(message=ASKED))


@door(
    recovery,
    "POST",
    "/api/auth/resetPassword",
    Operation(
        "Choose a new password with the link",
        "people",
        {200: Answer("The password is changed, and every session has ended.", Message, {"message": _DONE})},
        (errors.InvalidInput, errors.InvalidResetToken, errors.PasswordResetOff, errors.TooBusy),
        body=NewPassword,
        body_example={
            "userId": EXAMPLE_ID,
            "token": _EXAMPLE_TOKEN,
            "password": "a new phrase that is mine",
            "confirm_password": "a new phrase that is mine",
        },
    ),
)
def reset_password(body: NewPassword) -> Response:
    """Set the password; no session follows."""
    if body.confirm_password not in (None, body.password):
        raise errors.InvalidInput("confirm_password: The passwords did not match.")
    services().recovery.recover.reset(body.user_id, body.token, body.password, visitor())
    return reply(Message(message=_DONE))
