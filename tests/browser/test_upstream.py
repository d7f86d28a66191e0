"""The button, the other site's own page, and back signed in; with JavaScript and without."""

import secrets

import pytest
from playwright.sync_api import expect

from tests.attacks.crowd import UNLIMITED
from tests.browser.axe import axe
from tests.browser.steps import DESKTOP, PHONE, heading, look, press, seen, sign_in, start, tab_to
from tests.servers.clients_file import write_clients
from tests.servers.openid_provider import OPEN, settings_of, start_issuers

LABEL = "Continue with the club"


@pytest.fixture(scope="module")
def club(node):
    """An OpenID provider in a process of its own, and another site to a browser."""
    return start_issuers(node, "club@localhost")[0]


@pytest.fixture(scope="module")
def site(identity_server, club, listening, tmp_path_factory):
    """A service whose people may sign in at the club; it knows an application of another site."""
    written = write_clients(tmp_path_factory.mktemp("clients"), {"wiki": listening.registration})
    ours = {**settings_of("OPENID", club, BUTTON_LABEL=LABEL), "CLIENTS_FILE": str(written)}
    ours |= {"ALLOW_ACCOUNT_LINKING": "true"}
    server = identity_server(environment={**UNLIMITED, **OPEN, **ours, "OUTBOUND_ALLOW_PRIVATE": "localhost"})
    club.knows(f"{server.url}/oauth/openid/callback")
    return server


@pytest.fixture
def login():
    """A name at the club that nobody had before."""
    return f"ada-{secrets.token_hex(3)}"


def enter(page, login):
    """Sign in at the club."""
    heading(page, "Sign in at club")
    page.get_by_label("Login").fill(login)
    press(page, "Enter")


def test_there_and_back_again(any_page, site, login):
    any_page.goto(f"{site.url}/login")
    press_way(any_page)
    enter(any_page, login)

    heading(any_page, "Your account")
    expect(any_page.get_by_role("definition").filter(has_text=f"{login}@example.org")).to_be_visible()
    assert {each["name"] for each in any_page.context.cookies(site.url)} >= {"refreshToken", "identity_session"}


def test_on_the_way_to_an_application(any_page, application, login):
    start(any_page, application)
    press_way(any_page)
    enter(any_page, login)
    press(any_page, "Allow")

    seen(any_page, f"Hello {login} of club.")


def test_whoever_changes_their_mind_may_sign_in_another_way(any_page, application, site, ada):
    start(any_page, application)
    press_way(any_page)
    press(any_page, "Cancel")
    heading(any_page, "Sign in")
    expect(any_page.get_by_role("alert")).to_be_visible()
    sign_in(any_page, ada)
    press(any_page, "Allow")

    seen(any_page, "Hello Ada Lovelace.")


def test_the_keyboard_alone_is_enough(page_without_javascript, site, login):
    page = page_without_javascript
    page.goto(f"{site.url}/login")
    tab_to(page, LABEL)
    page.keyboard.press("Enter")

    heading(page, "Sign in at club")


def test_an_account_is_connected_and_disconnected(any_page, site, ada, login):
    any_page.goto(f"{site.url}/login")
    sign_in(any_page, ada)
    press(any_page, "Connect OpenID")
    enter(any_page, login)
    heading(any_page, "Your account")
    seen(any_page, f"{login}@example.org")
    press(any_page, "Sign out")

    any_page.context.clear_cookies()
    any_page.goto(f"{site.url}/login")
    press_way(any_page)
    enter(any_page, login)
    seen(any_page, "Ada Lovelace")
    press(any_page, "Disconnect OpenID")
    expect(any_page.get_by_text(f"{login}@example.org")).to_have_count(0)


def test_the_page_with_the_connections_is_for_everybody(page, site, ada, login):
    page.goto(f"{site.url}/login")
    sign_in(page, ada)
    faults = axe(look(page, PHONE))
    press(page, "Connect OpenID")
    enter(page, login)
    heading(page, "Your account")

    assert faults + axe(look(page, PHONE, "dark")) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_with_the_buttons_is_for_everybody(page, site, scheme):
    page.goto(f"{site.url}/login")

    assert [fault for size in (PHONE, DESKTOP) for fault in axe(look(page, size, scheme))] == []


def test_the_page_after_a_failure_is_for_everybody(page, application):
    start(page, application)
    press_way(page)
    press(page, "Cancel")
    expect(page.get_by_role("alert")).to_be_visible()

    assert axe(look(page, PHONE)) == []


def press_way(page):
    """Press the button that leads to the club, be it a link or a button."""
    page.get_by_text(LABEL).click()
