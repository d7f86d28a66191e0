"""OAuth 2.0 Form Post Response Mode 1.0: the answer is carried to the party in a form."""

import re

import pytest

from tests.conformance.party import CALLBACK, STATE, Somebody, told
from tests.conformance.user_agent import HOME, forms_of

FORM_POST = {"response_mode": "form_post"}
REMEMBERING = Somebody(remember="yes")


@pytest.fixture
def page(party, browser):
    """The page that carries the answer."""
    party.authorize(browser, REMEMBERING)
    return party.send(browser, **FORM_POST)


def test_code_and_state_go_back_in_a_form(party, browser):
    answer = party.authorize(browser, **FORM_POST)

    assert (answer.address, answer.mode) == (CALLBACK, "form_post")
    assert set(answer.parameters) == {"code", "state", "iss"}
    assert (answer.parameters["state"], answer.parameters["iss"]) == (STATE, HOME)
    assert told(party.redeem(answer.code))["id_token"]


def test_it_is_an_html_page_with_one_form_that_is_sent_by_post(page):
    """§2."""
    (form,) = forms_of(page)

    assert (page.status_code, page.mimetype, page.location) == (200, "text/html", None)
    assert (form.method, form.action) == ("POST", CALLBACK)


def test_the_page_is_kept_by_nobody(page):
    """§2: `Cache-Control: no-cache, no-store`; no-store says both."""
    assert "no-store" in page.headers["Cache-Control"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_the_form_sends_itself_and_works_without_scripts(page):
    """§5: the one script is named by a nonce that is new each time."""
    (nonce,) = re.findall(r'<script nonce="([^"]+)">', page.text)

    assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
    assert "<button>" in page.text


def test_every_page_has_a_nonce_of_its_own(party, browser, page):
    nonces = [re.findall(r'nonce="([^"]+)"', each.text) for each in (page, party.send(browser, **FORM_POST))]

    assert nonces[0] != nonces[1]


def test_an_error_goes_the_same_way(party, browser):
    answer = party.authorize(browser, prompt="none", **FORM_POST)

    assert (answer.address, answer.mode) == (CALLBACK, "form_post")
    assert (answer.parameters["error"], answer.parameters["state"]) == ("login_required", STATE)
    assert answer.parameters["iss"] == HOME


def test_a_denial_goes_the_same_way(party, browser):
    answer = party.authorize(browser, Somebody(decision="deny"), **FORM_POST)

    assert (answer.mode, answer.parameters["error"]) == ("form_post", "access_denied")


@pytest.mark.parametrize("state", ['"><script>alert(1)</script>', "'&quot;&amp;", "</form>", "ünï \U0001f511"])
def test_what_the_party_said_is_told_back_and_never_becomes_part_of_the_page(party, browser, state):
    """§6: against injection."""
    party.authorize(browser, REMEMBERING)
    page = party.send(browser, state=state, **FORM_POST)
    (form,) = forms_of(page)

    assert form.fields["state"] == state
    assert "<script>" not in page.text


def test_the_query_of_the_registered_address_stays(register, browser):
    address = f"{CALLBACK}?tenant=a%20b&x='\"".replace('"', "")
    answer = register(redirect_uri=address).authorize(browser, **FORM_POST)

    assert answer.address == address
    assert answer.code


def test_the_party_sees_from_where_the_form_comes_and_not_from_which_page(page):
    """RFC 9700 §4.2: the address of the page may hold the request."""
    assert '<meta name="referrer" content="strict-origin">' in page.text


def test_the_answer_comes_in_the_query_unless_it_is_asked_for(party, browser):
    party.authorize(browser, REMEMBERING)

    assert party.authorize(browser).mode == "query"
    assert party.authorize(browser, response_mode="query").mode == "query"
    assert party.authorize(browser, response_mode="").mode == "query"


def test_discovery_names_it(party):
    assert "form_post" in party.metadata["response_modes_supported"]
