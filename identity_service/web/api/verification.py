"""
/api/user: the address and the password of whoever is here; verification speaks LibreChat's words.
"""

from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web.api.auth import CHECK_YOUR_EMAIL
from identity_service.web.api.people import Message
from identity_service.web.context import services, signed_in, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply

verification = Blueprint("verification", __name__)

_BEARER = ({"accessToken": list[str]()},)
_VERIFIED = "Email verification was successful"
_EXAMPLE_TOKEN = "mXz0gq1oOQ0gqj3Qv9QpG0m1c1V3nYk1m4m2m9kq2nI"  # noqa: S105 - an example
Address = Annotated[str, Field(min_length=1, max_length=320)]
Password = Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]


class Proof(Strict):
    """What the link said."""

    email: Address
    token: Annotated[str, Field(min_length=1, max_length=256)]


class Whose(Strict):
    """Where the letter goes."""

    email: Address


class Verified(Message):
    """The address counts."""

    status: Literal["success"] = "success"


class PasswordChange(Strict):
    """The present password, empty for somebody who has none, and the new one."""

    current_password: Annotated[Password, Field(alias="currentPassword")] = ""
    new_password: Annotated[Password, Field(alias="newPassword", min_length=1)]


class AddressChange(Strict):
    """The password, and the new address."""

    current_password: Annotated[Password, Field(alias="currentPassword")]
    new_email: Annotated[Address, Field(alias="newEmail")]


@door(
    verification,
    "POST",
    "/api/user/verify",
    Operation(
        "Prove an address with the link",
        "people",
        {200: Answer("The address counts from now on.", Verified, {"message": _VERIFIED, "status": "success"})},
        (errors.InvalidInput, errors.InvalidVerificationToken),
        body=Proof,
        body_example={"email": "ada@example.org", "token": _EXAMPLE_TOKEN},
    ),
)
def verify_email(body: Proof) -> Response:
    """Let the address count; no session follows."""
    services().recovery.verify_address.confirm(body.email, body.token, visitor())
    return reply(Verified(message=_VERIFIED))


@door(
    verification,
    "POST",
    "/api/user/verify/resend",
    Operation(
        "Ask for another letter with a link",
        "people",
        {200: Answer("The same whether anybody waits for one or not.", Message, {"message": CHECK_YOUR_EMAIL})},
        (errors.InvalidInput,),
        body=Whose,
        body_example={"email": "ada@example.org"},
    ),
)
def resend(body: Whose) -> Response:
    """Let a letter be sent."""
    services().recovery.verify_address.send_again(body.email, visitor())
    return reply(Message(message=CHECK_YOUR_EMAIL))


@door(
    verification,
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
    verification,
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
