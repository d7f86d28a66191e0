"""
The inbox says when there is enough, at every possible break between two pieces.
"""

import pytest

from deploy.inbox import BODY_LIMIT, HEAD_LIMIT, Inbox

HEAD = b"POST /echo?x=1 HTTP/1.1\r\nHost: test\r\n"
WHOLE = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\nHost: test\r\n\r\n",
    HEAD + b"content-LENGTH:5\r\n\r\nhello",
    HEAD + b"Content-Length: \t 5 \r\nX: y\r\n\r\nhello",
    HEAD + b"Content-Length: 0\r\n\r\n",
    HEAD + b"Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n0\r\n\r\n\r\nA;c\r\n0123456789\r\n0\r\nX-Sum: 9\r\n\r\n",
]
REFUSED_UNSEEN = [
    HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    HEAD + b"Content-Length: five\r\n\r\n",
    HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nfive\r\n",
    b"GET / HTTP/1.1\n",
    HEAD + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1),
    b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_LIMIT,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffff\r\n" + b"x" * (2 * BODY_LIMIT),
]


@pytest.mark.parametrize("request_bytes", WHOLE)
def test_the_last_byte_is_the_one_that_is_enough(request_bytes):
    inbox = Inbox()
    verdicts = [inbox.add(bytes([byte])) for byte in request_bytes]

    assert verdicts == [False] * (len(request_bytes) - 1) + [True]
    assert inbox.is_whole


@pytest.mark.parametrize("request_bytes", WHOLE)
def test_a_request_in_one_piece_is_enough_at_once(request_bytes):
    inbox = Inbox()

    assert inbox.add(request_bytes)
    assert inbox.is_whole
    assert inbox.take() == request_bytes


@pytest.mark.parametrize("request_bytes", REFUSED_UNSEEN)
def test_what_will_be_refused_is_not_waited_for(request_bytes):
    inbox = Inbox()

    assert inbox.add(request_bytes)
    assert not inbox.is_whole


def test_what_follows_a_request_is_handed_out_with_it():
    inbox = Inbox()
    inbox.add(WHOLE[0] + b"GET /next")

    assert inbox.take() == WHOLE[0] + b"GET /next"


def test_after_taking_it_begins_again():
    inbox = Inbox()
    inbox.add(WHOLE[2])
    inbox.take()

    assert not inbox.add(WHOLE[2][:-1])
    assert not inbox.is_whole


def test_the_door_is_method_and_path():
    inbox = Inbox()
    inbox.add(WHOLE[2])

    assert inbox.door == b"POST /echo"


@pytest.mark.parametrize(("field", "expects"), [(b"Expect: 100-continue\r\n", True), (b"", False)])
def test_it_knows_who_waits_to_be_asked(field, expects):
    inbox = Inbox()

    assert not inbox.add(HEAD + field + b"Content-Length: 5\r\n\r\n")
    assert inbox.expects_continue is expects
