"""A mail server that is greeted: in its place stands a small one that knows a few words."""

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


def test_a_mail_server_that_answers_is_well(speaker):
    assert mail(speaker(b"250 well\r\n", b"221 bye\r\n", first=b"220 here\r\n")) is None


@pytest.mark.parametrize("first", [b"554 go away\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""], ids=str)
def test_a_mail_server_that_does_not_greet_is_told(speaker, first):
    assert mail(speaker(first=first))


def test_a_mail_server_that_cannot_do_what_is_asked_is_told(speaker):
    assert mail(speaker(b"500 what\r\n", b"221 bye\r\n", first=b"220 here\r\n")) == "it answered 500"


def test_nobody_at_home_is_told():
    assert mail(free_port())


def test_a_mail_server_without_tls_where_some_was_expected_is_told(speaker):
    assert greetings.of_mail_server("127.0.0.1", speaker(first=b"220 here\r\n"), is_encrypted=True)
