"""
Small servers on loopback that behave in every way a stranger may.

Leaves to others: asking them anything.
"""

import socketserver
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Any

Act = Callable[[socket], object]


class Script(socketserver.BaseRequestHandler):
    """Reads one request, remembers it, and does what the server was told to do."""

    server: "Stranger"

    def handle(self) -> None:
        """Read to the end of the headers, or what wants to be TLS; a client that hangs up is no surprise."""
        got = b""
        with suppress(OSError):
            while b"\r\n\r\n" not in got and not got.startswith(b"\x16"):
                got += self.request.recv(4096)
            self.server.heard.append(got)
            self.server.act(self.request)


class Stranger(socketserver.ThreadingTCPServer):
    """A server that answers with fixed bytes, or does what a function does with the connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: bytes | Act, context: ssl.SSLContext | None = None, name: str = "127.0.0.1") -> None:
        """Listen at once; `url` says where, with *name* as the host."""
        super().__init__(("127.0.0.1", 0), Script)
        self.act: Act = answer if callable(answer) else lambda connection: connection.sendall(answer)
        self.context = context
        self.heard: list[bytes] = []
        self.url = f"{'https' if context else 'http'}://{name}:{self.server_address[1]}/"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Agree on a secret first, if there is to be one; here and not in `get_request`, where all would wait."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: object) -> None:
        """Be silent about clients that do not like our certificate."""


class Strangers:
    """All strangers of one test."""

    def __init__(self) -> None:
        self._started: list[Stranger] = []

    def __call__(self, answer: bytes | Act, **options: Any) -> Stranger:
        """Start one."""
        server = Stranger(answer, **options)
        self._started.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server

    def stop(self) -> None:
        """Stop them all."""
        for server in self._started:
            server.shutdown()
            server.server_close()
