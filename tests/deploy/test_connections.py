"""
One connection carries many requests, and no request is taken for another.
"""

import pytest

ECHO = b"POST /echo HTTP/1.1\r\nHost: test\r\n"


def test_a_connection_is_kept_for_the_next_request(server):
    with server.connect() as client:
        answers = [client.ask(f"/page?{length}") for length in (1, 2, 3)]

    assert [(answer.status, answer.body, answer.closes) for answer in answers] == [
        (200, b"x" * length, False) for length in (1, 2, 3)
    ]


def test_pipelined_requests_are_answered_in_their_order(server):
    with server.connect() as client:
        client.send(b"".join(b"GET /page?%d HTTP/1.1\r\nHost: test\r\n\r\n" % length for length in range(1, 200)))

        assert [len(client.answer().body) for _ in range(1, 200)] == list(range(1, 200))


def test_a_pipelined_request_may_arrive_in_pieces(server):
    with server.connect() as client:
        client.send(ECHO + b"Content-Length: 3\r\n\r\noneGET /healthz HT")
        first = client.answer()
        client.send(b"TP/1.1\r\nHost: test\r\n\r\n")

        assert (first.body, client.answer().body) == (b"one", b"alive")


def test_a_body_that_nobody_read_does_not_become_a_request(server):
    body = b"GET /page?7 HTTP/1.1\r\nHost: test\r\n\r\n"
    with server.connect() as client:
        client.send(b"POST /ignore HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        client.send(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")

        assert [client.answer().body, client.answer().body] == [b"ignored", b"alive"]


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhello\r\n0\r\n\r\n",
        b"1\r\nh\r\n4;name=value\r\nello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nX-Sum: 9\r\n\r\n",
        b"005\r\nhello\r\n000\r\n\r\n",
    ],
)
def test_chunks_are_put_together_and_the_next_request_follows(server, body):
    with server.connect() as client:
        client.send(ECHO + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")

        assert [client.answer().body, client.answer().body] == [b"hello", b"alive"]


def test_who_waits_to_be_asked_for_the_body_is_asked_once(server):
    with server.connect() as client:
        client.send(ECHO + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        asked = client.answer()
        client.send(b"hello")

        assert (asked.status, client.answer().body, client.ask("/healthz").status) == (100, b"hello", 200)


@pytest.mark.parametrize("framing", [b"Content-Length: 100000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n186a0\r\n"])
def test_after_too_long_a_body_the_connection_closes(server, framing):
    with server.connect() as client:
        client.send(b"POST /ignore HTTP/1.1\r\nHost: test\r\n" + framing + b"x" * 100_000 + b"x" * 50_000)
        answer = client.answer()

        assert (answer.body, answer.closes, client.is_closed()) == (b"ignored", True, True)


def test_who_asks_to_close_is_closed(server):
    with server.connect() as client:
        assert client.ask("/healthz", more="Connection: close\r\n").closes
        assert client.is_closed()


def test_a_page_larger_than_the_send_buffer_arrives_whole(server):
    with server.connect() as client:
        assert len(client.ask("/page?5000000").body) == 5_000_000


def test_more_requests_than_threads_are_all_answered(server):
    clients = [server.connect() for _ in range(150)]
    for client in clients:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")

    assert {client.answer().body for client in clients} == {b"alive"}
