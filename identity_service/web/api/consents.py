"""
/api/auth/consents: what a person has allowed applications, and how it is taken back.
"""

from datetime import datetime

from flask import Blueprint, Response

from identity_service.foundation import errors
from identity_service.web.api.people import Message, Shown
from identity_service.web.context import services, signed_in, visitor
from identity_service.web.contract import EXAMPLE_CLIENT_ID, Answer, Operation, door, reply

consents = Blueprint("consents", __name__)

_BEARER = ({"accessToken": list[str]()},)
_EXAMPLE = {
    "client_id": EXAMPLE_CLIENT_ID,
    "client_name": "Open WebUI",
    "scope": "email openid profile",
    "granted_at": "2026-11-20T18:00:00Z",
}


class ConsentBody(Shown):
    """What an application may know."""

    client_id: str
    client_name: str
    scope: str
    granted_at: datetime


class ConsentsBody(Shown):
    """Everything that the person has allowed, the latest first."""

    consents: list[ConsentBody]


@door(
    consents,
    "GET",
    "/api/auth/consents",
    Operation(
        "What I have allowed applications",
        "people",
        {200: Answer("The consents.", ConsentsBody, {"consents": [_EXAMPLE]})},
        (errors.SignInRequired,),
        security=_BEARER,
    ),
)
def list_consents() -> Response:
    """List what the person has allowed."""
    allowed = services().provider.withdraw.allowed(signed_in())
    shown = [
        ConsentBody(
            client_id=each.client_id,
            client_name=each.client_name,
            scope=" ".join(each.scope),
            granted_at=each.granted_at,
        )
        for each in allowed
    ]
    return reply(ConsentsBody(consents=shown))


@door(
    consents,
    "DELETE",
    "/api/auth/consents/<client_id>",
    Operation(
        "Take back what I have allowed an application; its tokens end with it",
        "people",
        {200: Answer("It is done.", Message, {"message": "Consent withdrawn"})},
        (errors.SignInRequired, errors.ConsentUnknown),
        security=_BEARER,
    ),
)
def withdraw_consent(client_id: str) -> Response:
    """Withdraw one consent."""
    services().provider.withdraw.consent(signed_in(), client_id.replace("\0", ""), visitor())
    return reply(Message(message="Consent withdrawn"))


@door(
    consents,
    "DELETE",
    "/api/auth/consents",
    Operation(
        "Take back everything that I have allowed applications",
        "people",
        {200: Answer("It is done.", Message, {"message": "Consents withdrawn"})},
        (errors.SignInRequired,),
        security=_BEARER,
    ),
)
def withdraw_consents() -> Response:
    """Withdraw every consent."""
    services().provider.withdraw.everything(signed_in(), visitor())
    return reply(Message(message="Consents withdrawn"))
