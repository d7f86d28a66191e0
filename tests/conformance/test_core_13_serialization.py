"""OpenID Connect Core 1.0 §13: how messages are spelled, in an address, in a form, as JSON."""

import json
from urllib.parse import urlencode

import pytest

from tests.conformance.party import STATE, answer_of, told
from tests.conformance.user_agent import HOME
from tests.fakes.tokens import claims_of

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("space", ["+", "%20"])
def test_a_query_may_spell_a_blank_in_two_ways(party, browser, space):
    """§13.1."""
    query = urlencode(party.request(scope="openid_email")).replace("openid_email", f"openid{space}email")
    answer = answer_of(browser, browser.come(f"{party.metadata['authorization_endpoint']}?{query}"))

    assert told(party.redeem(answer.code))["scope"] == "openid email"


def test_the_order_of_the_parameters_does_not_matter(party, browser):
    query = urlencode(list(party.request().items())[::-1])
    answer = answer_of(browser, browser.come(f"{party.metadata['authorization_endpoint']}?{query}"))

    assert answer.parameters["state"] == STATE


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=UTF-8", FORM.title()])
def test_a_form_is_read_under_every_spelling_of_its_type(party, browser, kind):
    """§13.2."""
    code = party.authorize(browser).code
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": party.redirect_uri,
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }
    headers = {**party.basic(), "Content-Type": kind}
    answer = party.wire.post("/oauth2/token", base_url=HOME, data=urlencode(form), headers=headers)

    assert told(answer)["id_token"]


def test_a_request_by_form_is_read_as_utf_8(party, browser):
    page = browser.come(party.metadata["authorization_endpoint"], party.request(state="ünï", nonce="\U0001f511"))
    answer = answer_of(browser, page)

    assert answer.parameters["state"] == "ünï"
    assert claims_of(told(party.redeem(answer.code))["id_token"])["nonce"] == "\U0001f511"


def test_a_request_that_is_no_utf_8_is_no_accident(party, browser):
    """It is refused or taken for what it is, and never the end of a worker."""
    address = party.at("authorization_endpoint", party.request(state=None))

    assert browser.come(f"{address}&state=%ff%fe").status_code in {200, 303}
    assert browser.come(f"{address}&client_id=%ff").status_code == 400
    assert browser.come(f"{address}&state=x").status_code == 200


@pytest.mark.parametrize("endpoint", ["userinfo_endpoint", "jwks_uri"])
def test_json_is_utf_8_and_an_object(party, browser, endpoint):
    """§13.3."""
    token = party.sign_in(browser, scope="openid profile")["access_token"]
    answer = party.get(endpoint, Authorization=f"Bearer {token}")

    assert answer.mimetype == "application/json"
    assert isinstance(json.loads(answer.data.decode("utf-8")), dict)


def test_member_names_and_values_mean_their_case(party, browser):
    """§13.4: string comparison is exact; a parameter in other letters is another parameter."""
    answer = party.authorize(browser, STATE="x", Nonce="y", state=None)

    assert "state" not in answer.parameters
    assert claims_of(told(party.redeem(answer.code))["id_token"])["nonce"] == party.request()["nonce"]
