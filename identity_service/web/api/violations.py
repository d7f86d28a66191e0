"""
/v1/violations: what a chat back end saw somebody do.

Source of the types: LibreChat, ViolationTypes; what each weighs stands in the settings.
"""

from typing import Annotated, Literal

from flask import Blueprint, Response, request
from pydantic import Field

from identity_service.flows.outcomes import By, Report
from identity_service.foundation import errors
from identity_service.web.api.people import EXAMPLE_ID, Shown
from identity_service.web.context import services, visitor
from identity_service.web.contract import Answer, Operation, Strict, door, reply

violations = Blueprint("violations", __name__)

SCOPE = "violations"
_CLIENT = ({"clientSecret": list[str]()}, {"clientToken": list[str]()})
_MOST = 100
_LONGEST_KEY = 128
_KEY = Field(min_length=1, max_length=_LONGEST_KEY)
_EXAMPLE = {"type": "concurrent", "user_id": EXAMPLE_ID, "address": "192.0.2.7", "key": "message-66f1c0ff"}


class OneViolation(Strict):
    """Who did what: a person, whoever is behind an address, or both; a `key` makes a repeat harmless."""

    type: Annotated[str, Field(min_length=1, max_length=32)]
    user_id: Annotated[str | None, Field(pattern="^[0-9a-f]{24}$")] = None
    address: Annotated[str | None, Field(max_length=64)] = None
    key: Annotated[str | None, _KEY] = None


class ViolationsBody(Strict):
    """One violation, or up to a hundred in `violations`."""

    type: Annotated[str | None, Field(min_length=1, max_length=32)] = None
    user_id: Annotated[str | None, Field(pattern="^[0-9a-f]{24}$")] = None
    address: Annotated[str | None, Field(max_length=64)] = None
    key: Annotated[str | None, _KEY] = None
    violations: Annotated[list[OneViolation] | None, Field(min_length=1, max_length=_MOST)] = None


class ViolationTaken(Shown):
    """What became of a violation, and whether the person is banned now."""

    outcome: Literal["recorded", "repeated", "user_unknown"]
    banned: bool


class ViolationsTaken(ViolationTaken):
    """The same of all of them, in their order; at the top stands the last."""

    results: list[ViolationTaken]


_TAKEN = {"outcome": "recorded", "banned": False}


@door(
    violations,
    "POST",
    "/v1/violations",
    Operation(
        "Report what somebody did",
        "back ends",
        {
            200: Answer(
                "What became of each. A client needs the scope `violations`. The same `key`, or the same header"
                " `Idempotency-Key` for the whole request, is taken once, however often it comes.",
                ViolationsTaken,
                {**_TAKEN, "results": [_TAKEN]},
            )
        },
        (
            errors.InvalidInput,
            errors.InvalidClient,
            errors.InvalidToken,
            errors.InsufficientScope,
            errors.ViolationUnknown,
        ),
        body=ViolationsBody,
        body_example=_EXAMPLE,
        security=_CLIENT,
    ),
)
def report(body: ViolationsBody) -> Response:
    """Take violations; whose they are is decided by the back end, what they weigh by the settings."""
    asked = services()
    client = asked.provider.client_auth.prove_scope(request.headers.get("Authorization", ""), SCOPE)
    told = _reports(_each(body), request.headers.get("Idempotency-Key", ""))
    taken = asked.moderation.moderate.report(told, By(client.client_id, visitor()))
    results = [ViolationTaken(outcome=one.outcome, banned=one.is_banned) for one in taken]
    return reply(ViolationsTaken(outcome=results[-1].outcome, banned=results[-1].banned, results=results))


def _each(body: ViolationsBody) -> list[OneViolation]:
    if (body.type is None) == (body.violations is None):
        raise errors.InvalidInput("A violation has a type; several stand in violations.")
    if body.violations is not None:
        return body.violations
    return [OneViolation(type=body.type or "", user_id=body.user_id, address=body.address, key=body.key)]


def _reports(told: list[OneViolation], request_key: str) -> list[Report]:
    if len(request_key) > _LONGEST_KEY:
        raise errors.InvalidInput(f"Idempotency-Key: At most {_LONGEST_KEY} characters.")
    return [
        Report(
            each.type,
            each.user_id or "",
            each.address or "",
            f"item {each.key}" if each.key else f"request {at} {request_key}" if request_key else "",
        )
        for at, each in enumerate(told)
    ]
