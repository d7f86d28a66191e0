"""
/api/user/password and /api/user/email: other ways to sign in and to be reached, for whoever is signed in.
"""

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web.api.auth import CHECK_YOUR_EMAIL
from identity_service.web.api.people import Message
from identity_service.web.context import services, signed_in, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply

credentials = Blueprint("credentials", __name__)

_BEARER = ({"accessToken": list[str]()},)
Password = Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]


class PasswordChange(Strict):
    """The present password, empty for somebody who has none, and the new one."""

    current_password: Annotated[Password, Field(alias="currentPassword")] = ""
    new_password: Annotated[Password, Field(alias="newPassword", min_length=1)]


class AddressChange(Strict):
    """The password, and the new address."""

    current_password: Annotated[Password, Field(alias="currentPassword")]
    new_email: Annotated[str, Field(alias="newEmail", min_length=1, max_length=320)]


@door(
    credentials,
    "PUT",
    "/api/user/password",
    Operation(
        "Choose another password",
        "people",
        {200: Answer("It counts, and every other session has ended.", Message, {"message": "Password changed"})},
        (
            errors.InvalidInput,
            errors.SignInRequired,
            errors.CurrentPasswordWrong,
            errors.FreshSignInRequired,
            errors.TooBusy,
        ),
        body=PasswordChange,
        body_example={"currentPassword": "a long phrase that is mine", "newPassword": "a new phrase that is mine"},
        security=_BEARER,
    ),
)
def change_password(body: PasswordChange) -> Response:
    """Change the password of whoever is signed in."""
    change = services().recovery.change_password
    change.to(body.new_password, body.current_password, signed_in(), visitor())
    return reply(Message(message="Password changed"))


@door(
    credentials,
    "PUT",
    "/api/user/email",
    Operation(
        "Ask for another address",
        "people",
        {200: Answer("It counts when the link in the letter was used.", Message, {"message": CHECK_YOUR_EMAIL})},
        (
            errors.InvalidInput,
            errors.SignInRequired,
            errors.EmailChangeOff,
            errors.MailNotConfigured,
            errors.AddressNotAllowed,
            errors.SameAddress,
            errors.LocalAccountRequired,
            errors.CurrentPasswordWrong,
            errors.TooBusy,
        ),
        body=AddressChange,
        body_example={"currentPassword": "a long phrase that is mine", "newEmail": "ada@example.com"},
        security=_BEARER,
    ),
)
def change_email(body: AddressChange) -> Response:
    """Let letters be written to both addresses."""
    services().recovery.change_address.ask(body.new_email, body.current_password, signed_in(), visitor())
    return reply(Message(message=CHECK_YOUR_EMAIL))
