"""
The ways in which a server may misbehave: each takes the door at which it was asked, and answers as it likes.

Leaves to others: when.
"""

import gzip
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from select import select

_GLANCE = 0.02
_MIB = 1 << 20

Manner = Callable[[BaseHTTPRequestHandler], None]


def say(door: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """Answer with *body*; an underscore in the name of a header stands for a dash."""
    door.send_response(status)
    for name, value in {"Content_Length": str(len(body)), "Connection": "close", **headers}.items():
        door.send_header(name.replace("_", "-"), value)
    door.end_headers()
    with suppress(OSError):  # whoever has heard enough hangs up
        door.wfile.write(body)
    door.close_connection = True


def hang(door: BaseHTTPRequestHandler) -> None:
    """Say nothing until the other side has gone."""
    select([door.connection], [], [], 30)
    door.close_connection = True


def drip(door: BaseHTTPRequestHandler) -> None:
    """Say a little, again and again, until the other side has gone."""
    door.send_response(200)
    door.send_header("Content-Type", "application/json")
    door.end_headers()
    with suppress(OSError):
        while not select([door.connection], [], [], 0.2)[0]:
            door.wfile.write(b" ")
    door.close_connection = True


def flood(door: BaseHTTPRequestHandler) -> None:
    """Say 50 MiB."""
    door.send_response(200)
    door.send_header("Content-Type", "application/json")
    door.end_headers()
    with suppress(OSError):
        for _ in range(50):
            door.wfile.write(b" " * _MIB)
    door.close_connection = True


def bomb(door: BaseHTTPRequestHandler) -> None:
    """Say little that unfolds into much."""
    say(door, 200, gzip.compress(b" " * 8 * _MIB, 1), Content_Type="application/json", Content_Encoding="gzip")


MANNERS: Mapping[str, Manner] = {
    "hang": hang,
    "drip": drip,
    "large": flood,
    "bomb": bomb,
    "error": lambda door: say(door, 500, b"no"),
    "busy": lambda door: say(door, 429, b'{"message": "later"}', Content_Type="application/json", Retry_After="60"),
    "html": lambda door: say(door, 200, b"<!doctype html><title>Welcome</title>", Content_Type="text/html"),
    "text": lambda door: say(door, 200, b'{"access_token": ', Content_Type="application/json"),
    "list": lambda door: say(door, 200, b"[]", Content_Type="application/json"),
    "null": lambda door: say(door, 200, b"null", Content_Type="application/json"),
    "deep": lambda door: say(door, 200, b"[" * 100_000 + b"]" * 100_000, Content_Type="application/json"),
    "bytes": lambda door: say(door, 200, b'{"id": "\xff\xfe"}', Content_Type="application/json"),
    "round": lambda door: say(door, 302, b"", Location=door.path),
}
