"""Every page on the way to an application and back is for everybody: in any light, and on any screen."""

import pytest
from playwright.sync_api import Page

from tests.attacks.crowd import Ask, Wire
from tests.browser.application import Application
from tests.browser.axe import axe
from tests.browser.steps import DESKTOP, PHONE, arrive, heading, look, press, seen, sign_in, start
from tests.servers.clients_file import SECRET

NARROWEST = (320, 640)
STRANGER = "A wiki with a name that goes on and on, as if it had no end, almost to here"


def faults(page: Page) -> list[str]:
    """List what is wrong with *page*, in either light and on screens of several widths."""
    screens = [(scheme, size) for scheme in ("light", "dark") for size in (PHONE, DESKTOP)]
    found = [f"{scheme} {size}: {fault}" for scheme, size in screens for fault in axe(look(page, size, scheme))]
    # WCAG 2.2, 1.4.10: no scrolling in two directions at 320 pixels.
    width = look(page, NARROWEST).evaluate("document.documentElement.scrollWidth")
    return [*found, *([f"{width} pixels wide"] if width > NARROWEST[0] else [])]


@pytest.fixture
def stranger(application: Application, wire: Wire) -> Application:
    """The application, after it has registered itself."""
    metadata = {"client_name": STRANGER, **application.registration, "policy_uri": "https://app.example.org/privacy"}
    headers = {"Authorization": f"Bearer {SECRET}"}
    told = wire.ask(Ask("POST", "/oauth2/register", {**metadata, "tos_uri": "https://app.example.org/"}, headers)).json
    return application.knows(application.issuer, told["client_id"], told["client_secret"])


def test_to_sign_in(page: Page, application: Application):
    start(page, application)

    seen(page, "to continue to The wiki")
    assert faults(page) == []


def test_to_sign_in_after_a_mistake(page: Page, application: Application, ada: str):
    start(page, application)
    sign_in(page, ada, "not the password")

    assert page.get_by_role("alert").is_visible()
    assert faults(page) == []


def test_to_choose_an_account(page: Page, application: Application, ada: str):
    arrive(page, application, ada)
    start(page, application, prompt="select_account")

    assert page.get_by_role("button", name="Continue as Ada Lovelace").is_visible()
    assert faults(page) == []


def test_to_confirm_who_one_is(page: Page, application: Application, ada: str):
    arrive(page, application, ada)
    start(page, application, prompt="login")

    seen(page, "Please confirm that it is you.")
    assert faults(page) == []


@pytest.mark.parametrize("has_mistake", [False, True])
def test_to_sign_up(page: Page, application: Application, ada: str, *, has_mistake: bool):
    start(page, application)
    page.get_by_role("link", name="Sign up").click()
    if has_mistake:
        page.get_by_label("Full name").fill("Ada Lovelace")
        page.get_by_label("Email").fill(ada)
        page.get_by_label("Password").fill("short")
        press(page, "Sign up")

    heading(page, "Sign up")
    seen(page, "to continue to The wiki")
    assert page.get_by_role("alert").count() == has_mistake
    assert faults(page) == []


def test_to_allow_an_application(page: Page, application: Application, ada: str):
    start(page, application, scope="openid profile email address phone roles offline_access", prompt="consent")
    sign_in(page, ada)

    heading(page, "Allow The wiki?")
    assert faults(page) == []


def test_to_allow_an_application_that_nobody_has_checked(page: Page, stranger: Application, ada: str):
    start(page, stranger)
    sign_in(page, ada)

    heading(page, f"Allow {STRANGER}?")
    seen(page, "This application registered itself")
    assert page.get_by_role("link", name="Privacy policy").is_visible()
    assert faults(page) == []


def test_on_the_way_back(page: Page, application: Application, ada: str):
    """The judge is a script, so the browser runs the page's own too; what that sends off comes to nothing."""
    page.route(f"{application.url}/callback", lambda route: route.fulfill(status=204))
    start(page, application, response_mode="form_post")
    sign_in(page, ada)
    press(page, "Allow")

    heading(page, "One moment")
    assert faults(page) == []


def test_to_sign_out(page: Page, application: Application, ada: str):
    arrive(page, application, ada)
    application.has_hint = False
    page.get_by_role("link", name="Sign out").click()

    heading(page, "Do you want to sign out?")
    assert faults(page) == []


def test_signed_out(page: Page, application: Application, ada: str):
    arrive(page, application, ada)
    page.goto(f"{application.issuer}/oauth2/logout")
    press(page, "Sign out")

    heading(page, "You are signed out")
    assert faults(page) == []


@pytest.mark.parametrize("parameters", [{"redirect_uri": "https://evil.example/"}, {"client_id": "nobody"}])
def test_what_cannot_be_answered(page: Page, application: Application, parameters: dict[str, str]):
    start(page, application, **parameters)

    heading(page, "This did not work")
    assert faults(page) == []


def test_what_one_has_allowed(page: Page, stranger: Application, ada: str):
    arrive(page, stranger, ada)
    page.goto(f"{stranger.issuer}/account")

    seen(page, "Applications you have allowed")
    assert faults(page) == []
