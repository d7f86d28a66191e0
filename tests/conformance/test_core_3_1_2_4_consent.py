"""OpenID Connect Core 1.0 §3.1.2.4: the person decides what the party may know."""

import pytest

from tests.conformance.party import ADA, CALLBACK, STATE, Somebody, answer_of, told
from tests.conformance.user_agent import HOME, forms_of
from tests.fakes.tokens import claims_of

REMEMBERING, DENYING = Somebody(remember="yes"), Somebody(decision="deny")


def test_nothing_is_told_before_the_person_has_been_asked(party, browser):
    assert party.authorize(browser).asked == ("/login", "/consent")


def test_a_denial_is_told_to_the_party(party, browser):
    answer = party.authorize(browser, DENYING)

    assert answer.address == CALLBACK
    assert (answer.parameters["error"], answer.parameters["state"]) == ("access_denied", STATE)
    assert (answer.parameters["iss"], "code" in answer.parameters) == (HOME, False)


def test_a_denial_is_not_remembered(party, browser):
    party.authorize(browser, DENYING)

    assert party.authorize(browser).asked == ("/consent",)


def test_a_denial_takes_nothing_back(party, browser):
    party.authorize(browser, REMEMBERING)

    assert party.authorize(browser, DENYING, prompt="consent").parameters["error"] == "access_denied"
    assert party.authorize(browser).asked == ()


def test_consent_lasts_if_the_person_wishes(party, browser):
    party.authorize(browser, Somebody(remember=None))
    assert party.authorize(browser, REMEMBERING).asked == ("/consent",)
    assert party.authorize(browser).asked == ()


def test_what_was_allowed_one_party_is_not_allowed_another(party, register, browser):
    party.authorize(browser, REMEMBERING)

    assert register("Another").authorize(browser).asked == ("/consent",)


def test_what_one_person_has_allowed_another_has_not(party, browser, other_browser, grace):
    party.authorize(browser, REMEMBERING)

    assert party.authorize(other_browser, Somebody(grace.email)).asked == ("/login", "/consent")


def test_more_than_before_is_asked_about_and_less_is_not(party, browser):
    party.authorize(browser, REMEMBERING, scope="openid email")

    assert party.authorize(browser, scope="openid").asked == ()
    assert party.authorize(browser, REMEMBERING, scope="openid profile").asked == ("/consent",)
    assert party.authorize(browser, scope="openid profile email").asked == ()


def test_a_single_claim_is_asked_about_as_its_scope_is(party, browser):
    """§5.5: claims that are asked for one by one need consent as well."""
    party.authorize(browser, REMEMBERING)
    page = party.send(browser, claims='{"userinfo":{"email":null}}')

    assert "See your email address" in page.text
    assert party.authorize(browser, claims='{"userinfo":{"sub":null}}').asked == ()


def test_the_page_says_who_asks_for_what(register, browser):
    curious = register("Curious & Co", scope="openid profile email phone")
    browser.submit(curious.send(browser), "/login", email=ADA, password=Somebody().password)
    page = curious.send(browser, scope="openid profile email")

    assert "Curious &amp; Co" in page.text
    assert "app.example.org" in page.text
    assert "See your name" in page.text
    assert "See your email address" in page.text
    assert "phone" not in page.text


def test_of_an_application_of_the_house_nobody_is_asked(register, browser):
    """The operator has decided for everybody; unless the application itself wants it asked."""
    trusted = register("Chat", is_trusted=True)

    assert trusted.authorize(browser).asked == ("/login",)
    assert trusted.authorize(browser, prompt="consent").asked == ("/consent",)


def test_consent_of_somebody_who_has_left_counts_for_nobody(party, browser, grace):
    """Between the question and the answer another person has signed in, in another window."""
    browser.submit(party.send(browser), "/login", email=ADA, password=Somebody().password)
    shown_to_ada = party.send(browser)
    elsewhere = party.send(browser, prompt="login")
    browser.submit(elsewhere, "/login", email=grace.email, password=Somebody().password)
    page = browser.submit(shown_to_ada, "/consent", decision="allow")

    assert (page.status_code, forms_of(page)[0].action) == (200, "/consent")
    assert "Grace Hopper" in page.text
    answer = answer_of(browser, page)
    assert claims_of(told(party.redeem(answer.code))["id_token"])["sub"] == grace.id


def test_the_person_may_take_another_account_instead(party, browser, grace):
    browser.submit(party.send(browser), "/login", email=ADA, password=Somebody().password)
    page = browser.submit(party.send(browser), "/consent", decision="switch")
    answer = answer_of(browser, page, Somebody(grace.email))

    assert claims_of(told(party.redeem(answer.code))["id_token"])["sub"] == grace.id


@pytest.mark.parametrize("decision", ["", "maybe", "ALLOW"])
def test_whatever_is_not_a_yes_is_a_no(party, browser, wire, decision):
    browser.submit(party.send(browser), "/login", email=ADA, password=Somebody().password)
    form = forms_of(party.send(browser))[0]
    fields = {"continue": form.fields["continue"], "decision": decision}
    answer = wire.post("/consent", base_url=HOME, data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    assert "error=access_denied" in answer.location
    assert party.authorize(browser).code


def test_a_yes_without_its_question_is_no_consent(party, browser):
    """Nobody can say yes with a request whose page was never shown."""
    sign_in = party.send(browser)
    (form,) = forms_of(sign_in)
    browser.submit(sign_in, "/login", email=ADA, password=Somebody().password)
    shown = party.send(browser)
    page = browser.submit(shown, "/consent", decision="allow", **{"continue": form.fields["continue"]})

    assert (page.status_code, forms_of(page)[0].action) == (200, "/consent")
    assert browser.submit(shown, "/consent", decision="allow").location
