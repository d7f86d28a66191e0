"""OpenID Connect Core 1.0 §3.1.2.1, `max_age`: how long ago the person may have signed in; §2, `auth_time`."""

from datetime import timedelta

import pytest

from tests.conformance.party import Somebody, told
from tests.fakes.clock import START
from tests.fakes.tokens import claims_of

BEGINNING = int(START.timestamp())
SIGNED_IN, REMEMBERED = ("/login",), ()


@pytest.fixture
def allowed(party, browser):
    """Ada is signed in and has allowed the party, for good."""
    return told(party.redeem(party.authorize(browser, Somebody(remember="yes")).code))


@pytest.mark.parametrize(
    ("age", "max_age", "asked"),
    [
        (2, "1", SIGNED_IN),
        (1, "1", REMEMBERED),
        (30, "10000", REMEMBERED),
        (10_000, "10000", REMEMBERED),
        (10_001, "10000", SIGNED_IN),
    ],
)
def test_whoever_signed_in_longer_ago_signs_in_again(party, browser, clock, allowed, age, max_age, asked):
    clock.advance(timedelta(seconds=age))
    answer = party.authorize(browser, max_age=max_age)
    told_again = claims_of(told(party.redeem(answer.code))["id_token"])

    assert answer.asked == asked
    assert told_again["auth_time"] == BEGINNING + (age if asked else 0)
    assert told_again["sub"] == claims_of(allowed["id_token"])["sub"]


def test_an_age_of_zero_is_a_sign_in_for_this_very_request(party, browser, allowed):
    """The same as `prompt=login`; the sign-in for it is young enough, however long the request took."""
    assert party.authorize(browser, max_age="0").asked == SIGNED_IN
    assert party.authorize(browser).asked == REMEMBERED


def test_with_prompt_none_too_long_ago_is_login_required(party, browser, clock, allowed):
    clock.advance(timedelta(seconds=10))

    assert party.authorize(browser, prompt="none", max_age="9").parameters["error"] == "login_required"
    assert party.authorize(browser, prompt="none", max_age="10").code


def test_auth_time_is_told_whenever_an_age_was_asked_for(party, browser):
    """§2: then it is required; here it is told always."""
    assert claims_of(party.sign_in(browser, max_age="10000")["id_token"])["auth_time"] == BEGINNING
    assert claims_of(party.sign_in(browser)["id_token"])["auth_time"] == BEGINNING


def test_a_party_may_register_the_age_that_it_wants(register, browser, clock):
    """OpenID Connect Dynamic Client Registration 1.0 §2, `default_max_age`; the request overrules it."""
    careful = register(default_max_age=60)
    careful.authorize(browser, Somebody(remember="yes"))
    clock.advance(timedelta(seconds=61))

    assert careful.authorize(browser, max_age="61").asked == REMEMBERED
    assert careful.authorize(browser).asked == SIGNED_IN


def test_to_be_recognized_does_not_make_a_sign_in_younger(party, browser, clock, allowed):
    for _ in range(3):
        clock.advance(timedelta(seconds=5))
        party.authorize(browser)

    assert party.authorize(browser, max_age="14").asked == SIGNED_IN
    assert party.authorize(browser, max_age="14").asked == REMEMBERED


@pytest.mark.parametrize("max_age", ["-1", "1.5", "soon", "1e3", " 1", "+1", "99999999999", "\u0661"])
def test_what_is_no_number_of_seconds_is_an_error(party, browser, allowed, max_age):
    assert party.authorize(browser, max_age=max_age).parameters["error"] == "invalid_request"
    assert party.authorize(browser, max_age="2147483647").code
