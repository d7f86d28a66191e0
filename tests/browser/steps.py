"""
What a person does in a browser, step by step, and what is seen then.

Leaves to others: in which order, and why.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.application import Application

PASSWORD = "a long phrase that is mine"
PHONE, DESKTOP = (360, 740), (1280, 800)


def look(page: Page, size: tuple[int, int], scheme: str = "light") -> Page:
    """Look at *page* on a screen of *size*, in a scheme of colours."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    return page


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called *name* has the focus."""
    for _ in range(20):
        focused = page.locator(":focus")
        if focused.count() and name in focused.aria_snapshot():
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} cannot be reached with Tab")


def fill(page: Page, **fields: str) -> None:
    """Type into the fields with these labels, and send the form off with Enter."""
    for label, text in fields.items():
        tab_to(page, label.replace("_", " "))
        page.keyboard.type(text)
    page.keyboard.press("Enter")


def press(page: Page, name: str) -> None:
    """Press the button that is called *name*."""
    page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page, name: str) -> None:
    """Expect to be on the page that is called *name*."""
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def seen(page: Page, text: str) -> None:
    """Expect to read *text*."""
    expect(page.get_by_text(text)).to_be_visible()


def start(page: Page, application: Application, **parameters: str) -> None:
    """Go from the application to wherever it leads; *parameters* are what it asks for beside the usual."""
    application.parameters = parameters
    page.goto(f"{application.url}/start")


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fill in the sign-in form."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


def arrive(page: Page, application: Application, email: str) -> None:
    """Sign in to the application, and let it be remembered."""
    start(page, application)
    sign_in(page, email)
    press(page, "Allow")
    seen(page, "Hello")
