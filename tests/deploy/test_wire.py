"""How an answer leaves: in one piece, and never so that a thread waits for bytes."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.wire import HELD, SENDING, Wire


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    """A wire, and the client at its other end, who does not wait either."""
    accepted, client = socket.socketpair()
    with closing(Wire(accepted)) as wire, closing(client):
        client.settimeout(0)
        yield wire, client


def test_a_head_and_its_body_arrive_together(ends: tuple[Wire, socket.socket]) -> None:
    wire, client = ends
    wire.sendall(b"head, ")
    wire.sendall(b"body")
    with pytest.raises(BlockingIOError):
        client.recv(100)
    assert wire.deliver()
    assert client.recv(100) == b"head, body"


def test_nothing_is_sent_twice(ends: tuple[Wire, socket.socket]) -> None:
    wire, client = ends
    wire.sendall(b"once")
    assert wire.deliver()
    assert wire.deliver()
    assert client.recv(100) == b"once"


def test_a_long_answer_is_not_held(ends: tuple[Wire, socket.socket]) -> None:
    wire, client = ends
    wire.sendall(b"head, ")
    wire.sendall(b"x" * HELD)
    assert client.recv(6) == b"head, "
    assert wire.take() == b""


def test_a_file_follows_what_is_held(ends: tuple[Wire, socket.socket], tmp_path: Path) -> None:
    wire, client = ends
    page = tmp_path / "page"
    page.write_bytes(b"a page")
    wire.sendall(b"head, ")
    with page.open("rb") as file:
        assert wire.sendfile(file) == len(b"a page")
    assert client.recv(100) == b"head, a page"


def test_what_is_held_leaves_before_the_end(ends: tuple[Wire, socket.socket]) -> None:
    wire, client = ends
    wire.sendall(b"head, and no more")
    wire.shutdown(socket.SHUT_WR)
    assert client.recv(100) == b"head, and no more"
    assert client.recv(100) == b""


def test_a_client_that_has_gone_is_noticed(ends: tuple[Wire, socket.socket]) -> None:
    wire, client = ends
    client.close()
    wire.sendall(b"too late")
    assert not wire.deliver()
    assert wire.take() == b""


def test_a_closed_wire_delivers_nothing(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    wire.sendall(b"too late")
    wire.close()
    assert not wire.deliver()


def test_nobody_makes_it_wait_for_bytes(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    for flag in (True, False):
        wire.setblocking(flag)
        assert wire.gettimeout() == SENDING
