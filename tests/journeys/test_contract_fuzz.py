"""
Requests that nobody would think of, made from openapi.yaml: every answer must be one that it describes.

Nothing may end in a 5xx, or in a status, a content type, a header or a body that the contract does not know.
Each door is tried with good data and with bad, by a stranger and by everybody whose credentials it takes.
The requests are the same in every run.
Leaves to others: whether openapi.yaml says what the code says (tests/house/test_openapi.py).
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
import yaml
from flask import Flask
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from identity_service.accounts.users import Person
from identity_service.app import with_entrance
from identity_service.flows.outcomes import NewAccount, SignedIn
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY
from identity_service.web.entrance import Application
from identity_service.wiring import Services
from tests.house.tree import ROOT

METRICS_TOKEN = "7d1e0f9c3b5a48266e4c2a0b8f7d5139c1e3a5b7d9f00214"

DESCRIBED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
PLACES_OF_CREDENTIALS = (ParameterLocation.HEADER, ParameterLocation.COOKIE)

# Good data may still be refused for what no schema can say; these are the words of such a refusal.
BEYOND_A_SCHEMA = ("must not hold a null character", "must not be repeated", "in one way at a time")

# Whoever has no session left is signed out already, and the chat front end expects to hear just that.
OPEN_TO_ANYBODY = {"POST /api/auth/logout"}

# The doors that hash a password take 25 ms for each that they are given.
CONTRACT = schemathesis.openapi.from_dict(
    yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8")),
    config=SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "generation": {"max-examples": 25, "deterministic": True, "database": "none"},
            "operations": [
                {"include-path": ["/api/auth/login", "/api/auth/register"], "generation": {"max-examples": 6}}
            ],
            "suppress-health-check": ["all"],
        }
    ),
)
OPERATIONS = [found.ok() for found in CONTRACT.get_all_operations()]

pytestmark = pytest.mark.environ(
    METRICS_TOKEN=METRICS_TOKEN,
    HASH_QUEUE="1000",
    BAN_VIOLATIONS="false",
    LOGIN_MAX="100000",
    REGISTER_MAX="100000",
)


@dataclass(frozen=True)
class Callers:
    """Everybody who may come to a door of *application*, and what they bring; each time it is good and new."""

    application: Application
    services: Services
    person: Person
    client: str

    def of(self, operation: APIOperation) -> Iterator[dict[str, Any]]:
        """Yield what each one who may enter sends along; nothing is yielded where nobody needs to prove anything."""
        for requirement in operation.definition.raw.get("security", []):
            yield from (self.credentials(scheme) for scheme in requirement)

    def credentials(self, scheme: str) -> dict[str, Any]:
        """Return good credentials as *scheme* wants them."""
        signed_in = self.sign_in()
        match scheme:
            case "accessToken":
                return {"headers": {"Authorization": f"Bearer {signed_in.access_token}"}}
            case "refreshCookie":
                return {"cookies": {"refreshToken": signed_in.refresh_token}}
            case "clientSecret":
                return {"headers": {"Authorization": f"Basic {self.client}"}}
            case "metricsToken":
                return {"headers": {"Authorization": f"Bearer {METRICS_TOKEN}"}}
        raise LookupError(f"Say here how one proves oneself by {scheme}.")

    def sign_in(self) -> SignedIn:
        """Open a session without a password, which would cost a hash."""
        lifetime = self.services.settings.lifetimes.refresh
        opening = Opening(self.person.id, FIRST_PARTY, "openid", "pwd", "a test", "192.0.2.7", lifetime)
        with self.services.database.transaction():
            session = self.services.capabilities.refresh_tokens.begin(opening)
        return self.services.sign_in.issue.first_party(session, self.person)


@pytest.fixture
def callers(app: Flask, services: Services) -> Callers:
    """A person whom the examples of the contract know, a client, and the application they come to."""
    account = NewAccount("ada@example.org", "Ada Lovelace", "ada", "a long phrase that is mine")
    person = services.administer.create_user(account).person
    client, secret = services.administer.create_client("the chat back end")
    basic = b64encode(f"{client.client_id}:{secret}".encode()).decode()
    return Callers(with_entrance(app), services, person, basic)


@CONTRACT.parametrize()
def test_every_answer_is_described(case: Case, callers: Callers) -> None:
    stranger = case.call(app=callers.application)
    case.validate_response(stranger, checks=DESCRIBED)
    case.validate_response(stranger, checks=[checks.negative_data_rejection])
    if case.operation.label not in OPEN_TO_ANYBODY:
        case.validate_response(stranger, checks=[checks.ignored_auth])
    if not any(words in stranger.text for words in BEYOND_A_SCHEMA):
        case.validate_response(stranger, checks=[checks.positive_data_acceptance])


@CONTRACT.parametrize()
def test_every_answer_to_whoever_may_enter_is_described(case: Case, callers: Callers) -> None:
    was_bad_elsewhere = not any(map(case.meta.is_negative_at, PLACES_OF_CREDENTIALS))
    for credentials in callers.of(case.operation):
        case.headers.pop("Authorization", None)
        case.cookies.pop("refreshToken", None)
        response = case.call(app=callers.application, **credentials)

        case.validate_response(response, checks=DESCRIBED)
        if was_bad_elsewhere:
            case.validate_response(response, checks=[checks.negative_data_rejection])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_door_opens_to_whoever_may_enter(operation: APIOperation, callers: Callers) -> None:
    for credentials in [*callers.of(operation)] or [{}]:
        case = usual(operation, callers.sign_in())
        response = case.call(app=callers.application, **credentials)

        assert response.status_code in {200, 204}, response.text
        case.validate_response(response, checks=DESCRIBED)


def usual(operation: APIOperation, signed_in: SignedIn) -> Case:
    """Return the request of the contract's example, about a session that lives."""
    path_parameters = {"session_id": signed_in.session_id} if "{session_id}" in operation.path else None
    for media_type, content in operation.definition.raw.get("requestBody", {}).get("content", {}).items():
        token = {"token": signed_in.access_token} if "token" in content["example"] else {}
        return operation.Case(body={**content["example"], **token}, media_type=media_type)
    return operation.Case(path_parameters=path_parameters)
