"""
Slow clients do not keep others waiting: `/healthz` answers within a second whatever else hangs on the line.

The second is the promise itself, kept by the client: it asks with a time-out of one second, and gives up after it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.deploy.serving import Client, Hello

PROMISE = 1.0

HALF_OPEN = {
    "a head": b"GET /healthz HTTP/1.1\r\nHost: te",
    "a body": b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n{",
    "a large body": b"POST /ignore HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n{",
    "a chunk": b"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n0\r\n\r\n",
    "a body after 100": b"POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    "a second request": b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\nGET /hea",
    "nothing": b"",
}


@contextmanager
def hanging(server: Hello, beginning: bytes, count: int) -> Iterator[list[Client]]:
    """Hold *count* connections that have each sent *beginning* and nothing else."""
    with ExitStack() as held:
        clients = [held.enter_context(server.connect()) for _ in range(count)]
        for client in clients:
            client.send(beginning)
        yield clients


def dribble(clients: list[Client]) -> None:
    """Send one more byte on each connection; those that have been answered already may be gone."""
    for client in clients:
        try:
            client.send(b"a")
        except OSError:
            continue


@pytest.mark.parametrize("beginning", HALF_OPEN.values(), ids=HALF_OPEN.keys())
def test_two_hundred_of_them_keep_nobody_waiting(server, beginning):
    with hanging(server, beginning, 200) as clients:
        for _ in range(3):
            with server.connect(seconds=PROMISE) as client:
                assert client.ask("/healthz").status == 200
            dribble(clients)


def test_eight_hundred_of_all_sorts_keep_nobody_waiting(server):
    with ExitStack() as held:
        crowds = [held.enter_context(hanging(server, beginning, 115)) for beginning in HALF_OPEN.values()]
        for crowd in crowds:
            dribble(crowd)
            with server.connect(seconds=PROMISE) as client:
                assert client.ask("/healthz").status == 200


def test_those_who_do_not_read_keep_nobody_waiting(server):
    page = b"GET /page?100000 HTTP/1.1\r\nHost: test\r\n\r\n"
    with hanging(server, page, 200), server.connect(seconds=PROMISE) as client:
        assert client.ask("/healthz").status == 200


def test_whoever_was_there_before_is_still_served(server):
    with server.connect(seconds=PROMISE) as early:
        early.ask("/healthz")
        with hanging(server, HALF_OPEN["a head"], 200):
            assert early.ask("/healthz").status == 200


def test_a_slow_request_is_answered_when_it_is_complete(server):
    request = b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello"
    with server.connect() as client:
        for byte in request:
            client.send(bytes([byte]))

        assert client.answer().body == b"hello"
