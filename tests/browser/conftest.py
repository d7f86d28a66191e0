"""
A real browser, and the service that it visits.

The browser ends with this folder, not with the run, and that is why the folder is a package: while Playwright is on,
its event loop counts as running, and asyncio.run() in any other test would refuse.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.attacks.crowd import UNLIMITED, Wire, registration
from tests.browser.application import Application
from tests.servers.chromium import MISSING, find
from tests.servers.clients_file import SECRET, write_clients
from tests.servers.identity import IdentityServer

# No sandbox: root, as in a container, has none. The rest keeps the browser from asking its maker for anything.
_MANNER = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests here; a machine without one skips them, except where everything must be tested."""
    found = find()
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    if found is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        environment = _surroundings(tmp_path_factory.mktemp("chromium"))
        # Ctrl-C is for pytest, which then comes back here: a browser that had ended by itself could not be closed.
        browser = playwright.chromium.launch(executable_path=found, args=_MANNER, env=environment, handle_sigint=False)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An open page of somebody whom no site knows yet."""
    yield from _opened(chromium)


@pytest.fixture
def page_without_javascript(chromium: Browser) -> Iterator[Page]:
    """The same in a browser that runs no script."""
    yield from _opened(chromium, java_script_enabled=False)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def any_page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """Either of the two, one after the other."""
    yield from _opened(chromium, java_script_enabled=request.param)


@pytest.fixture(scope="module")
def listening() -> Iterator[Application]:
    """An application of another site, for the tests of a file."""
    with Application() as application:
        yield application


@pytest.fixture(scope="module")
def site(
    identity_server: Callable[..., IdentityServer], listening: Application, tmp_path_factory: pytest.TempPathFactory
) -> IdentityServer:
    """One running service for the tests of a file; it knows the application, which is the operator's or is not."""
    wiki = {"client_name": "The wiki", **listening.registration}
    written = write_clients(tmp_path_factory.mktemp("clients"), {"wiki": wiki, "ours": {**wiki, "is_trusted": True}})
    registering = {"DYNAMIC_REGISTRATION": "true", "DYNAMIC_REGISTRATION_TOKEN": SECRET}
    return identity_server(environment={**UNLIMITED, **registering, "CLIENTS_FILE": str(written)})


@pytest.fixture
def application(listening: Application, site: IdentityServer) -> Application:
    """The application, asking for what is usual."""
    listening.forget()
    return listening.knows(site.url, "wiki", SECRET)


@pytest.fixture
def wire(site: IdentityServer) -> Iterator[Wire]:
    """A connection to the service beside the browser."""
    made = Wire(site)
    yield made
    made.close()


@pytest.fixture
def people(wire: Wire) -> Callable[[str], str]:
    """Make an account for whoever is named; returns the address."""

    def add(name: str) -> str:
        email = f"{secrets.token_hex(4)}@example.org"
        assert wire.ask(registration(email, name=name)).status == HTTPStatus.OK
        return email

    return add


@pytest.fixture
def ada(people: Callable[[str], str]) -> str:
    """Ada's address; her password is steps.PASSWORD."""
    return people("Ada Lovelace")


def _opened(chromium: Browser, **manner: bool) -> Iterator[Page]:
    context = chromium.new_context(locale="en-GB", timezone_id="UTC", reduced_motion="reduce", **manner)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def _surroundings(home: Path) -> dict[str, str]:
    """Return what a process needs of this machine, and a home of its own for what the browser writes."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), "LANG": "C.UTF-8"}
