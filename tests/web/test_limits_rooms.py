"""Limits of the other rooms' doors: letters, new passwords, second looks at a password, providers."""

from datetime import timedelta

import pytest
from werkzeug.test import Client

from identity_service.app import with_entrance
from identity_service.web.limits_doors import rule_of
from tests.fakes.letters import WITH_MAIL, carried, written
from tests.fakes.people import EMAIL, PASSWORD, person
from tests.web.conftest import HERE

LATER = "Too many attempts, please try again after 2 minute(s)"
WITH_GITHUB = {"ALLOW_SOCIAL_LOGIN": "true", "GITHUB_CLIENT_ID": "us", "GITHUB_CLIENT_SECRET": "secret"}
LIMITED_MAIL = {**WITH_MAIL, "RESET_PASSWORD_MAX": "2", "VERIFY_EMAIL_MAX": "2"}
NEW = "another phrase of several words"


@pytest.mark.environ(**LIMITED_MAIL)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/requestPasswordReset", {"email": EMAIL}),
        ("/api/auth/resetPassword", {"userId": "6" * 24, "token": "x" * 43, "password": NEW}),
        ("/api/user/verify", {"email": EMAIL, "token": "x" * 43}),
        ("/api/user/verify/resend", {"email": EMAIL}),
    ],
)
def test_letters_and_links_are_tried_twice_in_two_minutes(browser, clock, path, body):
    first = [browser.post(path, json=body).status_code for _ in range(2)]
    third = browser.post(path, json=body)

    assert 429 not in first
    assert (third.status_code, third.json["message"], third.headers["Retry-After"]) == (429, LATER, "120")

    clock.advance(timedelta(minutes=2))

    assert browser.post(path, json=body).status_code == first[0]


@pytest.mark.environ(**LIMITED_MAIL)
@pytest.mark.parametrize("path", ["/forgot-password", "/reset-password", "/verify", "/verify/resend"])
def test_their_pages_tell_people_on_a_page(browser, path):
    pages = [browser.post(path, data={"email": EMAIL}, headers=HERE) for _ in range(3)]

    assert [page.status_code == 429 for page in pages] == [False, False, True]
    assert (pages[2].mimetype, pages[2].headers["Retry-After"]) == ("text/html", "120")
    assert LATER in pages[2].text


@pytest.mark.environ(**LIMITED_MAIL)
def test_a_page_and_the_interface_share_one_bucket(browser):
    browser.post("/forgot-password", data={"email": EMAIL}, headers=HERE)
    browser.post("/api/auth/requestPasswordReset", json={"email": EMAIL})

    assert browser.post("/forgot-password", data={"email": EMAIL}, headers=HERE).status_code == 429


@pytest.mark.environ(**LIMITED_MAIL, LOGIN_ACCOUNT_MAX="3")
def test_whoever_has_stolen_a_session_cannot_find_the_password_with_it(browser, begun, bearer):
    def guess(number, password):
        told = {"currentPassword": password, "newPassword": NEW}
        peer = {"REMOTE_ADDR": f"192.0.2.{number}"}
        return browser.put("/api/user/password", json=told, headers=bearer(begun), environ_base=peer).status_code

    assert [guess(number, "a wrong one") for number in range(3)] == [403] * 3
    assert guess(9, PASSWORD) == 429
    moved = {"currentPassword": PASSWORD, "newEmail": "ada@elsewhere.example"}
    assert browser.put("/api/user/email", json=moved, headers=bearer(begun)).status_code == 429


@pytest.mark.environ(**LIMITED_MAIL, LOGIN_ACCOUNT_MAX="3")
@pytest.mark.parametrize(("path", "new"), [("/account/password", "new_password"), ("/account/email", "email")])
def test_nor_can_whoever_sits_down_at_an_open_page(services, browser, path, new):
    person(services, email_verified=True)
    browser.post("/login", data={"email": EMAIL, "password": PASSWORD}, headers=HERE)

    def guess(number, password):
        form, peer = {"password": password, new: "ada@elsewhere.example"}, {"REMOTE_ADDR": f"192.0.2.{number}"}
        return browser.post(path, data=form, headers=HERE, environ_base=peer).status_code

    assert [guess(number, "a wrong one") for number in range(3)] == [422] * 3
    assert guess(9, PASSWORD) == 429


@pytest.mark.environ(**LIMITED_MAIL)
@pytest.mark.parametrize("way", ["interface", "page"])
def test_whom_strangers_lock_out_gets_in_by_a_reset(app, services, browser, way):
    ada = person(services, email_verified=True)
    stranger = Client(with_entrance(app), use_cookies=False)

    def sign_in(client, password, address):
        told = {"email": EMAIL, "password": password}
        return client.post("/api/auth/login", json=told, environ_base={"REMOTE_ADDR": address}).status_code

    for number in range(8):
        sign_in(stranger, "a wrong one", f"192.0.2.{number}")
    assert sign_in(browser, PASSWORD, "203.0.113.5") == 429
    browser.post("/api/auth/requestPasswordReset", json={"email": EMAIL})
    (letter,) = written(services)
    link = {"token": carried(letter), "userId": ada.id, "password": NEW}
    if way == "page":
        browser.post("/reset-password", data=link, headers=HERE)
    else:
        browser.post("/api/auth/resetPassword", json=link)

    assert sign_in(stranger, NEW, "198.51.100.1") == 429
    assert sign_in(browser, NEW, "203.0.113.5") == 200


@pytest.mark.environ(**WITH_GITHUB, LOGIN_MAX="3")
def test_leaving_for_a_provider_and_coming_back_have_buckets_of_their_own(browser, ada):
    leaving = [browser.get("/oauth/github").status_code for _ in range(4)]
    back = [browser.get("/oauth/github/callback?state=x&code=y").status_code for _ in range(4)]

    assert leaving == [303] * 3 + [429]
    assert [status == 429 for status in back] == [False] * 3 + [True]
    assert browser.head("/oauth/github").status_code == 429
    assert browser.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}).status_code == 200


@pytest.mark.environ(**WITH_GITHUB, LOGIN_MAX="3")
def test_whoever_comes_back_with_a_form_counts_as_whoever_comes_back_by_a_link(browser):
    ways = [browser.get, browser.post, browser.post, browser.post]
    back = [come("/oauth/github/callback?state=x&code=y").status_code for come in ways]

    assert [status == 429 for status in back] == [False] * 3 + [True]


def test_every_door_of_the_table_stands(app):
    mounted = {(method, each.rule) for each in app.url_map.iter_rules() for method in each.methods or ()}
    found = {rule_of(method, path) for method, path in mounted} - {None}

    assert {rule.scope for rule in found} == {
        *("login", "register", "reset", "new_password", "letter", "verification", "confirmation"),
        *("oauth_start", "oauth_callback"),
    }
