"""
Who asks, and requests written out byte by byte.
"""

import base64
import socket
from collections.abc import Mapping
from dataclasses import dataclass

FORM: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}
JSON: Mapping[str, str] = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    email: str
    password: str


@dataclass(frozen=True)
class Client:
    """An application, or a back end that may ask about tokens."""

    client_id: str
    secret: str

    @property
    def authorization(self) -> str:
        """Return the value of its Authorization header (RFC 6749 §2.3.1)."""
        return "Basic " + base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()


def request(method: str, path: str, body: str | None = None, **headers: str) -> bytes:
    """Write a whole request."""
    lines = {"Host": "127.0.0.1", **headers}
    if body is not None:
        lines["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n{body or ''}".encode()


def exchange(port: int, asked: bytes) -> bytes:
    """Send one request on a connection of its own and return the whole answer."""
    head, _, body = asked.partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
        return b"".join(iter(lambda: wire.recv(65_536), b""))
