"""OpenID Connect Core 1.0 §3.1.2.3: the provider authenticates the end-user, against forgery and clickjacking."""

from datetime import timedelta

import pytest

from tests.conformance.party import ADA, CALLBACK, NONCE, STATE, Somebody, answer_of, refused, told
from tests.conformance.user_agent import HOME, forms_of
from tests.fakes.people import PASSWORD
from tests.fakes.tokens import claims_of

FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.org"},
    "a neighbour": {"Sec-Fetch-Site": "same-site", "Origin": "https://blog.example.org"},
    "an old browser on another site": {"Origin": "https://evil.example.org"},
    "nobody knows where": {},
    "a sandboxed frame": {"Origin": "null"},
}
OWN = {"a browser of today": {"Sec-Fetch-Site": "same-origin", "Origin": HOME}, "an old browser": {"Origin": HOME}}
RIGHT = {"email": "ada@example.org", "password": PASSWORD}


def test_nobody_is_answered_for_who_has_not_signed_in(party, browser):
    page = party.send(browser)

    assert (page.status_code, forms_of(page)[0].action) == (200, "/login")
    assert answer_of(browser, page).code


def test_the_password_must_be_right(party, browser):
    page = party.send(browser)
    wrong = browser.submit(page, "/login", email=ADA, password="not that one")

    assert (wrong.status_code, wrong.location) == (422, None)
    assert answer_of(browser, browser.submit(wrong, "/login", **RIGHT)).code


def test_the_request_is_remembered_while_the_person_signs_in(party, browser, clock):
    """With everything that it asked for; for an hour."""
    page = party.send(browser, state="s-1", nonce="n-1", scope="openid email")
    clock.advance(timedelta(minutes=59))
    answer = answer_of(browser, browser.submit(page, "/login", **RIGHT))

    assert answer.parameters["state"] == "s-1"
    assert claims_of(told(party.redeem(answer.code))["id_token"])["nonce"] == "n-1"


def test_a_request_that_was_left_lying_is_not_taken_up(party, browser, clock):
    page = party.send(browser)
    clock.advance(timedelta(minutes=61))
    late = browser.submit(page, "/login", **RIGHT)

    assert (late.status_code, late.location) == (400, None)
    assert "begin again" in late.text
    assert party.authorize(browser).code


def test_two_requests_in_one_browser_do_not_meet(party, register, browser):
    other = register("Other", "https://other.example.org/back")
    first, second = party.send(browser), other.send(browser, state="theirs", nonce="theirs")
    here = answer_of(browser, browser.submit(first, "/login", **RIGHT))
    mine = told(party.redeem(here.code))["id_token"]
    there = answer_of(browser, browser.submit(second, "/login", **RIGHT))
    theirs = told(other.redeem(there.code))["id_token"]

    assert (here.address, there.address) == (CALLBACK, "https://other.example.org/back")
    assert (here.parameters["state"], there.parameters["state"]) == (STATE, "theirs")
    assert (claims_of(mine)["nonce"], claims_of(theirs)["nonce"]) == (NONCE, "theirs")


def test_a_code_outlives_a_sign_in_of_the_same_person_and_of_nobody_else(party, register, browser, grace):
    """In two windows that were open before anybody had signed in."""
    other = register("Other", "https://other.example.org/back")
    pages = party.send(browser), other.send(browser), other.send(browser)
    here = answer_of(browser, browser.submit(pages[0], "/login", **RIGHT))
    there = answer_of(browser, browser.submit(pages[1], "/login", **RIGHT))
    mine = told(party.redeem(here.code))

    assert party.userinfo(mine["access_token"]).status_code == 200
    answer_of(browser, browser.submit(pages[2], "/login", email=grace.email, password=PASSWORD))
    assert refused(other.redeem(there.code)) == (400, "invalid_grant")
    assert party.userinfo(mine["access_token"]).status_code == 401


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("path", ["/login", "/login/continue", "/consent", "/register"])
def test_a_form_from_elsewhere_is_refused(party, browser, wire, path, headers):
    (form,) = forms_of(party.send(browser))
    answer = wire.post(path, base_url=HOME, data={**RIGHT, **form.fields}, headers=headers)

    assert (answer.status_code, answer.location, answer.headers.getlist("Set-Cookie")) == (403, None, [])


@pytest.mark.parametrize("headers", OWN.values(), ids=OWN.keys())
def test_a_form_of_our_own_is_read(party, browser, wire, headers):
    (form,) = forms_of(party.send(browser))
    answer = wire.post("/login", base_url=HOME, data={**form.fields, **RIGHT}, headers=headers)

    assert answer.status_code == 303


@pytest.mark.parametrize("prompt", ["login", "consent", "select_account"])
def test_no_page_of_the_way_can_be_framed(party, browser, prompt):
    """RFC 9700 §4.16."""
    party.authorize(browser)
    page = party.send(browser, prompt=prompt)

    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_a_form_on_the_way_ends_here_or_where_the_party_lives(party, browser):
    """Some browsers hold the redirects after a form against its page's policy, too."""
    policy = party.send(browser).headers["Content-Security-Policy"]
    (allowed,) = (rule.split()[1:] for rule in policy.split(";") if rule.split()[0] == "form-action")

    assert allowed[0] == "'self'"
    assert allowed[1] in {"https:", "https://app.example.org"}
    assert not {"*", "http:", "data:", "javascript:"} & set(allowed)


def test_a_request_that_was_tampered_with_on_the_way_is_not_taken_up(party, browser):
    page = party.send(browser)
    (form,) = forms_of(page)
    sealed = form.fields["continue"]
    changed = ("A" if sealed[40] != "A" else "B").join((sealed[:40], sealed[41:]))
    answer = browser.submit(page, "/login", **{**RIGHT, "continue": changed})

    assert (answer.status_code, answer.location) == (400, None)
    assert answer_of(browser, browser.submit(page, "/login", **RIGHT)).code


def test_a_person_may_sign_up_on_the_way(party, browser):
    page = party.send(browser)
    (form,) = forms_of(page)
    sign_up = browser.open(f"/register?continue={form.fields['continue']}")
    newcomer = {"name": "Grace Hopper", "username": "hopper", "email": "hopper@example.org", "password": PASSWORD}
    back = browser.submit(sign_up, "/register", **newcomer)
    answer = answer_of(browser, back, Somebody("hopper@example.org"))

    assert (answer.address, answer.asked) == (CALLBACK, ("/login", "/consent"))
    assert told(party.redeem(answer.code))["id_token"]


def test_signing_in_makes_a_new_session(party, browser, application):
    """A secret that was there before the sign-in is worth nothing after it (session fixation)."""
    party.authorize(browser)
    before = dict(browser.jar)
    party.authorize(browser, prompt="login")

    assert browser.jar["__Host-identity_session"] != before["__Host-identity_session"]
    browser.jar = before
    assert party.authorize(browser, prompt="none").parameters["error"] == "login_required"
