"""The door for outgoing HTTP, in front of small servers that behave in every way a stranger may."""

import gzip
import socket
import subprocess
import sys
import threading
import traceback
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network

import pytest

from identity_service.foundation.outbound import Outbound, Outgoing, Reason, Unreachable
from tests.house.tree import ROOT
from tests.servers.stranger import Strangers

HOME = ip_network("127.0.0.1/32")
OK = b"HTTP/1.1 200 OK\r\n"
HELLO = OK + b"Content-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"
LIMIT = 0.4  # seconds for servers that never end


@pytest.fixture
def serve():
    strangers = Strangers()
    yield strangers
    strangers.stop()


def ask(url, **rules):
    return Outbound(**{"allowed": (HOME,), **rules}).fetch(Outgoing("GET", url))


@contextmanager
def refused(reason):
    with pytest.raises(Unreachable) as refusal:
        yield refusal
    assert refusal.value.reason is reason, refusal.value.detail


def endlessly(piece, start=b""):
    """Send *start*, then *piece* again and again, with pauses that no time-out of a socket notices."""

    def act(connection):
        connection.sendall(start)
        pause = threading.Event()
        while not pause.wait(LIMIT / 10):
            connection.sendall(piece)

    return act


def test_an_answer_comes_with_status_headers_and_body(serve):
    answer = ask(serve(HELLO).url)

    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/plain", b"hello")


def test_what_is_asked_arrives_as_it_was_given(serve):
    server = serve(HELLO)
    headers = {"X-Signature": "s", "Accept-Encoding": "gzip"}

    Outbound((HOME,)).fetch(Outgoing("POST", f"{server.url}a?b=c", headers, b'{"a": 1}'))

    heard = server.heard[0].decode()
    assert heard.startswith("POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: {server.url.split('/')[2]}\r\n" in heard
    assert "X-Signature: s\r\n" in heard
    assert "User-Agent: identity-service\r\n" in heard
    assert "Content-Length: 8\r\n" in heard
    assert "Accept-Encoding: identity\r\n" in heard
    assert "gzip" not in heard


def test_an_error_is_an_answer_too(serve):
    assert ask(serve(b"HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n").url).status == 503


def test_a_chunked_body_is_put_together(serve):
    assert ask(serve(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n").url).body == b"hello"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(serve, status):
    elsewhere = serve(HELLO)
    server = serve(f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 4\r\n\r\nthere".encode())

    answer = ask(server.url)

    assert (answer.status, answer.headers["location"]) == (status, elsewhere.url)
    assert elsewhere.heard == []


def test_nothing_is_kept_and_nothing_comes_from_the_surroundings(serve, monkeypatch, tmp_path):
    netrc, proxy = tmp_path / "netrc", serve(HELLO)
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    server = serve(OK + b"Set-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n")
    door = Outbound((HOME,))

    for _ in range(2):
        door.fetch(Outgoing("GET", server.url))

    assert proxy.heard == []
    assert len(server.heard) == 2
    assert not any(word in b"".join(server.heard) for word in (b"Cookie", b"Authorization"))


@pytest.mark.parametrize(
    "answer",
    [
        endlessly(b"a", OK + b"Content-Length: 100\r\n\r\n"),
        endlessly(b"a", OK + b"\r\n"),
        endlessly(b"1\r\na\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\n"),
        endlessly(b"0", OK + b"Transfer-Encoding: chunked\r\n\r\n"),
        endlessly(b"a: b\r\n", OK),
        endlessly(b"x"),
        endlessly(b"HTTP/1.1 100 Continue\r\n\r\n"),
        endlessly(b""),
    ],
    ids=["body", "body without length", "chunks", "chunk size", "headers", "first line", "continue", "silence"],
)
def test_who_drips_is_cut(serve, answer):
    with refused(Reason.TIME):
        ask(serve(answer).url, total_seconds=LIMIT)


def test_who_drips_while_agreeing_on_a_secret_is_cut(serve):
    record = endlessly(b"\x02", b"\x16\x03\x03\x40\x00")  # the first of 16384 bytes
    with refused(Reason.TIME):
        ask(serve(record).url.replace("http", "https"), total_seconds=LIMIT)


def test_who_does_not_agree_on_a_secret_is_not_waited_for_longer_than_for_a_connection(serve):
    with refused(Reason.TIME):
        ask(serve(endlessly(b"")).url.replace("http", "https"), connect_seconds=LIMIT / 2)


def test_who_does_not_accept_is_cut_and_nobody_else_is_tried():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.settimeout(0)
            one.connect_ex(full.getsockname())
        url = f"http://busy.example:{full.getsockname()[1]}/"
        with refused(Reason.TIME):
            ask(url, total_seconds=LIMIT, resolve=lambda _host: ["127.0.0.1", "127.0.0.1"])
        with refused(Reason.CONNECTION):
            ask(url, connect_seconds=LIMIT, resolve=lambda _host: ["127.0.0.1"])


def test_who_does_not_read_is_cut(serve):
    never = threading.Event()
    server = serve(lambda _connection: never.wait())
    with refused(Reason.TIME):
        Outbound((HOME,), total_seconds=LIMIT).fetch(Outgoing("POST", server.url, body=bytes(20_000_000)))
    never.set()


@pytest.mark.parametrize("total_seconds", [LIMIT, 0])
def test_a_name_server_that_does_not_answer_is_not_waited_for(total_seconds):
    never = threading.Event()
    with refused(Reason.TIME):
        ask("http://slow.example/", total_seconds=total_seconds, resolve=lambda _host: never.wait() and [])
    never.set()


def test_a_body_may_be_as_large_as_allowed_and_no_larger(serve):
    def sized(size):
        return serve(OK + b"\r\n" + bytes(size)).url

    assert len(ask(sized(256 * 1024)).body) == 256 * 1024
    with refused(Reason.SIZE):
        ask(sized(256 * 1024 + 1))
    with refused(Reason.SIZE):
        ask(sized(11), largest=10)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "x-unknown"])
def test_a_compressed_body_is_refused_unread(serve, encoding):
    bomb = gzip.compress(bytes(10_000_000))
    start = f"Content-Encoding: {encoding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with refused(Reason.ENCODING):
        ask(serve(OK + start + bomb).url)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000 + b"\r\n\r\n",
        b"\x00\xff" * 100_000,
    ],
)
def test_what_is_no_proper_answer_is_told_as_such(serve, answer):
    with refused(Reason.ANSWER) as refusal:
        ask(serve(answer).url)

    assert len(refusal.value.detail) <= 200


@pytest.mark.parametrize("start", ["", "http://a..b/", "http://127.0.0.1:99999/", "http://[::1/", "http://a b/", "x:"])
def test_what_goes_wrong_never_repeats_the_url(serve, start):
    url = f"{start or serve(b'').url}hook?token={'secret' * 2}"
    with pytest.raises(Unreachable) as refusal:
        ask(url)

    assert "secretsecret" not in "".join(traceback.format_exception(refusal.value))


def test_what_is_asked_and_answered_is_not_printed(serve):
    request = Outgoing("POST", serve(HELLO).url, {"Authorization": "Bearer secret"}, b"secret", may_be_private=True)

    assert "secret" not in repr(request)
    assert "hello" not in repr(Outbound().fetch(request))


@pytest.mark.parametrize(("method", "header"), [("GE T", "a"), ("GET", "a\r\nX: y"), ("GET", "\N{EURO SIGN}")])
def test_what_http_cannot_say_is_refused(serve, method, header):
    with refused(Reason.REQUEST):
        Outbound((HOME,)).fetch(Outgoing(method, serve(HELLO).url, {"X-Name": header}))


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "example.com", "//example.com/", ""),
        *("http://", "http:///path", "http://me@example.com/", "http://me:pass@example.com/", "http://@example.com/"),
        *("http://example.com\\@127.0.0.1/", "http://exa mple.com/", "http://a.example/\r\nX: y", "\thttp://a.example"),
        *("http://[::1/", "http://a.example:port/", "http://a.example:70000/"),
        *("http://\uff11\uff12\uff17.0.0.1/", "http://127\u30020\u30020\u30021/"),
    ],
)
def test_what_is_no_plain_web_address_is_refused_before_anybody_is_asked(url):
    asked = []
    with refused(Reason.REQUEST):
        ask(url, resolve=asked.append)

    assert asked == []


def test_nobody_there_is_no_connection():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with refused(Reason.CONNECTION):
        ask(f"http://127.0.0.1:{port}/")


def test_who_never_calls_out_does_not_load_what_it_takes():
    code = f"import sys, {Outbound.__module__} as door; door.Outbound(); sys.exit('requests' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
