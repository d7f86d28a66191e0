"""
/api/user/delete: a person leaves for good.

Source: LibreChat, `DELETE /api/user/delete`; it asks for no password either.
"""

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.api.people import Message
from identity_service.web.context import services, signed_in
from identity_service.web.contract import Answer, Operation, Strict, door, reply

deletion = Blueprint("deletion", __name__)


class Leaving(Strict):
    """What the chat front end sends with it; both are for a second factor."""

    token: Annotated[str | None, Field(description="A code of the second factor; not asked for.")] = None
    backup_code: Annotated[str | None, Field(alias="backupCode", description="The same.")] = None


@door(
    deletion,
    "DELETE",
    "/api/user/delete",
    Operation(
        "Delete my account and everything that belongs to it",
        "people",
        {
            200: Answer(
                "Every session has ended and nobody signs in to the account again; the chat application's part of it "
                "goes as soon as its database answers.",
                Message,
                {"message": "User deleted"},
            )
        },
        (errors.InvalidInput, errors.SignInRequired, errors.AccountDeletionOff),
        body=Leaving,
        body_is_optional=True,
        body_example={},
        security=({"accessToken": list[str]()},),
    ),
)
def delete_account(_: Leaving) -> Response:
    """Close the account of whoever asks."""
    services().close_account.by_oneself(signed_in())
    return cookies.take_back(reply(Message(message="User deleted")))
