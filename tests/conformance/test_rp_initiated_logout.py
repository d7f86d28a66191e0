"""OpenID Connect RP-Initiated Logout 1.0 §2, §3 and §4: a party sends somebody to us to sign out."""

from datetime import timedelta

import pytest

from tests.conformance.party import HERSELF, Somebody, told
from tests.conformance.user_agent import HOME, forms_of

AFTERWARDS = "https://app.example.org/signed-out?from=op"
STATE = "af0 ü&=+/?#"
WRONG_PLACES = {
    "of somebody else": "https://evil.example.org/",
    "one that only signing in leads to": "https://app.example.org/callback",
    "with something behind it": f"{AFTERWARDS}&x=1",
    "without its query": "https://app.example.org/signed-out",
    "in other letters": AFTERWARDS.replace("app.", "APP."),
    "no address": "javascript:alert(1)",
    "with a fragment": f"{AFTERWARDS}#x",
}


@pytest.fixture
def party(register):
    """A party that people may be sent back to after signing out."""
    return register(
        grant_types=["authorization_code", "refresh_token"],
        post_logout_redirect_uris=["https://app.example.org/", AFTERWARDS],
    )


@pytest.fixture
def hint(party, browser):
    """The ID token of Ada, who is signed in here and has allowed the party for good."""
    return told(party.redeem(party.authorize(browser, Somebody(remember="yes")).code))["id_token"]


@pytest.fixture
def is_signed_in(party):
    """Say whether Ada's session with the provider goes on in a browser."""
    return lambda browser: "code" in party.authorize(browser, prompt="none").parameters


def send(party, browser, **parameters):
    """Send a browser to the end session endpoint."""
    return browser.come(party.at("end_session_endpoint", parameters))


def test_with_a_good_hint_the_person_is_signed_out_and_sent_back(party, browser, hint, is_signed_in):
    assert is_signed_in(browser)
    page = send(party, browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS, state=STATE)

    assert page.location.startswith(f"{AFTERWARDS}&state=af0+%C3%BC%26%3D%2B%2F%3F%23")
    assert browser.cookies().keys() == {"__Host-identity_device"}  # who signed in from here before; it lets nobody in
    assert not is_signed_in(browser)


def test_it_is_the_same_by_post(party, browser, hint, is_signed_in):
    """§2: both methods are supported; a form from elsewhere comes without cookies, so the browser comes again."""
    form = {"id_token_hint": hint, "post_logout_redirect_uri": AFTERWARDS, "state": "s"}
    page = browser.come(party.metadata["end_session_endpoint"], form)

    assert page.location == f"{AFTERWARDS}&state=s"
    assert not is_signed_in(browser)


def test_without_a_state_none_comes_back(party, browser, hint):
    assert send(party, browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS).location == AFTERWARDS


def test_without_an_address_the_person_is_told(party, browser, hint, is_signed_in):
    page = send(party, browser, id_token_hint=hint, state="s")

    assert (page.status_code, page.location) == (200, None)
    assert "You are signed out" in page.text
    assert not is_signed_in(browser)


def test_a_hint_that_has_expired_is_good(party, browser, hint, clock, is_signed_in):
    """§2: the provider should accept it."""
    clock.advance(timedelta(days=1))

    assert send(party, browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS).location == AFTERWARDS
    assert not is_signed_in(browser)


def test_the_name_of_the_party_may_stand_beside_its_hint(party, browser, hint):
    parameters = {"id_token_hint": hint, "client_id": party.client_id, "post_logout_redirect_uri": AFTERWARDS}

    assert send(party, browser, **parameters).location == AFTERWARDS


def test_a_hint_of_another_party_is_refused(party, register, browser, hint, is_signed_in):
    """§2: when both are there, they must belong together."""
    other = register("Other")
    page = send(party, browser, id_token_hint=hint, client_id=other.client_id, post_logout_redirect_uri=AFTERWARDS)

    assert (page.status_code, page.location) == (400, None)
    assert is_signed_in(browser)


@pytest.mark.parametrize("place", WRONG_PLACES.values(), ids=WRONG_PLACES.keys())
def test_nobody_is_sent_where_the_party_has_not_said(party, browser, hint, is_signed_in, place):
    """§3: compared letter for letter."""
    page = send(party, browser, id_token_hint=hint, post_logout_redirect_uri=place)

    assert (page.status_code, page.location) == (400, None)
    assert is_signed_in(browser)
    assert send(party, browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS).location == AFTERWARDS


def test_an_address_without_a_party_leads_nowhere(party, browser, hint, is_signed_in):
    page = send(party, browser, post_logout_redirect_uri=AFTERWARDS)

    assert (page.status_code, page.location) == (400, None)
    assert is_signed_in(browser)


@pytest.mark.parametrize("parameters", [{}, {"state": "s"}, {"ui_locales": "de"}, {"logout_hint": "ada"}, {"foo": "x"}])
def test_without_a_hint_the_person_is_asked(party, browser, hint, is_signed_in, parameters):
    """§2: the provider must ask."""
    page = send(party, browser, **parameters)

    assert (page.status_code, forms_of(page)[0].action) == (200, "/oauth2/logout")
    assert is_signed_in(browser)
    assert "You are signed out" in browser.submit(page, "/oauth2/logout", decision="logout").text
    assert not is_signed_in(browser)


def test_with_the_name_of_the_party_alone_the_person_is_asked_and_sent_back(party, browser, hint, is_signed_in):
    page = send(party, browser, client_id=party.client_id, post_logout_redirect_uri=AFTERWARDS, state="s")
    assert is_signed_in(browser)

    assert browser.submit(page, "/oauth2/logout", decision="logout").location == f"{AFTERWARDS}&state=s"
    assert not is_signed_in(browser)


def test_whoever_does_not_want_to_stays(party, browser, hint, is_signed_in):
    page = send(party, browser, client_id=party.client_id, post_logout_redirect_uri=AFTERWARDS)
    stayed = browser.submit(page, "/oauth2/logout", decision="stay")

    assert stayed.location is None
    assert is_signed_in(browser)


def test_a_hint_of_somebody_else_is_asked_about(party, browser, other_browser, grace, hint, is_signed_in):
    """§2: the provider must ask if the token does not belong to whoever is signed in."""
    hers = told(party.redeem(party.authorize(other_browser, Somebody(grace.email)).code))["id_token"]
    page = send(party, browser, id_token_hint=hers, post_logout_redirect_uri=AFTERWARDS)

    assert (page.status_code, forms_of(page)[0].action) == (200, "/oauth2/logout")
    assert "Ada Lovelace" in page.text
    assert is_signed_in(browser)


def test_a_hint_that_was_changed_is_not_believed(party, browser, hint, is_signed_in):
    """§4: the provider must have issued it."""
    header, claims, signature = hint.split(".")
    for forged in (f"{header}.{claims}.{signature[:-8]}{signature[-8:].swapcase()}", f"{header}.{claims}.", "x"):
        page = send(party, browser, id_token_hint=forged, post_logout_redirect_uri=AFTERWARDS)
        assert page.location is None
        assert is_signed_in(browser)
    assert send(party, browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS).location == AFTERWARDS


def test_no_other_token_is_a_hint(party, browser, is_signed_in, hint):
    tokens = party.sign_in(browser)
    for name in ("access_token", "refresh_token"):
        page = send(party, browser, id_token_hint=tokens[name], post_logout_redirect_uri=AFTERWARDS)
        assert (page.status_code, page.location) == (200, None)
    assert is_signed_in(browser)


def test_whoever_is_not_signed_in_is_sent_back_all_the_same(party, browser, other_browser, hint):
    """§4: it is no error; to sign out twice does what to sign out once does."""
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": AFTERWARDS, "state": "s"}

    assert send(party, other_browser, **parameters).location == f"{AFTERWARDS}&state=s"
    assert send(party, browser, **parameters).location == f"{AFTERWARDS}&state=s"
    assert send(party, browser, **parameters).location == f"{AFTERWARDS}&state=s"


def test_the_tokens_of_the_party_end_with_the_session(party, browser, hint):
    tokens = party.sign_in(browser)
    send(party, browser, id_token_hint=hint)

    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.refresh(tokens["refresh_token"]).status_code == 400


def test_another_browser_of_the_same_person_stays_signed_in(party, browser, other_browser, hint, is_signed_in):
    party.authorize(other_browser)
    send(party, browser, id_token_hint=hint)

    assert is_signed_in(other_browser)
    assert not is_signed_in(browser)


def test_a_link_alone_signs_nobody_out_and_neither_does_a_form_from_elsewhere(party, browser, hint, wire, is_signed_in):
    """Without a hint only our own page does."""
    page = send(party, browser)
    (form,) = forms_of(page)
    forged = browser.come("/oauth2/logout", {**form.fields, "decision": "logout"})

    assert forged.status_code == 403
    assert is_signed_in(browser)
    browser.submit(page, "/oauth2/logout", decision="logout")
    assert not is_signed_in(browser)


def test_a_parameter_that_stands_twice_is_refused(party, browser, hint, is_signed_in):
    address = party.at("end_session_endpoint", {"id_token_hint": hint})

    assert browser.come(f"{address}&id_token_hint={hint}").status_code == 400
    assert is_signed_in(browser)


def test_what_is_asked_cannot_be_framed(party, browser, hint):
    page = send(party, browser)

    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_the_next_sign_in_wants_the_password(party, browser, hint):
    send(party, browser, id_token_hint=hint)

    assert party.authorize(browser, HERSELF).asked == ("/login",)


def test_discovery_names_the_endpoint(party):
    """§2.1."""
    assert party.metadata["end_session_endpoint"] == f"{HOME}/oauth2/logout"
