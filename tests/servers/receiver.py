"""
Where an application hears of sign-outs: a server that takes forms, and that may also fall silent.

Leaves to others: what the forms hold.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from select import select
from typing import Self
from urllib.parse import parse_qsl

from tests.servers.process import free_port


class Receiver:
    """
    Listens between start() and stop(), and may do so again; usable as a context manager.

    Without `may_answer` it keeps everybody waiting, and counts those who have lost their patience as `abandoned`.
    """

    def __init__(self) -> None:
        """Take a port; nobody listens on it yet."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/logged-out"
        self.heard: list[dict[str, str]] = []
        self.abandoned = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._news = threading.Condition()
        self._server: _Server | None = None

    def start(self) -> Self:
        """Listen."""
        self._server = _Server(("127.0.0.1", self.port), _Doors)
        self._server.receiver = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Listen no more; a second call does nothing."""
        self.may_answer.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def hear(self, form: dict[str, str]) -> None:
        """Take a form."""
        with self._news:
            self.heard.append(form)
            self._news.notify_all()

    def wait_for(self, count: int, seconds: float = 30) -> list[dict[str, str]]:
        """Return all forms as soon as there are *count*."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.heard) >= count, seconds), f"{self.heard} after {seconds} s"
            return list(self.heard)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *reason: object) -> None:
        self.stop()


_GLANCE = 0.02


class _Server(ThreadingHTTPServer):
    receiver: Receiver
    block_on_close = False


class _Doors(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        receiver = self.server.receiver
        is_prompt = receiver.may_answer.is_set()
        receiver.hear(dict(parse_qsl(body, strict_parsing=True)))
        while not receiver.may_answer.wait(_GLANCE):
            if select([self.connection], [], [], 0)[0]:  # there is nothing more to come but the end
                receiver.abandoned += 1
                return
        # Whoever was kept waiting is told nothing at all: the line goes dead.
        if is_prompt:
            self.send_response(200)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
