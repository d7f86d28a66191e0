"""OpenID Connect Core 1.0 §11: access while the person is away, and its end."""

from datetime import timedelta

import pytest

from tests.conformance.party import HERSELF, Somebody, answer_of, refused, told
from tests.conformance.user_agent import forms_of
from tests.fakes.tokens import claims_of

OFFLINE = "openid offline_access"
INVALID_GRANT = (400, "invalid_grant")


@pytest.fixture
def visitor(register):
    """A party that gets refresh tokens only by asking for offline access."""
    return register("Calendar")


@pytest.fixture
def tokens(visitor, browser):
    """What it was given with offline access."""
    return visitor.sign_in(browser, scope=OFFLINE, prompt="consent")


def sign_out(browser):
    """Sign out of the provider, here."""
    browser.submit(browser.open("/account"), "/logout")


def test_with_offline_access_comes_a_refresh_token(visitor, browser, tokens):
    assert tokens["scope"] == OFFLINE
    assert told(visitor.refresh(tokens["refresh_token"]))["access_token"]
    assert "refresh_token" not in visitor.sign_in(browser)


def test_the_person_is_asked_expressly(visitor, browser):
    """A client of the kind `web` needs the person's consent for it."""
    page = visitor.send(browser, scope=OFFLINE)
    asked = browser.submit(page, "/login", email=HERSELF.email, password=HERSELF.password)

    assert forms_of(asked)[0].action == "/consent"
    assert "Keep this access while you are away" in asked.text
    assert answer_of(browser, asked).code


def test_consent_without_it_is_no_consent_to_it(visitor, browser):
    visitor.authorize(browser, Somebody(remember="yes"), scope="openid")

    assert visitor.authorize(browser, scope="openid").asked == ()
    assert visitor.authorize(browser, scope=OFFLINE).asked == ("/consent",)


def test_without_a_page_it_is_given_only_if_it_was_allowed_before(visitor, browser):
    visitor.authorize(browser, Somebody(remember="yes"), scope="openid")
    assert visitor.authorize(browser, scope=OFFLINE, prompt="none").parameters["error"] == "consent_required"
    visitor.authorize(browser, Somebody(remember="yes"), scope=OFFLINE)

    assert told(visitor.redeem(visitor.authorize(browser, scope=OFFLINE, prompt="none").code))["refresh_token"]


def test_a_client_that_may_not_have_it_does_not_get_it(register, browser):
    tokens = register(scope="openid profile").sign_in(browser, scope=OFFLINE)

    assert (tokens["scope"], "refresh_token" in tokens) == ("openid", False)


def test_it_outlives_the_sign_out(visitor, browser, tokens):
    sign_out(browser)
    again = told(visitor.refresh(tokens["refresh_token"]))

    assert visitor.userinfo(tokens["access_token"]).status_code == 200
    assert visitor.userinfo(again["access_token"]).status_code == 200
    assert claims_of(again["id_token"])["sub"] == claims_of(tokens["id_token"])["sub"]


def test_without_it_the_sign_out_is_the_end(party, browser):
    """Back-Channel Logout 1.0 §2.7, too."""
    tokens = party.sign_in(browser)
    assert tokens["refresh_token"]
    sign_out(browser)

    assert refused(party.refresh(tokens["refresh_token"])) == INVALID_GRANT
    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_it_outlives_the_end_of_the_browsers_session(visitor, party, browser, clock):
    """Without it, a party's session ends at the moment at which the browser's does."""
    party.authorize(browser)
    clock.advance(timedelta(days=6))
    offline, online = visitor.sign_in(browser, scope=OFFLINE), party.sign_in(browser)
    clock.advance(timedelta(days=1))

    assert told(visitor.refresh(offline["refresh_token"]))["access_token"]
    assert refused(party.refresh(online["refresh_token"])) == INVALID_GRANT


def test_it_ends_when_the_person_takes_it_back(visitor, browser):
    tokens = told(visitor.redeem(visitor.authorize(browser, Somebody(remember="yes"), scope=OFFLINE).code))
    browser.submit(browser.open("/account"), "/account/consents/withdraw", client_id=visitor.client_id)

    assert refused(visitor.refresh(tokens["refresh_token"])) == INVALID_GRANT
    assert visitor.userinfo(tokens["access_token"]).status_code == 401


def test_it_ends_with_the_account(visitor, services, ada, tokens):
    services.close_account.by_operator(ada)

    assert refused(visitor.refresh(tokens["refresh_token"])) == INVALID_GRANT


def test_it_ends_when_the_person_signs_out_everywhere_else(visitor, browser, other_browser, tokens):
    visitor.authorize(other_browser)
    browser.submit(browser.open("/account"), "/account/sign-out-others")
    assert told(visitor.refresh(tokens["refresh_token"]))["access_token"], "what stands below this device is spared"
    page = other_browser.open("/login")
    other_browser.submit(page, "/login", email=HERSELF.email, password=HERSELF.password)
    other_browser.submit(other_browser.open("/account"), "/account/sign-out-others")

    assert refused(visitor.refresh(tokens["refresh_token"])) == INVALID_GRANT
