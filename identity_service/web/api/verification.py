"""
/api/user/verify: an address is proven with the link in a letter; paths, bodies and words are LibreChat's.
"""

from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web.api.auth import CHECK_YOUR_EMAIL
from identity_service.web.api.people import Message
from identity_service.web.context import services, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply

verification = Blueprint("verification", __name__)

_VERIFIED = "Email verification was successful"
_EXAMPLE_TOKEN = "mXz0gq1oOQ0gqj3Qv9QpG0m1c1V3nYk1m4m2m9kq2nI"  # noqa: S105 - an example
Address = Annotated[str, Field(min_length=1, max_length=320)]


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
