"""
gunicorn or granian as it is deployed, with `hello` in the place of the service, and a client that speaks in bytes.

Leaves to others: what the service itself answers.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple, Self

from tests.fakes.secrets import GOOD_SECRETS
from tests.servers.process import ROOT, end, free_port, wait_until

COMMANDS = {
    "gunicorn": ["-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py")],
    "granian": [str(ROOT / "deploy/granian_server.py")],
}


class Hello:
    """A running server; usable as a context manager."""

    def __init__(self, server: str = "gunicorn", **environment: str) -> None:
        """Choose ports for *server*, which is "gunicorn" or "granian"; nothing runs yet."""
        self._command = [sys.executable, *COMMANDS[server], "tests.deploy.hello:application"]
        self.folder = Path(tempfile.mkdtemp(prefix="hello-"))
        self.port, self.metrics_port = free_port(), free_port()
        self._clients: list[Client] = []
        self.environment = {
            **os.environ,
            **GOOD_SECRETS,
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "PYTHONPATH": str(ROOT),
            **environment,
        }

    def __enter__(self) -> Self:
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self.folder, env=self.environment, stderr=log, start_new_session=True
            )
        try:
            wait_until(self._answers, self.process, self.log_text, seconds=30)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *reason: object) -> None:
        for client in self._clients:
            client.sock.close()
        end(self.process, signal.SIGTERM, seconds=15)
        shutil.rmtree(self.folder)

    def log_text(self) -> str:
        """Return what the server has written so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def connect(self, *, seconds: float = 10) -> "Client":
        """Return a new connection whose every wait ends after *seconds*; it is closed with the server at the latest."""
        self._clients.append(Client.at(self.port, seconds=seconds))
        return self._clients[-1]

    def _answers(self) -> bool:
        try:
            with self.connect() as client:
                return client.ask("/healthz").status == 200
        except OSError:
            return False


class Answer(NamedTuple):
    """One answer as it came."""

    status: int
    head: str
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the server says that it will close the connection."""
        return "connection: close" in self.head.lower()


class Client:
    """One connection; usable as a context manager."""

    def __init__(self, sock: socket.socket) -> None:
        """Speak through *sock*."""
        self.sock = sock
        self._received = b""

    @classmethod
    def at(cls, port: int, *, seconds: float = 10) -> Self:
        """Connect to *port* on loopback; every wait ends after *seconds*."""
        return cls(socket.create_connection(("127.0.0.1", port), timeout=seconds))

    def send(self, text: bytes) -> None:
        """Send *text* as it is."""
        self.sock.sendall(text)

    def ask(self, path: str, *, more: str = "") -> Answer:
        """Send a GET and return its answer."""
        self.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n{more}\r\n".encode())
        return self.answer()

    def answer(self) -> Answer:
        """Read the next answer; a ConnectionError if the server closes before it is complete."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        wanted = int(length[1]) if length else 0
        while len(self._received) < wanted:
            self._receive()
        body, self._received = self._received[:wanted], self._received[wanted:]
        return Answer(int(head.split()[1]), head.decode("latin-1"), body)

    def is_closed(self) -> bool:
        """Wait for the server to close; False when it sends something instead."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True

    def _receive(self) -> None:
        piece = self.sock.recv(65_536)
        if not piece:
            raise ConnectionError(f"closed after {self._received!r}")
        self._received += piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.sock.close()
