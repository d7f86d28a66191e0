"""OpenID Connect Core 1.0 §6 and §7.2.1: parameters that are not supported, and are refused as such."""

import json

import pytest

from tests.conformance.party import CALLBACK, STATE
from tests.fakes.client_keys import spelled


@pytest.fixture
def unsigned(party):
    """A request object that nobody has signed, with a wish of its own."""
    parts = ({"alg": "none"}, {**party.request(), "state": "another", "prompt": "login"})
    return ".".join(spelled(json.dumps(part).encode()) for part in parts) + "."


def test_discovery_says_that_they_are_not_supported(party):
    assert party.metadata["request_parameter_supported"] is False
    assert party.metadata["request_uri_parameter_supported"] is False


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ],
)
def test_the_party_learns_that_it_is_not_supported(party, browser, unsigned, name, error):
    """§3.1.2.6; nothing that stands in the object counts."""
    value = {"request": unsigned, "request_uri": f"{CALLBACK}#x", "registration": "{}"}[name]
    answer = party.authorize(browser, **{name: value})

    assert (answer.address, answer.parameters["error"]) == (CALLBACK, error)
    assert answer.parameters["state"] == STATE
    assert party.authorize(browser, **{name: ""}).code, "an empty parameter counts as left out"


def test_an_object_does_not_replace_the_parameters(party, browser, unsigned):
    """§6.1: `client_id` and `response_type` must stand outside in any case."""
    page = browser.come(party.at("authorization_endpoint", {"request": unsigned, "scope": "openid"}))

    assert (page.status_code, page.location) == (400, None)
    assert party.send(browser).status_code == 200


def test_an_address_is_never_fetched_before_the_party_is_known(party, browser):
    page = party.send(browser, client_id="nobody", request_uri="https://evil.example.org/object")

    assert (page.status_code, page.location) == (400, None)
