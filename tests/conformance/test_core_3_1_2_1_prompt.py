"""OpenID Connect Core 1.0 §3.1.2.1, `prompt`: whether the person is shown a page, and which."""

from datetime import timedelta

import pytest

from tests.conformance.party import ADA, STATE, Somebody, told
from tests.conformance.user_agent import HOME, forms_of
from tests.fakes.tokens import claims_of

SECOND = timedelta(seconds=1)


def who_signed_in(tokens):
    """Return who it was and when."""
    claims = claims_of(tokens["id_token"])
    return claims["sub"], claims["auth_time"]


@pytest.fixture
def allowed(party, browser):
    """What a party was told that is remembered as allowed."""
    return told(party.redeem(party.authorize(browser, Somebody(remember="yes")).code))


def test_none_without_anybody_signed_in_is_login_required(party, browser):
    answer = party.authorize(browser, prompt="none")

    assert answer.asked == ()
    assert answer.parameters["error"] == "login_required"
    assert (answer.parameters["state"], answer.parameters["iss"]) == (STATE, HOME)


def test_none_for_whoever_is_signed_in_and_has_allowed_it_is_answered_without_a_page(party, browser, clock, allowed):
    clock.advance(timedelta(minutes=30))
    answer = party.authorize(browser, prompt="none")

    assert answer.asked == ()
    assert who_signed_in(told(party.redeem(answer.code))) == who_signed_in(allowed)


def test_none_without_consent_is_consent_required(register, party, browser, allowed):
    stranger = register("Another")

    assert stranger.authorize(browser, prompt="none").parameters["error"] == "consent_required"
    assert party.authorize(browser, prompt="none").code


def test_none_with_more_than_was_allowed_is_consent_required(party, browser, allowed):
    assert party.authorize(browser, prompt="none", scope="openid email").parameters["error"] == "consent_required"
    assert party.authorize(browser, prompt="none", scope="openid").code


def test_none_with_a_hint_of_whoever_is_signed_in_succeeds(party, browser, clock, allowed):
    """The hint may have expired."""
    clock.advance(timedelta(minutes=16))
    answer = party.authorize(browser, prompt="none", id_token_hint=allowed["id_token"])

    assert who_signed_in(told(party.redeem(answer.code))) == who_signed_in(allowed)


def test_none_with_a_hint_of_somebody_else_is_login_required(party, browser, other_browser, grace, allowed):
    """§3.1.2.2: a positive answer only if the end-user of the hint is signed in."""
    hers = told(party.redeem(party.authorize(other_browser, Somebody(grace.email)).code))["id_token"]

    assert party.authorize(browser, prompt="none", id_token_hint=hers).parameters["error"] == "login_required"
    assert party.authorize(browser, prompt="none", id_token_hint=allowed["id_token"]).code


@pytest.mark.parametrize("prompt", ["none login", "login none", "none consent", "none select_account"])
def test_none_stands_alone(party, browser, allowed, prompt):
    answer = party.authorize(browser, prompt=prompt)

    assert (answer.asked, answer.parameters["error"]) == ((), "invalid_request")


def test_login_asks_again_whoever_is_signed_in(party, browser, clock, allowed):
    clock.advance(SECOND)
    answer = party.authorize(browser, prompt="login")
    again = who_signed_in(told(party.redeem(answer.code)))

    assert answer.asked == ("/login",)
    assert again[0] == who_signed_in(allowed)[0]
    assert again[1] == who_signed_in(allowed)[1] + 1


def test_login_offers_no_way_around_the_password(party, browser, allowed):
    assert [form.action for form in forms_of(party.send(browser, prompt="login"))] == ["/login"]
    assert forms_of(party.send(browser, prompt="select_account"))[0].action == "/login/continue"


def test_login_is_not_satisfied_by_coming_back(party, browser, allowed):
    """Whoever only opens the address again has not signed in."""
    asked = party.send(browser, prompt="login")
    (form,) = forms_of(asked)
    address = f"{party.metadata['authorization_endpoint']}?continue={form.fields['continue']}"

    assert forms_of(browser.open(address))[0].action == "/login"
    assert browser.submit(asked, "/login", email=ADA, password=Somebody().password).location


def test_login_is_not_satisfied_by_the_button_for_going_on(party, browser, allowed):
    (form,) = forms_of(party.send(browser, prompt="login"))
    offered = party.send(browser, prompt="select_account")
    forced = browser.submit(offered, "/login/continue", **{"continue": form.fields["continue"]})

    assert forms_of(forced)[0].action == "/login"
    assert browser.submit(offered, "/login/continue").location


def test_login_with_a_wrong_password_brings_nobody_back(party, browser, allowed):
    asked = party.send(browser, prompt="login")
    refused = browser.submit(asked, "/login", email=ADA, password="not that one")

    assert (refused.status_code, refused.location) == (422, None)
    assert browser.submit(refused, "/login", email=ADA, password=Somebody().password).location


def test_consent_asks_again_whoever_has_allowed_it(party, browser, allowed):
    assert party.authorize(browser).asked == ()
    assert party.authorize(browser, prompt="consent").asked == ("/consent",)


def test_login_and_consent_ask_for_both(party, browser, allowed):
    assert party.authorize(browser, prompt="login consent").asked == ("/login", "/consent")


def test_select_account_lets_the_person_go_on_with_one_press(party, browser, allowed):
    answer = party.authorize(browser, prompt="select_account")

    assert answer.asked == ("/login/continue",)
    assert who_signed_in(told(party.redeem(answer.code))) == who_signed_in(allowed)


def test_select_account_lets_the_person_take_another_account(party, browser, grace, allowed):
    answer = party.authorize(browser, Somebody(grace.email), prompt="select_account")

    assert answer.asked == ("/login/continue", "/consent")
    assert who_signed_in(told(party.redeem(answer.code)))[0] == grace.id


def test_select_account_is_satisfied_by_signing_in(party, browser):
    assert party.authorize(browser, prompt="select_account").asked == ("/login", "/consent")


def test_a_prompt_that_nobody_knows_is_an_error(party, browser, allowed):
    """The specification leaves it to the provider; an error is seen by whoever writes the party."""
    assert party.authorize(browser, prompt="login create").parameters["error"] == "invalid_request"
    assert party.authorize(browser, prompt="login").code
