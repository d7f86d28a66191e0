"""OpenID Connect Back-Channel Logout 1.0 §2.3 and §2.7: which endings which parties are told of, and what lives on."""

from datetime import timedelta

import pytest

from tests.conformance.party import HERSELF, Somebody, refused, told
from tests.conformance.user_agent import HOME
from tests.fakes.tokens import claims_of

REMEMBERING = Somebody(remember="yes")
PLACE = "https://app.example.org/back-channel"


@pytest.fixture
def told_party(register):
    """A party that wants to be told."""
    return register("Told", backchannel_logout_uri=PLACE, grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def tokens(told_party, browser):
    """What it was given for Ada, who allowed it for good."""
    return told(told_party.redeem(told_party.authorize(browser, REMEMBERING).code))


@pytest.fixture
def due(told_party, tokens):
    """What is to be delivered when that session has ended."""
    return [(told_party.client_id, claims_of(tokens["id_token"])["sid"])]


def test_nothing_is_told_while_nothing_has_ended(told_party, browser, tokens, deliveries):
    told(told_party.refresh(tokens["refresh_token"]))
    told_party.authorize(browser)

    assert deliveries() == []


def test_a_sign_out_on_our_page(browser, due, deliveries):
    browser.submit(browser.open("/account"), "/logout")

    assert deliveries() == due


def test_a_sign_out_that_a_party_asked_for(told_party, browser, tokens, due, deliveries):
    browser.come(told_party.at("end_session_endpoint", {"id_token_hint": tokens["id_token"]}))

    assert deliveries() == due


def test_a_sign_out_that_another_party_asked_for(register, browser, due, deliveries):
    other = register("Other")
    hint = other.sign_in(browser)["id_token"]
    browser.come(other.at("end_session_endpoint", {"id_token_hint": hint}))

    assert deliveries() == due


def test_a_sign_out_through_the_chat(wire, browser, due, deliveries):
    refresh_token = browser.jar["refreshToken"][0]
    wire.post("/api/auth/logout", base_url=HOME, headers={"Cookie": f"refreshToken={refresh_token}"})

    assert deliveries() == due


def test_a_sign_out_everywhere_else(browser, other_browser, due, deliveries):
    page = other_browser.open("/login")
    other_browser.submit(page, "/login", email=HERSELF.email, password=HERSELF.password)
    browser.submit(browser.open("/account"), "/account/sign-out-others")
    assert deliveries() == [], "what stands below this browser was spared"
    page = other_browser.open("/login")
    other_browser.submit(page, "/login", email=HERSELF.email, password=HERSELF.password)
    other_browser.submit(other_browser.open("/account"), "/account/sign-out-others")

    assert deliveries() == due


def test_consent_that_is_taken_back(told_party, browser, due, deliveries):
    browser.submit(browser.open("/account"), "/account/consents/withdraw", client_id=told_party.client_id)

    assert deliveries() == due


def test_a_refresh_token_that_comes_back(told_party, tokens, due, deliveries, clock):
    told(told_party.refresh(tokens["refresh_token"]))
    clock.advance(timedelta(minutes=1))
    assert refused(told_party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")

    assert deliveries() == due


def test_a_code_that_comes_back(told_party, browser, deliveries):
    code = told_party.authorize(browser).code
    session = claims_of(told(told_party.redeem(code))["id_token"])["sid"]
    assert refused(told_party.redeem(code)) == (400, "invalid_grant")

    assert deliveries() == [(told_party.client_id, session)]


def test_an_account_that_is_deleted(services, ada, due, deliveries):
    services.close_account.by_operator(ada)

    assert deliveries() == due


def test_somebody_else_who_signs_in_instead(told_party, browser, grace, due, deliveries):
    told_party.authorize(browser, Somebody(grace.email), prompt="login")

    assert deliveries() == due


def test_the_same_person_who_signs_in_again_has_not_signed_out(told_party, browser, tokens, deliveries):
    told_party.authorize(browser, prompt="login")

    assert deliveries() == []
    assert told_party.userinfo(tokens["access_token"]).status_code == 200


def test_every_party_of_the_browser_is_told_and_each_of_its_own_session(told_party, register, browser, due, deliveries):
    second = register("Second", backchannel_logout_uri="https://second.example.org/logout")
    theirs = (second.client_id, claims_of(second.sign_in(browser)["id_token"])["sid"])
    browser.submit(browser.open("/account"), "/logout")

    assert sorted(deliveries()) == sorted([*due, theirs])


def test_a_party_that_has_not_said_where_is_not_told(party, browser, deliveries):
    party.authorize(browser)
    party.sign_in(browser)
    browser.submit(browser.open("/account"), "/logout")

    assert deliveries() == []


def test_a_session_in_another_browser_goes_on(told_party, browser, other_browser, due, deliveries):
    elsewhere = told_party.sign_in(other_browser)
    browser.submit(browser.open("/account"), "/logout")

    assert deliveries() == due
    assert told_party.userinfo(elsewhere["access_token"]).status_code == 200


def test_a_sign_out_twice_is_told_of_once(browser, due, deliveries):
    page = browser.open("/account")
    browser.submit(page, "/logout")
    browser.submit(page, "/logout")

    assert deliveries() == due


def test_refresh_tokens_without_offline_access_end(told_party, browser, tokens):
    """§2.7."""
    browser.submit(browser.open("/account"), "/logout")

    assert refused(told_party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_refresh_tokens_with_offline_access_live_on(told_party, browser):
    """§2.7."""
    tokens = told_party.sign_in(browser, scope="openid offline_access")
    browser.submit(browser.open("/account"), "/logout")

    assert told(told_party.refresh(tokens["refresh_token"]))["access_token"]
