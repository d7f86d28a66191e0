"""RFC 9207: every answer of the authorization endpoint says whose it is, so that providers cannot be mixed up."""

import pytest

from tests.conformance.party import Somebody
from tests.conformance.user_agent import HOME
from tests.fakes.tokens import claims_of

ANSWERS = {
    "a code": (Somebody(), {}),
    "a denial": (Somebody(decision="deny"), {}),
    "nobody is signed in": (Somebody(), {"prompt": "none"}),
    "a mistake of the party": (Somebody(), {"response_type": "token"}),
    "a mistake, without a state": (Somebody(), {"scope": "foo", "state": None}),
    "a class of authentication out of reach": (
        Somebody(),
        {"claims": '{"id_token":{"acr":{"essential":true,"value":"x"}}}'},
    ),
}


@pytest.mark.parametrize("response_mode", ["query", "form_post"])
@pytest.mark.parametrize(("who", "changes"), ANSWERS.values(), ids=ANSWERS.keys())
def test_every_answer_says_whose_it_is(party, browser, who, changes, response_mode):
    """§2: errors too, and in every response mode."""
    answer = party.authorize(browser, who, **changes, response_mode=response_mode)

    assert answer.mode == response_mode
    assert answer.parameters["iss"] == HOME


def test_it_is_letter_for_letter_the_issuer_of_discovery_and_of_the_id_token(party, browser):
    """§2.4: compared as plain strings."""
    answer = party.authorize(browser)
    id_token = party.redeem(answer.code).get_json()["id_token"]

    assert answer.parameters["iss"] == party.metadata["issuer"] == claims_of(id_token)["iss"]


def test_discovery_says_so(party):
    """§3."""
    assert party.metadata["authorization_response_iss_parameter_supported"] is True


def test_the_host_of_the_request_does_not_change_it(party, browser, wire):
    address = party.at("authorization_endpoint", party.request(prompt="none"))
    answer = wire.get(address.removeprefix(HOME), base_url="https://evil.example.org")

    assert "iss=https%3A%2F%2Fid.example.org" in answer.location
