"""The same with TLS before the service, as everybody should have it: cookies for this host and for TLS alone."""

import ssl

import pytest
import trustme

from tests.attacks.crowd import UNLIMITED, Wire, registration
from tests.browser.application import Application
from tests.browser.steps import arrive, press, seen, sign_in, start
from tests.servers.clients_file import SECRET, write_clients
from tests.servers.process import free_port
from tests.servers.tls import TLSFront

ADA = "ada@example.org"


@pytest.fixture(scope="module")
def application(identity_server, tmp_path_factory):
    """An application of another site, and a service behind TLS that knows it, and Ada."""
    authority, port = trustme.CA(), free_port()
    identity, trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(identity)
    authority.configure_trust(trust)
    address = f"https://localhost:{port}"
    with Application("127.0.0.1") as application:
        written = write_clients(tmp_path_factory.mktemp("clients"), {"wiki": application.registration})
        addresses = {"DOMAIN_SERVER": address, "DOMAIN_CLIENT": address, "ISSUER": address, "TRUST_PROXY": "1"}
        server = identity_server(environment={**UNLIMITED, **addresses, "CLIENTS_FILE": str(written)})
        wire = Wire(server)
        assert wire.ask(registration(ADA)).status == 200
        wire.close()
        with TLSFront(port, server.port, identity):
            yield application.knows(address, "wiki", SECRET, trust)


@pytest.fixture
def page(chromium):
    """A page in a browser that asks nobody who may issue certificates."""
    context = chromium.new_context(ignore_https_errors=True, locale="en-GB")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_in_and_out_again(page, application):
    arrive(page, application, ADA)
    cookies = {each["name"]: each for each in page.context.cookies(application.issuer)}
    assert cookies["__Host-identity_session"]["sameSite"] == "Lax"
    assert all(each["secure"] and each["httpOnly"] for each in cookies.values())

    start(page, application)
    seen(page, "Hello Ada Lovelace.")
    page.get_by_role("link", name="Sign out").click()
    seen(page, "You have left well.")
    # What is left says who signed in from here before, and lets nobody in.
    assert [each["name"] for each in page.context.cookies(application.issuer)] == ["__Host-identity_device"]


def test_the_answer_comes_as_a_form(page, application):
    start(page, application, response_mode="form_post", prompt="consent")
    sign_in(page, ADA)
    press(page, "Allow")

    seen(page, "Hello Ada Lovelace.")
