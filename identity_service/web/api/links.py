"""
/api/auth/links: the outside accounts that open mine.
"""

from flask import Blueprint, Response
from pydantic import Field

from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.api.people import Message, Moment, Shown
from identity_service.web.context import services, signed_in, visitor
from identity_service.web.contract import Answer, Operation, door, reply

links = Blueprint("links", __name__)

_BEARER = ({"accessToken": list[str]()},)
_EXAMPLE = {
    "provider": "github",
    "label": "GitHub",
    "email": "ada@example.org",
    "createdAt": "2026-11-20T18:00:00.000Z",
    "lastUsedAt": "2026-11-23T10:00:00.000Z",
}
_AWAY = "https://github.com/login/oauth/authorize?response_type=code&state=af0ifjsldkj"


class LinkBody(Shown):
    """An outside account."""

    provider: str
    label: str
    email: str | None
    created_at: Moment = Field(alias="createdAt")
    last_used_at: Moment | None = Field(alias="lastUsedAt")


class LinksBody(Shown):
    """What opens the account besides a password, and what could be connected with it."""

    links: list[LinkBody]
    available: list[str]


class AwayBody(Shown):
    """Where the page has to go."""

    redirect: str


@door(
    links,
    "GET",
    "/api/auth/links",
    Operation(
        "Which outside accounts open mine",
        "people",
        {200: Answer("The connections, the oldest first.", LinksBody, {"links": [_EXAMPLE], "available": ["google"]})},
        (errors.SignInRequired,),
        security=_BEARER,
    ),
)
def list_links() -> Response:
    """List the connections."""
    active, connect = signed_in(), services().upstream.connect
    shown = [
        LinkBody(
            provider=each.name,
            label=each.label,
            email=each.email,
            created_at=each.created_at,
            last_used_at=each.last_used_at,
        )
        for each in connect.of(active)
    ]
    return reply(LinksBody(links=shown, available=[name for name, _ in connect.possible(active)]))


@door(
    links,
    "POST",
    "/api/auth/links/<provider>",
    Operation(
        "Connect my account with an outside one",
        "people",
        {
            200: Answer(
                "The page goes to `redirect`, and comes back to `/account`.",
                AwayBody,
                {"redirect": _AWAY},
                headers={"Set-Cookie": "What the way back needs, for ten minutes."},
            )
        },
        (
            errors.SignInRequired,
            errors.UpstreamOff,
            errors.LinkingOff,
            errors.FreshSignInRequired,
            errors.UpstreamSilent,
            errors.UpstreamUntrusted,
        ),
        security=_BEARER,
    ),
)
def connect_account(provider: str) -> Response:
    """Begin the trip that connects."""
    leaving = services().upstream.trips.connecting(provider, signed_in())
    return cookies.begin_trip(reply(AwayBody(redirect=leaving.address)), leaving.state, leaving.sealed)


@door(
    links,
    "DELETE",
    "/api/auth/links/<provider>",
    Operation(
        "End the connection with an outside account",
        "people",
        {
            200: Answer(
                "It opens mine no more, and every other session has ended.", Message, {"message": "Connection ended"}
            )
        },
        (errors.SignInRequired, errors.FreshSignInRequired, errors.LinkUnknown, errors.LastWayIn),
        security=_BEARER,
    ),
)
def disconnect_account(provider: str) -> Response:
    """End one connection."""
    services().upstream.connect.end(provider.replace("\0", ""), signed_in(), visitor())
    return reply(Message(message="Connection ended"))
