"""
The place where a party listens for logout tokens: a small server on loopback that hears each request to its end.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs


class Heard(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    form: dict[str, list[str]]

    @property
    def token(self) -> str:
        """The logout token, if it was sent once."""
        (token,) = self.form["logout_token"]
        return token


class _Handler(BaseHTTPRequestHandler):
    server: "Ear"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.heard.append(Heard(self.path, headers, parse_qs(body, strict_parsing=True)))
        self.send_response(self.server.statuses.pop(0) if len(self.server.statuses) > 1 else self.server.statuses[0])
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep silent."""


class Ear(ThreadingHTTPServer):
    """Listens at `url`; answers with `statuses`, one after the other, and the last one from then on."""

    def __init__(self) -> None:
        """Listen at once."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.heard: list[Heard] = []
        self.statuses = [200]
        self.headers: dict[str, str] = {}


@contextmanager
def listening() -> Iterator[Ear]:
    """Open an ear for a while."""
    with Ear() as ear:
        threading.Thread(target=ear.serve_forever, args=(0.01,), daemon=True).start()
        yield ear
        ear.shutdown()
