"""A forgotten password and an address to prove, in a real browser and with real letters; for everybody."""

import re
import secrets
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.attacks.crowd import UNLIMITED
from tests.browser.axe import axe
from tests.browser.steps import DESKTOP, PASSWORD, PHONE, fill, heading, look, press, seen, sign_in
from tests.fakes.letters import WITH_MAIL
from tests.servers.identity import IdentityServer
from tests.servers.mail import MailServer, Received

Link = Callable[[str, int], str]
NEW = "another phrase of several words"
PATHS = (
    "/forgot-password",
    "/reset-password?token=x&userId=y",
    "/verify?token=x&email=ada@example.org",
    "/verify?sent=",
)


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    """A mail server that keeps every letter."""
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def site(identity_server: Callable[..., IdentityServer], mail: MailServer) -> IdentityServer:
    """A running service that sends letters."""
    here = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mail.port)}
    return identity_server(environment={**UNLIMITED, **WITH_MAIL, **here})


@pytest.fixture
def link(mail: MailServer) -> Link:
    """Wait until somebody has that many letters, and return the link of the last one."""

    def of(email: str, count: int) -> str:
        total, theirs = count, list[Received]()
        while len(theirs) < count:
            theirs = [letter for letter in mail.wait_for(total) if email in letter.recipients]
            total += 1
        found = re.search(r"https?://\S+", theirs[-1].part("plain"))
        assert found is not None
        return found[0]

    return of


def signed_up(page: Page, site: IdentityServer) -> str:
    """Sign up on the page, and return the address."""
    email = f"{secrets.token_hex(4)}@example.org"
    page.goto(f"{site.url}/register")
    fill(page, Full_name="Grace Hopper", Email=email, Password=PASSWORD)
    seen(page, "Please check your email")
    return email


def test_from_a_forgotten_password_to_the_account(site: IdentityServer, any_page: Page, link: Link):
    page = any_page
    email = signed_up(page, site)
    sign_in(page, email)
    seen(page, "Email not verified.")
    press(page, "Send the link again")
    seen(page, "a letter with a link has been sent")
    page.goto(link(email, 2))
    press(page, "Yes, this is my address")
    seen(page, "your address is verified")

    page.get_by_role("link", name="Forgot your password?").click()
    fill(page, Email=email)
    seen(page, "If an account with that email exists")
    page.goto(link(email, 3))
    heading(page, "Choose a new password")
    fill(page, New_password=NEW)
    seen(page, "Your password is changed.")
    sign_in(page, email, NEW)
    seen(page, email)
    heading(page, "Your account")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", DESKTOP)], ids=["phone", "desktop"])
def test_a_page_is_for_everybody(site: IdentityServer, page: Page, path: str, scheme: str, size: tuple[int, int]):
    look(page, size, scheme).goto(site.url + path)

    assert axe(page) == []


def test_the_pages_for_changes_are_for_everybody(site: IdentityServer, page: Page, link: Link):
    email = signed_up(page, site)
    page.goto(link(email, 1))
    press(page, "Yes, this is my address")
    sign_in(page, email)
    for path in ("/account", "/account/password", "/account/email"):
        page.goto(site.url + path)
        assert axe(page) == []
    _tells_a_password_manager_whose_it_is(page, site, email)


def _tells_a_password_manager_whose_it_is(page: Page, site: IdentityServer, email: str) -> None:
    """Chrome takes no notice of a field of type hidden when it looks for the name beside a new password."""
    page.goto(f"{site.url}/account/password")
    name = page.locator('form input[type="text"][autocomplete="username"]')
    assert (name.input_value(), name.is_visible()) == (email, False)
