"""The pages in a real browser: for everybody, in any light, on any screen, and with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.steps import DESKTOP, PASSWORD, PHONE, fill, look, tab_to
from tests.servers.identity import IdentityServer

PATHS = ("/login", "/register")


def visit(page: Page, address: str, size: tuple[int, int], scheme: str = "light") -> Page:
    """Open *address* on a screen of *size*."""
    look(page, size, scheme).goto(address)
    return page


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_page_is_for_everybody(site: IdentityServer, page: Page, path: str, scheme: str, size: tuple[int, int]):
    assert axe(visit(page, site.url + path, size, scheme)) == []


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_the_narrowest_screen(site: IdentityServer, page: Page, path: str):
    """WCAG 2.2, 1.4.10: no scrolling in two directions at 320 pixels."""
    visit(page, site.url + path, (320, 640))

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_one_signs_up_in_and_out_with_the_keyboard_alone(site: IdentityServer, page_without_javascript: Page):
    page = visit(page_without_javascript, f"{site.url}/login", DESKTOP)
    tab_to(page, "Sign up")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign up")).to_be_visible()

    fill(page, Full_name="Grace Hopper", Email="grace@example.org", Password=PASSWORD)
    expect(page.get_by_role("status")).to_contain_text("You can sign in now.")

    fill(page, Email="grace@example.org", Password=PASSWORD)
    expect(page.get_by_text("grace@example.org")).to_be_visible()

    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_password_that_is_too_long_is_refused_and_never_cut(site: IdentityServer, page: Page):
    visit(page, f"{site.url}/register", DESKTOP)
    fill(page, Full_name="Grace Hopper", Email="long@example.org")
    tab_to(page, "Password")
    page.keyboard.insert_text("many words " * 14)  # as if pasted: what is too long for a field, a browser cuts
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("must be at most 128 characters")


@pytest.mark.parametrize("email", ["größe@example.org", "ada@straße.example"])
def test_an_address_is_taken_as_it_is_typed(site: IdentityServer, page: Page, email: str):
    """A browser's own field for addresses refuses the first one, and makes strasse.example of the second."""
    visit(page, f"{site.url}/register", DESKTOP)
    fill(page, Full_name="Grace Hopper", Email=email, Password=PASSWORD)
    fill(page, Email=email, Password=PASSWORD)
    expect(page.get_by_role("definition").filter(has_text=email)).to_be_visible()

    page.get_by_role("link", name="Delete my account").click()
    fill(page, Type_your_email_address=email)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
