"""Where a request may lead, and that it leads nowhere else: private places, name servers that lie, certificates."""

import socket
import ssl
from ipaddress import ip_network

import pytest
import trustme

from identity_service.foundation.outbound import Outbound, Outgoing, Reason, Unreachable
from tests.servers.stranger import Strangers

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HOME = ip_network("127.0.0.1/32")
NAME = "provider.example"


@pytest.fixture
def serve():
    strangers = Strangers()
    yield strangers
    strangers.stop()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


def certified(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def home(host):
    return ["127.0.0.1"]


def ask(url, **rules):
    return Outbound(**rules).fetch(Outgoing("GET", url)).body


def refusal(url, **rules):
    with pytest.raises(Unreachable) as refused:
        ask(url, **rules)
    return refused.value.reason


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST.", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::]", "169.254.169.254"),
        *("10.0.0.1", "100.64.0.1", "224.0.0.1", f"{'a' * 70}.example", "a..example"),
    ],
)
def test_the_house_is_closed_however_it_is_spelt(serve, host):
    server = serve(HELLO)

    assert refusal(server.url.replace("127.0.0.1", host)) is Reason.PLACE
    assert server.heard == []


def test_one_private_address_among_public_ones_closes_a_name():
    assert refusal(f"http://{NAME}/", resolve=lambda _host: ["8.8.8.8", "10.0.0.1"]) is Reason.PLACE


@pytest.mark.parametrize("allowed", [HOME, ip_network("127.0.0.0/8"), NAME])
def test_what_the_operator_lists_is_open(serve, allowed):
    server = serve(HELLO, name=NAME)

    assert ask(server.url, allowed=(ip_network("fd00::/8"), allowed), resolve=home) == b"hello"


@pytest.mark.parametrize("spelt", [NAME.upper(), f"{NAME}."])
def test_a_listed_name_is_open_in_any_spelling(serve, spelt):
    assert ask(serve(HELLO, name=spelt).url, allowed=(NAME,), resolve=home) == b"hello"


@pytest.mark.parametrize("name", [f"evil.{NAME}", f"{NAME}.evil", "example"])
def test_a_listed_name_opens_no_other(serve, name):
    assert refusal(serve(HELLO, name=name).url, allowed=(NAME,), resolve=home) is Reason.PLACE


def test_a_request_to_a_place_that_the_operator_named_may_go_there(serve):
    request = Outgoing("GET", serve(HELLO).url, may_be_private=True)

    assert Outbound().fetch(request).body == b"hello"


def test_a_name_server_is_asked_once_so_that_it_cannot_change_its_mind(serve):
    server, answers = serve(HELLO, name=NAME), iter([["127.0.0.1"], ["127.0.0.2"]])

    assert ask(server.url, allowed=(HOME,), resolve=lambda _host: next(answers)) == b"hello"
    assert list(answers) == [["127.0.0.2"]]
    assert f"Host: {server.url.split('/')[2]}\r\n".encode() in server.heard[0]


def test_the_next_address_is_tried_when_one_does_not_accept(serve):
    assert ask(serve(HELLO).url, allowed=(NAME, "127.0.0.1"), resolve=lambda _host: ["::1", "127.0.0.1"]) == b"hello"


@pytest.mark.parametrize("found", [[], ["no address"]])
def test_a_name_without_an_address_leads_nowhere(found):
    assert refusal(f"http://{NAME}/", resolve=lambda _host: found) is Reason.PLACE


def test_an_unknown_name_leads_nowhere():
    def unknown(host):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert refusal(f"http://{NAME}/", resolve=unknown) is Reason.PLACE


@pytest.mark.parametrize("name", [NAME, "127.0.0.1"])
def test_a_certificate_of_the_name_from_a_trusted_authority_is_accepted(serve, authority, ca_file, name):
    context, seen = certified(authority, name), []
    context.sni_callback = lambda _connection, shown, _context: seen.append(shown)
    server = serve(HELLO, context=context, name=name)

    assert ask(server.url, allowed=(HOME,), ca_file=ca_file, resolve=home) == b"hello"
    assert seen == [None if name == "127.0.0.1" else name]


@pytest.mark.parametrize("other", ["other.example", "127.0.0.1", f"{NAME}.evil"])
def test_a_certificate_of_another_name_is_refused(serve, authority, ca_file, other):
    server = serve(HELLO, context=certified(authority, other), name=NAME)

    assert refusal(server.url, allowed=(HOME,), ca_file=ca_file, resolve=home) is Reason.TLS
    assert server.heard == []


def test_a_certificate_of_an_unknown_authority_is_refused(serve, authority, ca_file):
    server = serve(HELLO, context=certified(trustme.CA(), NAME), name=NAME)

    assert refusal(server.url, allowed=(HOME,), ca_file=ca_file, resolve=home) is Reason.TLS
    assert refusal(server.url, allowed=(HOME,), resolve=home) is Reason.TLS
    assert server.heard == []


def test_no_variable_switches_the_check_off_or_adds_an_authority(serve, authority, ca_file, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(ca_file))
    server = serve(HELLO, context=certified(authority, NAME), name=NAME)

    assert refusal(server.url, allowed=(HOME,), resolve=home) is Reason.TLS


def test_a_server_that_speaks_without_secret_is_no_secure_one(serve):
    url = serve(HELLO).url.replace("http:", "https:")

    assert refusal(url, allowed=(HOME,)) is Reason.TLS


def test_a_file_of_authorities_that_has_gone_bad_is_told(serve, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")

    assert refusal(serve(HELLO).url, allowed=(HOME,), ca_file=tmp_path / "ca.pem") is Reason.TLS
    assert refusal(serve(HELLO).url, allowed=(HOME,), ca_file=tmp_path / "gone.pem") is Reason.TLS
