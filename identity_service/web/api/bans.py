"""
/v1/bans: who is banned, for a back end that moderates.
"""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, Response, request
from pydantic import BeforeValidator, Field

from identity_service.flows.outcomes import By
from identity_service.foundation import errors
from identity_service.web.api.people import EXAMPLE_ID, Message, Moment, Shown
from identity_service.web.context import services, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply

bans = Blueprint("bans", __name__)

SCOPE = "bans"
_CLIENT = ({"clientSecret": list[str]()}, {"clientToken": list[str]()})
_PROOFS = (errors.InvalidInput, errors.InvalidClient, errors.InvalidToken, errors.InsufficientScope)
_ONE = "Exactly one of user_id, email and address says who is meant."
_LONGEST_MINUTES = 36_500 * 24 * 60
_Minutes = Annotated[int, Field(ge=1, le=_LONGEST_MINUTES)]
_EXAMPLE_BAN = {
    "id": "66f1c0ffee0ddba11ad00004",
    "user_id": EXAMPLE_ID,
    "address": None,
    "type": "concurrent",
    "score": 20,
    "by": "identity",
    "note": "",
    "imposed_at": "2026-11-23T10:00:00.000Z",
    "ends_at": "2026-11-23T12:00:00.000Z",
}


class BanShown(Shown):
    """A ban in force: of a person or of an address (an IPv6 address counts with its whole /64)."""

    id: str = Field(pattern="^[0-9a-f]{24}$")
    user_id: str | None
    address: str | None
    type: str
    score: int
    by: str
    note: str
    imposed_at: Moment
    ends_at: Moment | None


class BansShown(Shown):
    """Every ban in force, the newest first."""

    bans: list[BanShown]


def _whole(number: object) -> object:
    # 5.0 is an integer in JSON Schema.
    return int(number) if isinstance(number, float) and number.is_integer() else number


class BanBody(Strict):
    """Whom to ban: exactly one of `user_id`, `email` and `address`; without `minutes` for as long as BAN_DURATION."""

    user_id: Annotated[str | None, Field(pattern="^[0-9a-f]{24}$")] = None
    email: Annotated[str | None, Field(max_length=320)] = None
    address: Annotated[str | None, Field(max_length=64)] = None
    minutes: Annotated[_Minutes | None, BeforeValidator(_whole)] = None
    note: Annotated[str, Field(max_length=256)] = ""


@door(
    bans,
    "GET",
    "/v1/bans",
    Operation(
        "Who is banned",
        "back ends",
        {200: Answer("Bans in force. A client needs the scope `bans`.", BansShown, {"bans": [_EXAMPLE_BAN]})},
        _PROOFS[1:],
        security=_CLIENT,
    ),
)
def list_bans() -> Response:
    """List them."""
    _client()
    return reply(BansShown(bans=[_shown(ban) for ban in services().moderation.bans.in_force()]))


@door(
    bans,
    "POST",
    "/v1/bans",
    Operation(
        "Ban somebody",
        "back ends",
        {
            201: Answer(
                "The ban, in place of whatever ban there was; a person's sessions ended.", BanShown, _EXAMPLE_BAN
            )
        },
        (*_PROOFS, errors.UserUnknown),
        body=BanBody,
        body_example={"user_id": EXAMPLE_ID, "minutes": 120, "note": "spam"},
        security=_CLIENT,
    ),
)
def impose(body: BanBody) -> Response:
    """Ban a person or an address."""
    client_id = _client()
    moderate = services().moderation.moderate
    holder = _holder(body.user_id or "", body.email or "", body.address or "")
    duration = timedelta(minutes=body.minutes) if body.minutes else services().settings.moderation.ban_duration
    ban = moderate.ban(holder, duration, body.note, By(client_id, visitor()))
    return reply(_shown(ban), 201)


@door(
    bans,
    "DELETE",
    "/v1/bans",
    Operation(
        "Lift a ban",
        "back ends",
        {200: Answer("The ban is lifted, and the score behind it forgotten.", Message, {"message": "Ban lifted"})},
        (*_PROOFS, errors.UserUnknown, errors.BanUnknown),
        query={
            "user_id": "Of this person.",
            "email": "Or of the person with this address.",
            "address": "Or of this IP address.",
        },
        query_example={"address": "192.0.2.66"},
        security=_CLIENT,
    ),
)
def lift() -> Response:
    """Lift the ban of a person or an address."""
    client_id = _client()
    moderate = services().moderation.moderate
    named = [request.args.getlist(name) for name in ("user_id", "email", "address")]
    if any(len(values) > 1 for values in named):
        raise errors.InvalidInput(_ONE)
    moderate.unban(_holder(*("".join(values).replace("\0", "") for values in named)), By(client_id, visitor()))
    return reply(Message(message="Ban lifted"))


def _client() -> str:
    authorization = request.headers.get("Authorization", "")
    return services().provider.client_auth.prove_scope(authorization, SCOPE).client_id


def _holder(user_id: str, email: str, address: str) -> str:
    if sum(map(bool, (user_id, email, address))) != 1:
        raise errors.InvalidInput(_ONE)
    moderate = services().moderation.moderate
    if address:
        return moderate.network(address)
    return moderate.person(user_id or email).id


def _shown(ban: Any) -> BanShown:
    return BanShown(
        id=ban.id,
        user_id=ban.user_id,
        address=ban.address,
        type=ban.kind,
        score=ban.score,
        by=ban.actor,
        note=ban.note,
        imposed_at=ban.imposed_at,
        ends_at=ban.ends_at,
    )
