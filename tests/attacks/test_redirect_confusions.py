"""
Addresses that look like a registered one lead nowhere: not with a code, not with an error, not after a sign-out.

Whoever asks is signed in and the application is trusted, so an address that passed would be sent a code at once.
Law: RFC 6749 §3.1.2.4 and §4.1.2.1 (no redirect to an address that is not registered), RFC 9700 §4.1,
OpenID Connect RP-Initiated Logout 1.0 §3. Leaves to others: requests that are no requests (test_continuations).
"""

import re
import socket
from contextlib import closing
from urllib.parse import quote, unquote_plus, urlencode

import pytest
from werkzeug.test import Client

from identity_service.app import with_entrance
from tests.attacks.crowd import UNLIMITED, Wire, behind, login, registration
from tests.attacks.outside import CHALLENGE, Application, Browser
from tests.attacks.redirect_confusions import EVIL, confusions
from tests.fakes.applications import tokens_for

WEB = "https://app.example.org/callback"
WITH_QUERY = "https://app.example.org/callback?a=1&b=2"
LOOPBACK = "http://127.0.0.1:5000/callback"
PRIVATE = "com.example.app:/callback"
DOOR = {"/oauth2/authorize": "redirect_uri", "/oauth2/logout": "post_logout_redirect_uri"}
SAMPLE = 40

CLIENTS = [
    pytest.param("web", WEB, id="web"),
    pytest.param("web", WITH_QUERY, id="web with a query"),
    pytest.param("native", WEB, id="native on the web"),
    pytest.param("native", LOOPBACK, id="native on this machine"),
]


class Knocker:
    """A browser in which Ada is signed in, sent to us by an application of one address."""

    def __init__(self, app, ada, client, address):
        self._wire = Client(with_entrance(app), use_cookies=False)
        self._cookie = {"Cookie": f"refreshToken={ada.refresh_token}"}
        self._client = client
        self.address = address

    def get(self, path, address, **more):
        return self._wire.get(path, query_string=self._request(path, address, more), headers=self._cookie)

    def post(self, path, address, **more):
        """Send a form, and follow to where it leads as long as that is the same door."""
        answer = self._wire.post(path, data=self._request(path, address, more), headers=self._cookie)
        if answer.status_code != 303:
            return answer
        assert re.fullmatch(rf"{path}\?continue=[\w-]+", answer.location)
        return self._wire.get(answer.location, headers=self._cookie)

    def confirm(self, address):
        """Have a sign-out request sealed, and answer for the person; nobody is signed in here."""
        sealed = self._wire.post("/oauth2/logout", data=self._request("/oauth2/logout", address, {})).location
        form = {"continue": sealed.partition("continue=")[2], "decision": "logout"}
        return self._wire.post("/oauth2/logout", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    def _request(self, path, address, more):
        usual = {"response_type": "code", "scope": "openid", "code_challenge": CHALLENGE}
        usual |= {"code_challenge_method": "S256", "state": "s"}
        return {"client_id": self._client.client_id, DOOR[path]: address, **usual, **more}


@pytest.fixture
def knock(app, services, ada):
    """A maker of knockers."""

    def known(application_type, address):
        addresses = (address, PRIVATE) if application_type == "native" else (address,)
        told = {"application_type": application_type, "is_trusted": True, "post_logout_redirect_uris": list(addresses)}
        return Knocker(app, ada, services.administer.create_client("App", addresses, told).client, address)

    return known


def hostile(application_type, address):
    """Return every confusion but those that RFC 8252 §7.3 wants accepted: another port of this machine."""
    allowed = re.compile(r"http://127\.0\.0\.1(?::([1-9][0-9]{0,4}))?/callback")
    made = confusions(address)
    if (application_type, address) != ("native", LOOPBACK):
        return made
    found = {each: allowed.fullmatch(each) for each in made}
    return [each for each in made if not found[each] or int(found[each][1] or 80) > 65_535]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("application_type", "address"), CLIENTS)
def test_no_address_but_the_registered_one_is_sent_a_code_or_an_error(knock, application_type, address, method):
    knocker = knock(application_type, address)
    knocking = getattr(knocker, method)
    variants = hostile(application_type, address)
    assert len(variants) > 450

    _insist_on_one_page([knocking("/oauth2/authorize", each) for each in variants])
    _insist_on_one_page(
        [knocking("/oauth2/authorize", each, scope="\0", prompt="none login") for each in variants[::9]]
    )
    answered = knocking("/oauth2/authorize", address)
    assert answered.status_code == 303
    assert re.match(re.escape(address) + r"[?&]code=[\w-]+&state=s&iss=", answered.location)


def test_on_this_machine_the_port_is_free_and_nothing_else(knock):
    knocker = knock("native", LOOPBACK)
    allowed = set(confusions(LOOPBACK)) - set(hostile("native", LOOPBACK))
    answers = {each: knocker.get("/oauth2/authorize", each).location for each in allowed}

    assert {"http://127.0.0.1:443/callback", "http://127.0.0.1:1/callback"} <= allowed
    assert {each for each in answers if not answers[each].startswith(f"{each}?code=")} == set()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("application_type", "address"), CLIENTS[:3])
@pytest.mark.parametrize("is_hinted", [True, False], ids=["with a hint", "without a hint"])
def test_no_address_but_the_registered_one_is_gone_to_after_a_sign_out(
    knock, services, ada, application_type, address, method, is_hinted
):
    knocker = knock(application_type, address)
    token = tokens_for(services, knocker._client, ada).id_token
    knocking, hint = getattr(knocker, method), {"id_token_hint": token} if is_hinted else {}

    _insist_on_one_page([knocking("/oauth2/logout", each, **hint) for each in confusions(address)])
    assert services.verify.access_token(ada.access_token), "a request that is refused signs nobody out"
    answered = knocking("/oauth2/logout", address, **hint)
    expected = (303, address + ("&" if "?" in address else "?") + "state=s") if is_hinted else (200, None)
    assert (answered.status_code, answered.location) == expected


def test_an_address_that_was_sealed_unseen_is_not_gone_to_when_the_person_confirms(knock):
    knocker = knock("web", WEB)
    answers = [knocker.confirm(each) for each in confusions(WEB) if len(each) < 1000]

    assert {(each.status_code, each.location) for each in answers} == {(200, None)}
    assert [each.text for each in answers if EVIL in each.text] == []
    assert knocker.confirm(WEB).location == f"{WEB}?state=s"


def test_what_no_browser_would_send_is_not_taken_for_the_registered_address_either(identity_server):
    """Control characters, blanks and bytes beyond ASCII, raw in the request line of a real server."""
    server = identity_server(environment=UNLIMITED)
    with behind(server) as services, closing(Wire(server)) as wire:
        registered = services.administer.create_client("App", (WEB,), {"is_trusted": True})
        application = Application(registered.client.client_id, registered.client_secret)
        wire.ask(registration("ada@example.org"))
        ada = Browser.signed_in(server, wire, login("ada@example.org"))
        raw = [each.encode() for each in confusions(WEB) if re.search(r"[^\x21-\x7e]", each)]
        sample = raw[:: len(raw) // SAMPLE]
        assert len(sample) >= SAMPLE

        answers = [_raw(server, application, ada, each) for each in sample]
        twin = _raw(server, application, ada, quote(WEB, safe="").encode())

    assert {status for status, _ in answers} == {400}
    assert [head for _, head in answers if re.search(rb"(?i)\nlocation:", head)] == []
    assert twin[0] == 303
    assert re.search(rb"(?i)\r\nlocation: " + re.escape(WEB.encode()) + rb"\?code=", twin[1])


def _insist_on_one_page(answers):
    """Insist that the answers are the same page but for the request's name: nothing that came is in it."""
    assert {(each.status_code, each.mimetype, each.location) for each in answers} == {(400, "text/html", None)}
    told = {each.text.replace(each.headers["X-Request-ID"], "…") for each in answers}
    headers = {tuple(pair for pair in each.headers if pair[0] not in _OWN) for each in answers}
    # One for an address that is not registered, one for a request that is too long to be carried along.
    assert len(told) <= 2
    assert len(headers) == 1
    assert [each for each in told if EVIL in each or "app.example.org" in each or "script>" in each] == []


_OWN = {"X-Request-ID", "Content-Length"}


def _raw(server, application, browser, address):
    """Write *address* into a request line as it is; return the status and all that the server says in its heads."""
    request = application.request()
    del request["redirect_uri"]
    line = b"GET /oauth2/authorize?" + urlencode(request).encode() + b"&redirect_uri=" + address + b" HTTP/1.1\r\n"
    head = f"Host: 127.0.0.1\r\nCookie: {browser.cookies}\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall(line + head)
        answer = b"".join(iter(lambda: wire.recv(65_536), b""))
    assert len(re.findall(rb"HTTP/1\.[01] [0-9]{3}", answer)) == 1, unquote_plus(address.decode())
    return int(answer[9:12]), answer.partition(b"\r\n\r\n")[0]
