"""
What could be read in two ways is refused, and nothing that follows on the connection is believed.

Law: RFC 9112 §2.2, §3, §5, §6.1 to §6.3, §7.1; RFC 9110 §5.5.
The judge is gunicorn's parser; these see to it that nothing in front of it, and no newer version, changes the verdict.
"""

import json
import re

import pytest

GET = b"GET /healthz HTTP/1.1\r\nHost: test\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: test\r\n"
SMUGGLED = b"GET /page?9 HTTP/1.1\r\nHost: test\r\n\r\n"

REFUSED = {
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -5\r\n\r\nhello",
    "a length in hexadecimal": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a length with an underscore": POST + b"Content-Length: 0_5\r\n\r\nhello",
    "a length in other digits": POST + b"Content-Length: \xb2\r\n\r\nhello",
    "an empty length": POST + b"Content-Length: \r\n\r\nhello",
    "a blank before the colon": POST + b"Content-Length : 5\r\n\r\nhello",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in two fields": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "something after chunked": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an encoding without a length": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "a line folded": GET + b"X-Folded: one\r\n two\r\n\r\n",
    "a bare LF after a field": GET + b"X-Bare: one\n\r\n",
    "bare LFs throughout": b"GET /healthz HTTP/1.1\nHost: test\n\n",
    "a bare CR in a field": GET + b"X-Bare: one\rtwo\r\n\r\n",
    "a NUL in a field": GET + b"X-Nul: a\x00b\r\n\r\n",
    "a field without a name": GET + b": empty\r\n\r\n",
    "a field without a colon": GET + b"Nothing\r\n\r\n",
    "two hosts": GET + b"Host: other\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "another protocol": b"GET /healthz HTTP/3.0\r\n\r\n",
    "a method that is none": b"G<T /healthz HTTP/1.1\r\nHost: test\r\n\r\n",
    "a blank in the target": b"GET /health z HTTP/1.1\r\nHost: test\r\n\r\n",
    "a byte above ASCII in the target": b"GET /\xff HTTP/1.1\r\nHost: test\r\n\r\n",
}

REFUSED_IN_THE_BODY = {
    "a chunk size that is none": b"5x\r\nhello\r\n0\r\n\r\n",
    "a chunk size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than it says": b"4\r\nhello\r\n0\r\n\r\n",
    "a bare LF after a chunk size": b"5\nhello\r\n0\r\n\r\n",
    "a bare CR in an extension": b"5;a=\rb\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", REFUSED.values(), ids=REFUSED.keys())
def test_an_ambiguous_head_is_refused_and_the_connection_closes(server, request_bytes):
    with server.connect() as client:
        client.send(request_bytes + SMUGGLED)
        answer = client.answer()

        assert (answer.status, answer.closes, client.is_closed()) == (400, True, True)


@pytest.mark.parametrize("body", REFUSED_IN_THE_BODY.values(), ids=REFUSED_IN_THE_BODY.keys())
def test_ambiguous_chunks_are_refused_and_the_connection_closes(server, body):
    with server.connect() as client:
        client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED)
        answer = client.answer()

        assert (answer.status, answer.closes, client.is_closed()) == (400, True, True)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: test\r\n\r\n", 414),
        (GET + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (GET + b"X-Many: x\r\n" * 101 + b"\r\n", 431),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        (GET + b"Expect: something\r\n\r\n", 417),
    ],
    ids=["a long target", "a long field", "many fields", "an unknown encoding", "an unknown expectation"],
)
def test_what_is_too_much_or_unknown_has_a_status_of_its_own(server, request_bytes, status):
    with server.connect() as client:
        client.send(request_bytes + SMUGGLED)
        answer = client.answer()

        assert (answer.status, answer.closes, client.is_closed()) == (status, True, True)


def test_a_refusal_says_by_which_id_it_stands_in_the_log(server):
    with server.connect() as client:
        client.send(GET + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n")
        answer = client.answer()
    told, named = json.loads(answer.body), re.search("X-Request-ID: (.+)", answer.head)

    assert (told["status"], told["code"], told["request_id"]) == (431, "invalid_request", named[1])
    assert "Content-Type: application/problem+json" in answer.head
    assert f'"request_id":"{named[1]}"' in server.log_text()


def test_a_head_that_does_not_end_is_not_waited_for(server):
    with server.connect() as client:
        client.send(GET + b"X-Many: x\r\n" * 7000)

        assert client.is_closed()


def test_the_application_decides_about_a_request_without_host(server):
    with server.connect() as client:
        client.send(b"GET /healthz HTTP/1.1\r\n\r\n")

        assert client.answer().status == 200
