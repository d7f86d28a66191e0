"""RFC 8252 §7 and §8, RFC 9700 §2.1: where the answer to an application on somebody's own machine may go."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conformance.party import HERSELF, Somebody, told
from tests.conformance.user_agent import forms_of

HER = {"email": HERSELF.email, "password": HERSELF.password}
LOOPBACK = "http://127.0.0.1/callback"
OTHERS = {
    "another path": "http://127.0.0.1:8000/other",
    "another host": "http://127.0.0.2:8000/callback",
    "the name of this machine": "http://localhost:8000/callback",
    "https": "https://127.0.0.1:8000/callback",
    "a user": "http://127.0.0.1:8000@evil.example.org/callback",
    "a port that is none": "http://127.0.0.1:99999/callback",
    "an empty port": "http://127.0.0.1:/callback",
    "a query": "http://127.0.0.1:8000/callback?x=1",
}


@pytest.fixture
def native(register):
    """A maker of native applications, which people are not asked about."""

    def at(address):
        metadata = {"application_type": "native", "token_endpoint_auth_method": "none", "is_trusted": True}
        return register("Native", address, **metadata)

    return at


def sign_in(party, browser, address):
    """Sign in and return the address of the answer, without it, and the code."""
    page = browser.submit(party.send(browser, redirect_uri=address), "/login", **HER)
    place, _, query = page.location.partition("?")
    return place, parse_qs(query)["code"][0]


@pytest.mark.parametrize("port", ["", ":1024", ":53535", ":65535"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_on_the_loopback_interface_every_port_will_do(native, browser, host, port):
    """§7.3: it is the operating system that chooses it; and the code is bound to the one that was used."""
    party, address = native(f"http://{host}/callback"), f"http://{host}{port}/callback"
    place, code = sign_in(party, browser, address)

    assert place == address
    assert told(party.redeem(code, redirect_uri=address))["id_token"]


@pytest.mark.parametrize("address", OTHERS.values(), ids=OTHERS.keys())
def test_nothing_else_may_differ(native, browser, address):
    party = native(LOOPBACK)

    assert party.send(browser, redirect_uri=address).status_code == 400
    assert party.send(browser, redirect_uri="http://127.0.0.1:8000/callback").status_code == 200


def test_for_a_web_application_the_port_counts(register, browser):
    web = register("Web", "http://127.0.0.1:8000/callback")

    assert web.send(browser, redirect_uri="http://127.0.0.1:8001/callback").status_code == 400
    assert web.send(browser).status_code == 200


def test_the_name_of_this_machine_has_the_port_that_was_registered(native, browser):
    """§8.3: the name is not recommended, and not treated as the address."""
    party = native("http://localhost:8000/callback")

    assert party.send(browser, redirect_uri="http://localhost:8001/callback").status_code == 400
    assert party.send(browser).status_code == 200


@pytest.mark.parametrize("address", ["com.example.app:/callback", "com.example.app://callback", "org.example:/a?b=c"])
def test_a_scheme_of_its_own(native, browser, address):
    """§7.1."""
    party = native(address)
    page = browser.submit(party.send(browser), "/login", **HER)

    assert page.location.startswith(address)
    code = parse_qs(urlsplit(page.location).query)["code"][0]
    assert told(party.redeem(code))["id_token"]


def test_a_native_application_needs_pkce(native, browser):
    """§8.1."""
    party = native(LOOPBACK)
    page = party.send(browser, code_challenge=None, code_challenge_method=None)

    assert "error=invalid_request" in page.location
    assert party.send(browser).status_code == 200


@pytest.mark.parametrize("address", [LOOPBACK, "com.example.app:/callback", "http://localhost:8000/callback"])
def test_a_program_that_cannot_prove_itself_is_asked_about_each_time(register, browser, address):
    """§8.6, RFC 6749 §10.2: any other one on the device could ask in its name."""
    party = register("Native", address, application_type="native", token_endpoint_auth_method="none")
    page = browser.submit(party.send(browser), "/login", **HER)

    assert "Do not ask again" not in page.text
    assert "code=" in browser.submit(page, "/consent", decision="allow").location
    assert "error=consent_required" in party.send(browser, prompt="none").location
    assert forms_of(party.send(browser))[0].action == "/consent"


@pytest.mark.parametrize(
    ("address", "metadata"),
    [
        ("https://app.example.org/callback", {"token_endpoint_auth_method": "none"}),
        (LOOPBACK, {}),
        (LOOPBACK, {"token_endpoint_auth_method": "none", "is_trusted": True}),
    ],
    ids=["an address of its own", "a secret", "the operator's own"],
)
def test_one_that_can_is_remembered(register, browser, address, metadata):
    party = register("Native", address, application_type="native", **metadata)
    party.authorize(browser, Somebody(remember="yes"))

    assert party.authorize(browser, prompt="none").code
