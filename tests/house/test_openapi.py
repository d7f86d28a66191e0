"""
openapi.yaml says what the doors say: made by the code, valid, complete in both directions, with an example for all.

A client is written from this file; a door that is not in it does not exist for its author.
Leaves to others: whether the doors do as they say (tests/journeys/test_contract_fuzz.py).
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import jsonschema
import pytest
import yaml
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator import validate as validate_document
from werkzeug.test import Client

from identity_service.cli_contract import contract
from identity_service.foundation import errors
from identity_service.foundation.errors import IdentityFault
from identity_service.web.contract import Operation
from identity_service.web.replies import STATUSES, tell
from tests.house.tree import HOUSE, ROOT, within

WRITTEN = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
DOCUMENT: Mapping[str, Any] = yaml.safe_load(WRITTEN)
DESCRIBED: Mapping[tuple[str, str], Mapping[str, Any]] = {
    (method, path): operation for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
}

# Pages are for people, and the pages themselves say what they do.
NOT_DESCRIBED = (f"{HOUSE}.web.pages", "flask")

_AFTER_A_TRIP = "A page, the log and the audit trail say it, when somebody comes back from a provider."

# Codes that no door says of itself, each with the reason.
BESIDE_THE_DOORS: Mapping[type[IdentityFault], str] = {
    errors.MethodNotAllowed: "It is said where OpenAPI has no operation.",
    errors.Unexpected: "It is a fault of ours, and no promise.",
    errors.Misconfigured: "Nothing is served then.",
    errors.ClientUnknown: "Only commands say it.",
    errors.AddressTaken: "Only commands say it.",
    errors.StrangeArrival: _AFTER_A_TRIP,
    errors.UpstreamDenied: _AFTER_A_TRIP,
    errors.UpstreamRoleMissing: _AFTER_A_TRIP,
    errors.UpstreamAddressMissing: _AFTER_A_TRIP,
    errors.AccountExists: _AFTER_A_TRIP,
    errors.LinkTaken: _AFTER_A_TRIP,
    errors.ChatUnavailable: "No door waits for the chat application's database; commands do.",
}


def routes(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """Yield method, path as OpenAPI spells it, and view of every route that is not a page."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if not any(within(view.__module__, room) for room in NOT_DESCRIBED):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), view


def test_the_file_is_what_the_code_says():
    drift = list(difflib.unified_diff(WRITTEN.splitlines(), contract().splitlines(), "openapi.yaml", "the code", n=1))

    assert drift == [], "openapi.yaml is behind the code. Run: make openapi"


@pytest.mark.environ(ACCESS_TOKEN_DIALECT="librechat", ALLOW_REGISTRATION="false", APP_TITLE="Another", TRUST_PROXY="1")
def test_every_installation_serves_this_very_file(browser: Client):
    served = browser.get("/openapi.yaml")

    assert (served.text, served.mimetype) == (WRITTEN, "application/yaml")


def test_it_is_valid_openapi():
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate_document(DOCUMENT, cls=OpenAPIV31SpecValidator)


def test_every_route_is_described_and_every_description_has_a_route(app: Flask):
    assert sorted((method, path) for method, path, _ in routes(app)) == sorted(DESCRIBED)


def test_every_proof_that_a_door_wants_is_described_and_every_described_one_is_wanted():
    wanted = {
        scheme
        for operation in DESCRIBED.values()
        for requirement in operation.get("security", [])
        for scheme in requirement
    }

    assert wanted == set(DOCUMENT["components"]["securitySchemes"])


def test_no_two_operations_share_an_id():
    ids = [operation["operationId"] for operation in DESCRIBED.values()]

    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize(("method", "path"), DESCRIBED)
def test_every_body_and_every_answer_has_an_example(method: str, path: str):
    operation = DESCRIBED[method, path]
    told = {"request": operation.get("requestBody", {}), **operation["responses"]}
    bare = [
        f"{name} {kind}"
        for name, message in told.items()
        for kind, content in message.get("content", {}).items()
        if content.get("example") is None and not content.get("examples")
    ]

    assert bare == []


@pytest.mark.parametrize(("method", "path"), DESCRIBED)
def test_every_example_obeys_its_schema(method: str, path: str):
    operation = DESCRIBED[method, path]
    for message in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in message.get("content", {}).values():
            examples = [one["value"] for one in content.get("examples", {}).values()]
            schema = {**content["schema"], "components": DOCUMENT["components"]}
            for example in [content["example"]] if "example" in content else examples:
                jsonschema.validate(example, schema)


def test_every_error_that_a_door_says_is_listed_with_its_code(app: Flask):
    missing = [
        f"{method} {path} {status} {fault.code}"
        for method, path, view in routes(app)
        for fault in operation_of(view).errors
        if (status := str(tell(fault(), path, "").status)) not in DESCRIBED[method, path]["responses"]
        or not is_listed(fault, DESCRIBED[method, path]["responses"][status])
    ]

    assert missing == []


def test_every_code_is_somewhere_in_the_contract():
    silent = {fault for fault in STATUSES if f"`{fault.code}`" not in WRITTEN}

    assert silent == set(BESIDE_THE_DOORS)


def test_every_unavailable_neighbour_says_when_to_come_back():
    quiet = [
        f"{method} {path}"
        for (method, path), operation in DESCRIBED.items()
        if "Retry-After" not in operation["responses"].get(str(HTTPStatus.SERVICE_UNAVAILABLE.value), {})["headers"]
    ]

    assert quiet == []


def operation_of(view: Any) -> Operation:
    """Return what *view* says of itself."""
    described: Operation = view.operation
    return described


def is_listed(fault: type[IdentityFault], response: Mapping[str, Any]) -> bool:
    """Tell whether *response* names the code of *fault*, in words and with an example."""
    examples = (content.get("examples", {}) for content in response["content"].values())
    return f"`{fault.code}`" in response["description"] and any(fault.code in found for found in examples)
