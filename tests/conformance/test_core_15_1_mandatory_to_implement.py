"""OpenID Connect Core 1.0 §15.1: what every OpenID Provider must be able to do, in one place."""

from datetime import timedelta

import pytest

from tests.conformance.party import Somebody, told
from tests.fakes.clock import START

REMEMBERING = Somebody(remember="yes")


def test_id_tokens_are_signed_with_rs256_unless_a_party_wants_it_otherwise(party, browser):
    assert party.verified(party.sign_in(browser)["id_token"], "RS256").header["alg"] == "RS256"
    assert "RS256" in party.metadata["id_token_signing_alg_values_supported"]


def test_the_behaviours_of_prompt_are_there(party, browser):
    party.authorize(browser, REMEMBERING)
    asked = {prompt: party.authorize(browser, prompt=prompt).asked for prompt in ("none", "login", "consent")}

    assert asked == {"none": (), "login": ("/login",), "consent": ("/consent",)}
    assert {"none", "login", "consent"} <= set(party.metadata["prompt_values_supported"])


@pytest.mark.parametrize(
    "wish",
    [
        {"display": "popup"},
        {"ui_locales": "fr-CA fr en"},
        {"claims_locales": "fr-CA fr en"},
        {"acr_values": "1"},
        {"display": "popup", "ui_locales": "x", "claims_locales": "y", "acr_values": "z"},
    ],
)
def test_a_wish_may_be_ignored_and_must_not_be_an_error(party, browser, wish):
    party.authorize(browser, REMEMBERING)

    assert party.authorize(browser, prompt="none", **wish).code


def test_the_time_of_the_sign_in_is_told_when_it_is_asked_for(party, browser):
    tokens = party.sign_in(browser, claims='{"id_token":{"auth_time":{"essential":true}}}')

    assert party.verified(tokens["id_token"]).claims["auth_time"] == int(START.timestamp())


def test_the_greatest_age_is_enforced(party, browser, clock):
    party.authorize(browser, REMEMBERING)
    clock.advance(timedelta(seconds=2))

    assert party.authorize(browser, max_age="2").asked == ()
    assert party.authorize(browser, max_age="1").asked == ("/login",)


def test_all_at_once(party, browser):
    """As many wishes as a request can have, and still one straight answer."""
    answer = party.authorize(
        browser,
        Somebody(remember="yes"),
        scope="openid profile email address phone offline_access",
        prompt="login consent",
        display="touch",
        max_age="3600",
        ui_locales="en",
        claims_locales="en",
        acr_values="1",
        login_hint="ada@example.org",
        response_mode="form_post",
        claims='{"userinfo":{"name":{"essential":true}},"id_token":{"acr":{"values":["1"]}}}',
    )
    tokens = told(party.redeem(answer.code))

    assert answer.asked == ("/login", "/consent")
    assert party.verified(tokens["id_token"]).claims["acr"] == "1"
    assert told(party.userinfo(tokens["access_token"]))["name"] == "Ada Lovelace"
