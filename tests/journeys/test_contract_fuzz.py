"""
Requests that nobody would think of, made from openapi.yaml: every answer must be one that it describes.

Nothing may end in a 5xx, or in a status, a content type, a header or a body that the contract does not know.
Each door is tried with good data and with bad, by a stranger and by everybody whose credentials it takes.
The requests are the same in every run.
Leaves to others: who that is (callers), whether openapi.yaml says what the code says (tests/house/test_openapi.py).
"""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from flask import Flask
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from identity_service.app import with_entrance
from identity_service.wiring import Services
from tests.fakes.letters import WITH_MAIL
from tests.journeys.callers import DOCUMENT, INITIAL_ACCESS_TOKEN, METRICS_TOKEN, Caller, Callers, callers_of

DESCRIBED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
GOOD = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT, HTTPStatus.SEE_OTHER}
PLACES_OF_CREDENTIALS = (ParameterLocation.HEADER, ParameterLocation.COOKIE)

# Good data may still be refused for what no schema can say; these are the words of such a refusal.
BEYOND_A_SCHEMA = (
    "must not hold a null character",
    "must not be repeated",
    "in one way at a time",
    "larger than 64 KiB",
    "Invalid or expired",
)

# Whoever has no session left is signed out already, and the chat front end expects to hear just that.
OPEN_TO_ANYBODY = {"POST /api/auth/logout"}

# Doors whose status does not say whether the data were good, each with the reason.
JUDGED_ELSEWHERE = {
    "GET /oauth2/authorize": "What is good depends on the client; what is wrong is said at the client's own address.",
    "POST /oauth2/authorize": "Whatever came is sealed, and judged when the browser comes again with GET.",
    "GET /oauth2/logout": "What is good depends on the client.",
    "POST /oauth2/logout": "Whatever came is sealed, and judged when the browser comes again with GET.",
}


def contract(*operations: Mapping[str, object]) -> OpenApiSchema:
    """Return the contract, to make requests of; *operations* are told to the generator in another way."""
    told = {
        "seed": 1,
        "generation": {"max-examples": 25, "deterministic": True, "database": "none"},
        "suppress-health-check": ["all"],
        "operations": [*operations],
    }
    return schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig.from_dict(told))


# The doors that hash a password take 25 ms for each that they are given.
CONTRACT = contract({"include-path": ["/api/auth/login", "/api/auth/register"], "generation": {"max-examples": 6}})
COMES_AGAIN = contract().include(method="POST", path=["/oauth2/authorize", "/oauth2/logout"])
OPERATIONS = [found.ok() for found in CONTRACT.get_all_operations()]

pytestmark = pytest.mark.environ(
    METRICS_TOKEN=METRICS_TOKEN,
    DYNAMIC_REGISTRATION="true",
    DYNAMIC_REGISTRATION_TOKEN=INITIAL_ACCESS_TOKEN,
    HASH_QUEUE="1000",
    ALLOW_SOCIAL_LOGIN="true",
    ALLOW_ACCOUNT_LINKING="true",
    GITHUB_CLIENT_ID="a client",
    GITHUB_CLIENT_SECRET="a secret",
    BAN_VIOLATIONS="false",
    LOGIN_MAX="100000",
    REGISTER_MAX="100000",
    **WITH_MAIL,
)


@pytest.fixture
def callers(app: Flask, services: Services) -> Callers:
    """Everybody who may come, and the application that they come to."""
    return callers_of(with_entrance(app), services)


@CONTRACT.parametrize()
def test_every_answer_is_described(case: Case, callers: Callers) -> None:
    stranger = case.call(app=callers.application)
    case.validate_response(stranger, checks=DESCRIBED)
    if case.operation.label not in OPEN_TO_ANYBODY:
        case.validate_response(stranger, checks=[checks.ignored_auth])
    if case.operation.label in JUDGED_ELSEWHERE:
        return
    case.validate_response(stranger, checks=[checks.negative_data_rejection])
    if not any(words in stranger.text for words in BEYOND_A_SCHEMA):
        case.validate_response(stranger, checks=[checks.positive_data_acceptance])


@CONTRACT.parametrize()
def test_every_answer_to_whoever_may_enter_is_described(case: Case, callers: Callers) -> None:
    was_bad_elsewhere = not any(map(case.meta.is_negative_at, PLACES_OF_CREDENTIALS))
    for caller in callers.of(case.operation):
        response = caller.call(caller.instead_of(case), callers.application)

        case.validate_response(response, checks=DESCRIBED)
        if was_bad_elsewhere and case.operation.label not in JUDGED_ELSEWHERE:
            case.validate_response(response, checks=[checks.negative_data_rejection])


@COMES_AGAIN.parametrize()
def test_every_answer_to_what_came_by_post_is_described_when_the_browser_comes_again(
    case: Case, callers: Callers
) -> None:
    browser = callers.by("browserCookie")
    sealed = query_of(browser.call(browser.instead_of(case), callers.application))
    again = CONTRACT[case.operation.path]["GET"].Case(query=sealed)
    response = browser.call(again, callers.application)

    assert sealed.keys() <= {"continue"}
    again.validate_response(response, checks=DESCRIBED)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_door_opens_to_whoever_may_enter(operation: APIOperation, callers: Callers) -> None:
    for caller in [*callers.of(operation)] or [Caller()]:
        case = usual(operation, {**callers.things(), **callers.voucher(operation.path)})
        response = caller.call(case, callers.application)

        assert is_good(response), response.text
        case.validate_response(response, checks=DESCRIBED)


def usual(operation: APIOperation, things: Mapping[str, str]) -> Case:
    """Return the request of the contract's example, about *things* that are there."""
    described = operation.definition.raw
    said: dict[str, dict[str, str]] = {"path": {}, "query": {}}
    for parameter in described.get("parameters", []):
        if "example" in parameter:
            said[parameter["in"]][parameter["name"]] = parameter["example"]
    request = {"path_parameters": about(things, said["path"]), "query": about(things, said["query"])}
    for media_type, content in described.get("requestBody", {}).get("content", {}).items():
        return operation.Case(body=about(things, content["example"]), media_type=media_type, **request)
    return operation.Case(**request)


def about(things: Mapping[str, str], example: Mapping[str, str]) -> dict[str, str]:
    """Return *example* with the names of *things* that are there."""
    return {name: things.get(name, value) for name, value in example.items()}


def is_good(response: Response) -> bool:
    """Say whether a door has done what it was asked for; a redirect may carry an error to a client."""
    return response.status_code in GOOD and "error" not in query_of(response)


def query_of(response: Response) -> dict[str, str]:
    """Return what a redirect carries."""
    location = response.headers.get("location", [""])[0]
    return dict(parse_qsl(urlsplit(location).query))
