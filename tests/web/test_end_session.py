"""The end-session endpoint at the door: who is asked, who is signed out, and where the browser goes (RP-Initiated)."""

from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from identity_service.app import with_entrance
from tests.fakes import people
from tests.fakes.applications import application, tokens_for
from tests.fakes.tokens import claims_of
from tests.web.conftest import HERE

LOGOUT = "/oauth2/logout"
BACK = "https://app.example.org/bye?tenant=1"
ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.org"}


@pytest.fixture
def client(services):
    told = {"backchannel_logout_uri": "https://app.example.org/back"}
    return application(services, post_logout_redirect_uris=(BACK,), **told).client


@pytest.fixture
def granted(services, client, here):
    """What the client was given for Ada."""
    return tokens_for(services, client, here)


@pytest.fixture
def alive(services):
    return lambda signed_in: services.verify.access_token(signed_in.access_token) is not None


def sealed_in(page):
    return page.text.partition('name="continue" value="')[2].partition('"')[0]


def forgets(answer):
    """Say whether the browser forgets the cookies of a session, and LibreChat's of an OpenID sign-in."""
    gone = {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie") if "01 Jan 1970" in cookie}
    ours, theirs = {"identity_session"}, {"openid_user_id", "openid_access_token", "openid_id_token"}
    return gone == {"refreshToken", "token_provider", *ours, *theirs}


def test_with_a_good_hint_the_session_ends_at_once_and_the_browser_goes_back(browser, here, granted, alive):
    said = {"id_token_hint": granted.id_token, "post_logout_redirect_uri": BACK, "state": "a b&c"}
    answer = browser.get(LOGOUT, query_string=said, headers=ELSEWHERE)

    assert (answer.status_code, answer.location) == (303, f"{BACK}&state=a+b%26c")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert forgets(answer)
    assert not alive(here)


def test_the_sessions_of_its_clients_end_with_it_and_they_are_told(services, browser, here, granted):
    browser.get(LOGOUT, query_string={"id_token_hint": granted.id_token})
    session_id = claims_of(granted.access_token)["sid"]

    assert services.capabilities.sessions.standing(session_id, 0) is None
    with services.database.transaction():
        (delivery,) = services.capabilities.logout_deliveries.take()
    assert delivery.session_id == session_id


def test_without_an_address_the_person_is_told_that_it_is_done(browser, here, granted, alive):
    answer = browser.get(LOGOUT, query_string={"id_token_hint": granted.id_token})

    assert (answer.status_code, "You are signed out" in answer.text) == (200, True)
    assert forgets(answer)
    assert not alive(here)


def test_without_a_state_none_is_made_up(browser, here, granted):
    said = {"id_token_hint": granted.id_token, "post_logout_redirect_uri": BACK}

    assert browser.get(LOGOUT, query_string=said).location == BACK


@pytest.mark.parametrize("is_of_somebody_else", [False, True])
def test_without_a_hint_of_this_person_the_person_is_asked_and_nothing_ends(
    services, browser, here, client, alive, is_of_somebody_else
):
    grace = people.session(services, people.person(services, "grace@example.org", username="grace"))
    hint = tokens_for(services, client, grace).id_token
    proof = {"id_token_hint": hint} if is_of_somebody_else else {"client_id": client.client_id}
    page = browser.get(LOGOUT, query_string={**proof, "post_logout_redirect_uri": BACK, "state": "s"})

    assert (page.status_code, "Do you want to sign out?" in page.text) == (200, True)
    assert "App" in page.text
    assert here.person.email in page.text
    assert "form-action 'self' https:;" in page.headers["Content-Security-Policy"] + ";"
    assert "Set-Cookie" not in page.headers
    assert (alive(here), alive(grace)) == (True, True)

    answer = browser.post(LOGOUT, data={"continue": sealed_in(page), "decision": "logout"}, headers=HERE)
    assert (answer.status_code, answer.location) == (303, f"{BACK}&state=s")
    assert forgets(answer)
    assert (alive(here), alive(grace)) == (False, True)


@pytest.mark.parametrize("decision", ["stay", "", "Logout", "else"])
def test_whatever_is_not_yes_is_no(browser, here, client, alive, decision):
    page = browser.get(LOGOUT, query_string={"client_id": client.client_id})
    answer = browser.post(LOGOUT, data={"continue": sealed_in(page), "decision": decision}, headers=HERE)

    assert (answer.status_code, answer.location) == (303, "/account")
    assert alive(here)


@pytest.mark.parametrize("headers", [{}, ELSEWHERE, {"Origin": "https://evil.example"}, {"Origin": "null"}], ids=str)
def test_nobody_else_can_say_yes(browser, here, client, alive, headers):
    sealed = sealed_in(browser.get(LOGOUT, query_string={"client_id": client.client_id}))
    answer = browser.post(LOGOUT, data={"continue": sealed, "decision": "logout"}, headers=headers)

    assert answer.status_code == 403
    assert alive(here)
    assert browser.post(LOGOUT, data={"continue": sealed, "decision": "logout"}, headers=HERE).status_code == 200
    assert not alive(here)


def test_what_an_application_posts_is_decided_when_the_browser_comes_again(browser, here, granted, alive):
    """With a form from elsewhere the browser does not send our cookie."""
    said = {"id_token_hint": granted.id_token, "post_logout_redirect_uri": BACK, "state": "s"}
    answer = browser.post(LOGOUT, data=said, headers=ELSEWHERE)
    assert (answer.status_code, urlsplit(answer.location).path, alive(here)) == (303, LOGOUT, True)

    assert browser.get(answer.location).location == f"{BACK}&state=s"
    assert not alive(here)


def test_what_an_application_posts_without_a_hint_is_only_a_question(browser, here, client, alive):
    for said in ({}, {"decision": "logout"}, {"continue": "garbage"}):
        answer = browser.post(LOGOUT, data={"client_id": client.client_id, **said}, headers=ELSEWHERE)
        page = browser.get(answer.location)
        assert (page.status_code, "Do you want to sign out?" in page.text, alive(here)) == (200, True, True)


def test_where_nobody_is_signed_in_nobody_is_asked(app, client):
    stranger = Client(with_entrance(app))
    said = {"client_id": client.client_id, "post_logout_redirect_uri": BACK, "state": "s"}

    assert stranger.get(LOGOUT, query_string=said).location == f"{BACK}&state=s"
    assert "You are signed out" in stranger.get(LOGOUT).text


@pytest.mark.parametrize(
    "said",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": BACK},
        {"client_id": ["evil", "evil"]},
        {"state": "evil" * 1000},
        {"client_id": "evil\0"},
    ],
    ids=["strange address", "address of nobody", "repeated", "long", "null"],
)
def test_what_cannot_be_trusted_is_told_to_the_person_and_ends_nothing(browser, here, alive, said):
    for answer in (browser.get(LOGOUT, query_string=said), browser.get(browser.post(LOGOUT, data=said).location)):
        assert (answer.status_code, answer.mimetype) == (400, "text/html")
        assert "untrusted_request" in answer.text
        assert "evil" not in answer.text
        assert "Set-Cookie" not in answer.headers
    assert alive(here)


@pytest.mark.parametrize("sealed", ["", "garbage"])
def test_a_request_that_does_not_open_is_told_to_the_person_and_ends_nothing(browser, here, alive, sealed):
    answer = browser.get(LOGOUT, query_string={"continue": sealed})

    assert (answer.status_code, "authorization_expired" in answer.text) == (400, True)
    assert alive(here)


def test_who_has_thought_about_it_for_long_is_signed_out_all_the_same(browser, here, alive):
    answer = browser.post(LOGOUT, data={"continue": "no more", "decision": "logout"}, headers=HERE)

    assert (answer.status_code, "You are signed out" in answer.text) == (200, True)
    assert not alive(here)


def test_our_own_link_leads_to_the_question(browser, here, alive):
    answer = browser.get("/logout")
    assert (answer.status_code, answer.location) == (303, LOGOUT)

    assert "Do you want to sign out?" in browser.get(answer.location).text
    assert alive(here)


@pytest.mark.parametrize(("path", "there"), [("/logout", "/login"), ("/account/sign-out-others", "/login?notice=away")])
def test_who_is_not_signed_in_ends_nothing(browser, begun, alive, path, there):
    answer = browser.post(path, headers=HERE)

    assert (answer.status_code, answer.location) == (303, there)
    assert alive(begun)
