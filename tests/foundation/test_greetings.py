"""Neighbours that are greeted: a mail server and a Redis, in front of a small server that knows a few words."""

import socket
import threading
from contextlib import suppress

import pytest

from identity_service.foundation import greetings
from tests.servers.process import free_port


@pytest.fixture
def speaker():
    """A maker of servers for one visitor each: it says *first*, then one of *answers* to whatever is said."""
    opened, threads = [], []

    def serve(*answers, first=b""):
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=_speak, args=(listener, first, answers))
        opened.append(listener)
        threads.append(thread)
        thread.start()
        return listener.getsockname()[1]

    yield serve
    for thread in threads:
        thread.join(10)
    for listener in opened:
        listener.close()


def _speak(listener, first, answers):
    visitor, _ = listener.accept()
    with visitor, suppress(OSError):
        visitor.sendall(first)
        for answer in answers:
            if visitor.recv(4096):
                visitor.sendall(answer)


def mail(port):
    return greetings.of_mail_server("127.0.0.1", port, is_encrypted=False)


def redis(port, address="redis://127.0.0.1:{}", username=None, password=None):
    return greetings.of_redis(address.format(port), username, password, None)


def test_a_mail_server_that_answers_is_well(speaker):
    assert mail(speaker(b"250 well\r\n", b"221 bye\r\n", first=b"220 here\r\n")) is None


@pytest.mark.parametrize("first", [b"554 go away\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""], ids=str)
def test_a_mail_server_that_does_not_greet_is_told(speaker, first):
    assert mail(speaker(first=first))


def test_a_mail_server_that_cannot_do_what_is_asked_is_told(speaker):
    assert mail(speaker(b"500 what\r\n", b"221 bye\r\n", first=b"220 here\r\n")) == "it answered 500"


def test_nobody_at_home_is_told():
    assert mail(free_port())
    assert redis(free_port())


def test_a_mail_server_without_tls_where_some_was_expected_is_told(speaker):
    assert greetings.of_mail_server("127.0.0.1", speaker(first=b"220 here\r\n"), is_encrypted=True)


def test_a_redis_that_answers_is_well(speaker):
    assert redis(speaker(b"+PONG\r\n")) is None


@pytest.mark.parametrize("address", ["redis://:secret@127.0.0.1:{}/0", "redis://us:secret@127.0.0.1:{}"])
def test_a_redis_that_lets_us_in_is_well(speaker, address):
    assert redis(speaker(b"+OK\r\n", b"+PONG\r\n"), address) is None


def test_a_redis_that_lets_us_in_by_a_password_beside_the_address_is_well(speaker):
    assert redis(speaker(b"+OK\r\n", b"+PONG\r\n"), username="us", password="secret") is None


def test_a_redis_that_does_not_let_us_in_is_told(speaker):
    told = redis(speaker(b"-WRONGPASS for secret\r\n"), password="secret")

    assert told == "it does not accept the user name and password"


@pytest.mark.parametrize("answer", [b"-NOAUTH Authentication required.\r\n", b"HTTP/1.1 400\r\n"], ids=str)
def test_what_is_no_redis_for_us_is_told(speaker, answer):
    assert redis(speaker(answer)).startswith("it answered")


def test_a_redis_that_hangs_up_is_told(speaker):
    assert redis(speaker()) is not None


def test_a_redis_without_tls_where_some_was_expected_is_told(speaker):
    assert redis(speaker(b"+PONG\r\n"), "rediss://127.0.0.1:{}")
