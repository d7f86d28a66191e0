"""The entrance: an id, an address and safe headers for every request, whatever happens behind it."""

import pytest
from werkzeug.test import Client, EnvironBuilder, TestResponse, run_wsgi_app

from identity_service.app import with_entrance
from identity_service.web.context import ADDRESS, REQUEST_ID
from identity_service.web.entrance import Entrance, client_address
from tests.fakes.chance import SeededChance

PEER = "203.0.113.9"


class Inside:
    """An application that remembers what it was told about the visitor."""

    def __init__(self, fault=None):
        self._fault, self.visitor = fault, None

    def __call__(self, environ, start_response):
        self.visitor = environ[REQUEST_ID], environ[ADDRESS]
        if self._fault:
            raise self._fault
        start_response("200 OK", [("Content-Type", "text/plain"), ("Referrer-Policy", "same-origin")])
        return [b"inside"]


def answer(inside, *, hops=0, is_https=False, **request):
    return Client(Entrance(inside, SeededChance(), hops=hops, is_https=is_https)).get("/", **request)


def address(forwarded, hops, peer=PEER):
    return client_address({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, hops)


@pytest.mark.parametrize("forwarded", ["", "198.51.100.1", "198.51.100.1, 192.0.2.7", "garbage"])
def test_without_a_proxy_nobody_is_believed(forwarded):
    assert address(forwarded, hops=0) == PEER


@pytest.mark.parametrize(
    ("forwarded", "hops", "client"),
    [
        ("192.0.2.7", 1, "192.0.2.7"),
        ("spoofed, 192.0.2.7", 1, "192.0.2.7"),
        ("10.0.0.1, 198.51.100.1,192.0.2.7", 1, "192.0.2.7"),
        ("192.0.2.7, 198.51.100.1", 2, "192.0.2.7"),
        ("1.2.3.4, 192.0.2.7, 198.51.100.1", 2, "192.0.2.7"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("[2001:DB8::1]", 1, "2001:db8::1"),
        ("::ffff:192.0.2.7", 1, "192.0.2.7"),
        ("spoofed, 192.0.2.7:51034", 1, "192.0.2.7"),
        ("[2001:db8::1]:443", 1, "2001:db8::1"),
        ("2001:db8::1:443", 1, "2001:db8::1:443"),
    ],
)
def test_behind_proxies_the_address_that_the_outermost_trusted_one_saw_counts(forwarded, hops, client):
    assert address(forwarded, hops) == client


@pytest.mark.parametrize(
    ("forwarded", "hops"),
    [("", 1), ("192.0.2.7", 2), ("garbage", 1), ("1.2.3.4,", 1), ("192.0.2.7:", 1), ("192.0.2.7:http", 1), (",,", 2)],
)
def test_a_proxy_that_says_nothing_or_nonsense_is_itself_the_client(forwarded, hops):
    assert address(forwarded, hops) == PEER


@pytest.mark.parametrize(
    ("peer", "client"),
    [("::ffff:192.0.2.7", "192.0.2.7"), ("::1", "::1"), ("", ""), ("unix:", ""), ("fe80::1%" + "x" * 500, "fe80::1")],
)
def test_an_address_has_one_spelling_and_a_bounded_length(peer, client):
    assert address("", hops=0, peer=peer) == client


def test_a_request_has_an_id_of_our_own_when_nobody_is_trusted():
    inside = Inside()
    said = answer(inside, headers={"X-Request-ID": "chosen-by-a-stranger"})

    assert said.headers["X-Request-ID"] == inside.visitor[0]
    assert len(bytes.fromhex(inside.visitor[0])) == 8


def test_a_trusted_proxy_may_name_a_request():
    assert answer(Inside(), hops=1, headers={"X-Request-ID": "proxy-0001"}).headers["X-Request-ID"] == "proxy-0001"


@pytest.mark.parametrize("given", ["short", "x" * 65, "has space", "{json}", "ünicode-id", ""])
def test_a_name_that_is_not_well_formed_is_replaced(given):
    said = answer(Inside(), hops=1, environ_overrides={"HTTP_X_REQUEST_ID": given})

    assert len(bytes.fromhex(said.headers["X-Request-ID"])) == 8


def test_every_answer_has_the_headers_that_none_lacks_and_keeps_its_own():
    headers = answer(Inside()).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers.getlist("Referrer-Policy") == ["same-origin"]
    assert "Strict-Transport-Security" not in headers


def test_where_the_service_is_reached_by_https_browsers_are_told_to_stay_there():
    assert answer(Inside(), is_https=True).headers["Strict-Transport-Security"].startswith("max-age=")


def test_whatever_happens_inside_there_is_an_answer_without_its_words():
    said = answer(Inside(fault=MemoryError("the secret of the house")))

    assert (said.status_code, said.json["code"]) == (500, "unexpected")
    assert said.json["request_id"] == said.headers["X-Request-ID"]
    assert said.headers["Content-Length"] == str(len(said.data))
    assert b"secret" not in said.data


@pytest.mark.environ(TRUST_PROXY="1", DOMAIN_SERVER="https://id.example.org")
def test_the_settings_say_how_many_proxies_there_are_and_how_we_are_reached(browser):
    said = browser.get("/healthz", headers={"X-Request-ID": "proxy-0001"})

    assert said.headers["X-Request-ID"] == "proxy-0001"
    assert "Strict-Transport-Security" in said.headers


def test_a_request_without_a_host_is_refused(entered):
    answer = entered("/healthz", headers={"Host": ""})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.headers["Content-Length"] == str(len(answer.data))


def test_a_target_without_a_path_means_the_root_and_sends_nobody_elsewhere(entered):
    answer = entered("", headers={"Host": "evil.example"})

    assert answer.location == "/account"


@pytest.fixture
def entered(app):
    """Ask the whole application with an environment as a server makes it."""

    def ask(path, headers):
        environ = EnvironBuilder(path=path or "/", headers=headers).get_environ()
        environ.update(SERVER_PROTOCOL="HTTP/1.1", PATH_INFO=path, HTTP_HOST=headers["Host"])
        return TestResponse(*run_wsgi_app(with_entrance(app), environ), None)

    return ask
