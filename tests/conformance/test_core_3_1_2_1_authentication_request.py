"""OpenID Connect Core 1.0 §3.1.2.1: an authentication request, and every parameter that it may carry."""

from datetime import timedelta

import pytest

from tests.conformance.party import CALLBACK, NONCE, STATE, Somebody, answer_of, told
from tests.conformance.user_agent import forms_of
from tests.fakes.tokens import claims_of

WITHOUT_EFFECT = {
    "a page of its own": {"display": "page"},
    "a pop-up": {"display": "popup"},
    "a touch screen": {"display": "touch"},
    "a feature phone": {"display": "wap"},
    "languages of the pages": {"ui_locales": "se no fr-CA"},
    "languages of claims": {"claims_locales": "se no"},
    "a class of authentication": {"acr_values": "1 2"},
    "classes that nobody knows": {"acr_values": "urn:mace:incommon:iap:silver urn:example:gold"},
    "an address that is expected": {"login_hint": "somebody@example.org"},
    "a parameter that nobody knows": {"extra": "foobar", "response.mode": "x", "": "y"},
    "parameters without a value": {"prompt": "", "max_age": "", "display": "", "id_token_hint": "", "claims": ""},
}


def test_a_request_by_get_is_answered_with_a_code(party, browser):
    answer = party.authorize(browser)

    assert (answer.address, answer.asked) == (CALLBACK, ("/login", "/consent"))
    assert told(party.redeem(answer.code))["token_type"] == "Bearer"


def test_a_request_by_post_is_answered_the_same(party, browser):
    """The endpoint supports both; a form from another site brings no cookies along, so the browser comes again."""
    page = browser.come(party.metadata["authorization_endpoint"], party.request())
    answer = answer_of(browser, page)

    assert (answer.address, answer.asked) == (CALLBACK, ("/login", "/consent"))
    assert party.verified(told(party.redeem(answer.code))["id_token"]).claims["nonce"] == NONCE


def test_whoever_is_signed_in_is_recognized_in_a_request_by_post(party, browser):
    party.authorize(browser, remember="yes")
    page = browser.come(party.metadata["authorization_endpoint"], party.request())

    assert answer_of(browser, page).asked == ("/consent",)


@pytest.mark.parametrize("parameters", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT.keys())
def test_a_wish_that_is_not_met_is_no_error(party, browser, parameters):
    answer = party.authorize(browser, **parameters)

    assert told(party.redeem(answer.code))["id_token"]


def test_the_state_comes_back_unchanged(party, browser):
    state = "ünï-\U0001f511 &=+%20/?#\"'<>"

    assert party.authorize(browser, state=state).parameters["state"] == state
    assert "state" not in party.authorize(browser, state=None).parameters


def test_the_nonce_stands_in_the_id_token_unchanged(party, browser):
    nonce = "ünï-\U0001f511 &=+%20/?#\"'<>"

    assert claims_of(party.sign_in(browser, nonce=nonce)["id_token"])["nonce"] == nonce


def test_a_request_without_a_nonce_succeeds(party, browser):
    """It is optional in this flow, and PKCE protects the code."""
    assert "nonce" not in claims_of(party.sign_in(browser, nonce=None)["id_token"])
    assert claims_of(party.sign_in(browser)["id_token"])["nonce"] == NONCE


def test_a_confidential_client_may_be_let_off_pkce_and_then_sends_a_nonce(register, browser):
    """RFC 9700 §2.1.1."""
    exempt = register(require_pkce=False)
    without_pkce = {"code_challenge": None, "code_challenge_method": None}
    answer = exempt.authorize(browser, **without_pkce)

    assert exempt.authorize(browser, **without_pkce, nonce=None).parameters["error"] == "invalid_request"
    assert told(exempt.redeem(answer.code, code_verifier=None))["id_token"]


def test_the_acr_that_was_reached_is_told(party, browser):
    """Of the values that discovery names, one can be reached."""
    (reachable,) = party.metadata["acr_values_supported"]

    assert claims_of(party.sign_in(browser, acr_values=reachable)["id_token"])["acr"] == reachable


def test_the_address_that_is_expected_stands_in_the_form(party, browser):
    (form,) = forms_of(party.send(browser, login_hint="ada@example.org"))

    assert form.fields["email"] == "ada@example.org"


def test_a_hint_of_whoever_is_signed_in_needs_no_page(party, browser, clock):
    """Also with `prompt=none`, and after the ID token has expired."""
    hint = party.sign_in(browser, prompt="consent")["id_token"]
    party.authorize(browser, remember="yes")
    clock.advance(timedelta(minutes=16))

    page = party.send(browser, id_token_hint=hint)
    answer = answer_of(browser, party.send(browser, id_token_hint=hint, prompt="consent"))

    assert forms_of(page)[0].action == "/consent"
    assert answer.asked == ("/consent",)


def test_a_hint_of_somebody_else_leads_to_signing_in(party, browser, other_browser, grace):
    hers = told(party.redeem(party.authorize(other_browser, Somebody(grace.email)).code))["id_token"]
    mine = party.sign_in(browser)["id_token"]
    answer = party.authorize(browser, Somebody(grace.email), id_token_hint=hers)

    assert "/login" in answer.asked
    assert claims_of(told(party.redeem(answer.code))["id_token"])["sub"] == grace.id
    assert claims_of(mine)["sub"] != grace.id
    assert answer.parameters["state"] == STATE
