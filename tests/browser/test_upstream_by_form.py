"""
Apple's answer is a form that its page sends to us: from another site, so without the cookies that are for ours alone.

Law: RFC 6265bis §5.8.3 (SameSite); OAuth 2.0 Form Post Response Mode.
"""

import secrets

import pytest
from playwright.sync_api import expect

from tests.attacks.crowd import UNLIMITED
from tests.browser.steps import heading, press, seen, start
from tests.servers.clients_file import write_clients
from tests.servers.identity import IdentityServer
from tests.servers.openid_provider import OPEN
from tests.servers.social import CLIENT_ID, KEY_ID, TEAM_ID, Account, Social

SERVER = "tests.upstream.providers.elsewhere_server:application"
POSTED = {"name": {"firstName": "Johnny", "lastName": "Appleseed"}}


@pytest.fixture(scope="module")
def social():
    """The providers, which are another site to a browser."""
    with Social("localhost") as social:
        social.asks = True
        yield social


@pytest.fixture(autouse=True)
def johnny(social):
    """Somebody whom nobody has seen here before."""
    name = secrets.token_hex(6)
    relay = {"sub": f"000207.{name}.1430", "email": f"{name}@privaterelay.appleid.com", "email_verified": "true"}
    social.account = Account(relay, posted=POSTED)


@pytest.fixture(scope="module")
def site(social, listening, tmp_path_factory):
    """A service whose people may sign in with Apple; it knows an application of another site."""
    folder = tmp_path_factory.mktemp("apple")
    (folder / "AuthKey.p8").write_text(social.p8, encoding="ascii")
    written = write_clients(folder, {"wiki": listening.registration})
    apple = {
        "APPLE_CLIENT_ID": CLIENT_ID,
        "APPLE_TEAM_ID": TEAM_ID,
        "APPLE_KEY_ID": KEY_ID,
        "APPLE_PRIVATE_KEY_PATH": str(folder / "AuthKey.p8"),
    }
    elsewhere = {"ELSEWHERE": social.url, "OUTBOUND_ALLOW_PRIVATE": "localhost", "CLIENTS_FILE": str(written)}
    with IdentityServer(application=SERVER, environment={**UNLIMITED, **OPEN, **apple, **elsewhere}) as server:
        yield server


def go(page):
    """Go to Apple, and do what is asked there until its form has been sent."""
    page.get_by_text("Continue with Apple").click()
    press(page, "Continue as yourself")
    # Without JavaScript nobody sends the form but the person.
    if page.get_by_role("heading", name="Elsewhere").count() and page.get_by_role("button", name="Continue").count():
        press(page, "Continue")


def test_there_and_back_again(any_page, site):
    any_page.goto(f"{site.url}/login")
    go(any_page)

    heading(any_page, "Your account")
    seen(any_page, "Johnny Appleseed")
    names = {each["name"] for each in any_page.context.cookies(site.url)}
    assert "refreshToken" in names
    assert [name for name in names if "trip" in name] == []


def test_on_the_way_to_an_application(any_page, application):
    start(any_page, application)
    go(any_page)
    press(any_page, "Allow")

    seen(any_page, "Hello Johnny Appleseed.")


def test_the_form_of_somebody_elses_trip_opens_nothing(any_page, site, social):
    any_page.goto(f"{site.url}/login")
    any_page.get_by_text("Continue with Apple").click()
    expect(any_page.get_by_role("button", name="Continue as yourself")).to_be_visible()
    any_page.context.clear_cookies()
    press(any_page, "Continue as yourself")
    any_page.wait_for_timeout(300)

    assert "refreshToken" not in {each["name"] for each in any_page.context.cookies(site.url)}
