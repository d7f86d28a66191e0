"""What a server itself writes into the log: JSON lines, and nothing in them that a client has sent."""

import json
from contextlib import suppress

import pytest

CANARY = "canary"


def test_every_line_is_one_object_also_of_a_library(server):
    with server.connect() as client:
        client.send(b"HEAD /page?9 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        assert client.sock.recv(4096)

    lines = [json.loads(line) for line in server.log_text().splitlines()]
    assert any("no-body response" in line["message"] for line in lines)


@pytest.mark.parametrize(
    "sent",
    [
        "GET /callback?code=canary&name=\xfc HTTP/1.1\r\nHost: test",
        "GET /callback?code=x canary HTTP/1.1\r\nHost: test",
        "GET\t/callback?code=canary HTTP/1.1\r\nHost: test",
        "canary! /callback HTTP/1.1\r\nHost: test",
        "GET / HTTP/1.1\r\nHost: test\r\nAuthorization Bearer canary",
        "GET / HTTP/1.1\r\nHost: test\r\ncanary\x7f: x",
        "GET / HTTP/1.1\r\nHost: test\r\nCookie: refreshToken=canary\x00",
        "GET / HTTP/1.1\r\nHost: test\r\nExpect: canary",
        "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: canary",
    ],
)
def test_what_cannot_be_read_is_logged_without_its_words(server, sent):
    before = len(server.log_text())
    with server.connect() as client:
        client.send(f"{sent}\r\n\r\n".encode("latin-1"))
        with suppress(ConnectionError):
            assert client.answer().status >= 400

    # A line about the request of the test before may come late.
    said = [json.loads(line)["message"] for line in server.log_text()[before:].splitlines()]
    (reason,) = [message for message in said if message.startswith("Invalid request from ip=127.0.0.1: ")]
    assert CANARY not in reason.lower()


def test_the_header_that_cannot_be_read_is_named(server):
    with server.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Odd: \x01\r\n\r\n")
        assert client.answer().status == 400

    assert "Invalid HTTP Header: 'X-ODD'" in server.log_text()
