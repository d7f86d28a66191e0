"""
Who may stay and who has to go: the worker's own rules, on real sockets and a clock that is an argument.
"""

import select
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from gunicorn.config import Config
from gunicorn.errors import ConfigError

from deploy.connection import ARRIVAL
from deploy.patient_worker import PatientWorker
from tests.deploy import hello

KEEPALIVE = 75


class Silent:
    """A logger that says nothing."""

    def __getattr__(self, name: str) -> object:
        """Return something to call, whatever is asked for."""
        return lambda *_args, **_options: None


class Place(NamedTuple):
    """A worker that is not running, its one listener, and the clients that it will let in."""

    worker: PatientWorker
    clients: list[socket.socket]

    def let_in(self) -> None:
        """Let in whoever waits."""
        for listener in self.worker.listeners.values():
            self.worker.accept(listener, 100)

    def attend_all(self) -> None:
        """Attend to every connection once."""
        for connection in list(self.worker.keepalived_conns.values()):
            self.worker.attend(connection)


@pytest.fixture
def place() -> Iterator[Place]:
    cfg = Config()
    cfg.set("worker_connections", 3)
    cfg.set("threads", 1)
    cfg.set("keepalive", KEEPALIVE)
    with socket.create_server(("127.0.0.1", 0)) as listener, select.epoll() as epoll:
        listener.settimeout(0)
        worker = PatientWorker(1, 0, [listener], None, 30, cfg, Silent())
        worker.max_keepalived = 4  # one more than the house has room for, so that it is full but generous
        worker.epoll, worker.listeners, worker.wsgi = epoll, {listener.fileno(): listener}, hello.application
        clients = [socket.create_connection(listener.getsockname(), timeout=10) for _ in range(3)]
        here = Place(worker, clients)
        here.let_in()
        yield here
        for connection in list(worker.keepalived_conns.values()):
            worker.drop(connection)
        for client in clients:
            client.close()
        worker.tmp.close()


def test_more_bytes_do_not_buy_more_time(place):
    place.clients[0].send(b"G")
    place.attend_all()
    first = next(iter(place.worker.keepalived_conns.values()))
    deadline = first.deadline
    place.clients[0].send(b"E")
    place.attend_all()

    assert (bytes(first.inbox.data), first.deadline) == (b"GE", deadline)


def test_half_a_request_is_told_that_its_time_is_up(place):
    place.clients[0].send(b"GET / HT")
    place.attend_all()
    place.worker.sweep(max(each.deadline for each in place.worker.keepalived_conns.values()))

    assert place.clients[0].recv(4096).startswith(b"HTTP/1.1 408 ")
    assert place.clients[1].recv(4096) == b""
    assert place.worker.keepalived_conns == {}


def test_nobody_goes_before_the_time_is_up(place):
    place.worker.sweep(min(each.deadline for each in place.worker.keepalived_conns.values()) - 1)

    assert len(place.worker.keepalived_conns) == 3


def test_an_answer_buys_the_keepalive_time(place):
    place.clients[0].send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    place.attend_all()
    *others, served = [each.deadline for each in place.worker.keepalived_conns.values()]

    assert served > max(others) + KEEPALIVE - ARRIVAL - 1


def test_in_a_full_house_the_one_answered_longest_ago_makes_room(place):
    place.clients[0].send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    place.attend_all()
    with socket.create_connection(next(iter(place.worker.listeners.values())).getsockname()):
        place.let_in()

        assert place.clients[1].recv(4096) == b""
        assert len(place.worker.keepalived_conns) == 3


def test_a_client_that_leaves_is_forgotten(place):
    place.clients[0].close()
    place.attend_all()

    assert len(place.worker.keepalived_conns) == 2


@pytest.mark.parametrize(("name", "value"), [("certfile", __file__), ("proxy_protocol", "auto")])
def test_what_it_does_not_speak_is_refused_at_start(name, value):
    cfg = Config()
    cfg.set(name, value)

    with pytest.raises(ConfigError):
        PatientWorker.check_config(cfg, Silent())
