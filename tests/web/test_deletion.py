"""Leaving for good: by the chat front end's door, and on a page that asks."""

import pytest

from tests.fakes.people import person, session
from tests.web.conftest import HERE

DOOR = "/api/user/delete"


@pytest.fixture
def inside(services, browser, ada):
    """A browser in which Ada is signed in."""
    answer = browser.post("/login", data={"email": ada.email, "password": "a long phrase that is mine"}, headers=HERE)
    assert answer.status_code == 303
    return browser


def test_an_account_goes_at_its_own_request_and_takes_the_cookies_along(services, browser, ada, begun, bearer):
    answer = browser.delete(DOOR, headers=bearer(begun))

    assert (answer.status_code, answer.json) == (200, {"message": "User deleted"})
    assert any("refreshToken=;" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    assert services.capabilities.users.by_id(ada.id) is None
    assert browser.get("/api/user", headers=bearer(begun)).status_code == 401


@pytest.mark.parametrize("body", [{}, {"token": "123456"}, {"backupCode": "ab"}, {"unknown": 1}])
def test_what_the_chat_front_end_sends_with_it_does_not_matter(services, browser, begun, bearer, body):
    assert browser.delete(DOOR, json=body, headers=bearer(begun)).status_code == 200


def test_nobody_leaves_without_a_good_token(services, browser, ada):
    answer = browser.delete(DOOR)

    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_required")
    assert services.capabilities.users.by_id(ada.id) is not None


@pytest.mark.environ(ALLOW_ACCOUNT_DELETION="false")
def test_where_nobody_may_leave_the_door_the_page_and_the_way_to_it_are_closed(services, inside, ada, begun, bearer):
    answer = inside.delete(DOOR, headers=bearer(begun))

    assert (answer.status_code, answer.json["message"]) == (403, "You do not have permission to delete this account")
    assert "/account/close" not in inside.get("/account").text
    assert inside.get("/account/close").status_code == 403
    assert inside.post("/account/close", data={"email": ada.email}, headers=HERE).status_code == 403
    assert services.capabilities.users.by_id(ada.id) is not None


def test_the_page_asks_and_another_address_closes_nothing(services, inside, ada):
    grace = person(services, "grace@example.org")
    assert "/account/close" in inside.get("/account").text
    assert inside.get("/account/close").status_code == 200
    answer = inside.post("/account/close", data={"email": grace.email}, headers=HERE)

    assert answer.status_code == 400
    assert "This is not the address of this account." in answer.text
    assert services.capabilities.users.count() == 2


CONVERSATIONS = "with every conversation, file and setting that belongs to it in LibreChat"


@pytest.mark.environ(MONGO_URI="mongodb://127.0.0.1:1/LibreChat")
def test_the_page_says_that_what_is_in_the_chat_application_goes_too(inside):
    assert CONVERSATIONS in inside.get("/account/close").text


def test_the_page_promises_nothing_about_a_chat_application_that_is_not_reached_from_here(inside, ada):
    asked = inside.get("/account/close")
    asked_again = inside.post("/account/close", data={"email": f"not-{ada.email}"}, headers=HERE)

    assert "It goes for good. Nobody can bring it back." in asked.text
    assert "conversation" not in asked.text + asked_again.text


def test_the_own_address_closes_the_account(services, inside, ada):
    session(services, ada)
    answer = inside.post("/account/close", data={"email": f" {ada.email.upper()} "}, headers=HERE)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert services.capabilities.users.by_id(ada.id) is None
    assert inside.get("/account").headers["Location"] == "/login"


def test_another_sites_form_and_a_stranger_close_nothing(services, inside, app, ada):
    assert (
        inside.post("/account/close", data={"email": ada.email}, headers={"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )
    stranger = app.test_client()
    assert stranger.get("/account/close").headers["Location"] == "/login"
    assert stranger.post("/account/close", headers=HERE).headers["Location"] == "/login?notice=away"
    assert services.capabilities.users.by_id(ada.id) is not None
