"""
An HTTP server on a free port of loopback, in a thread of its own.

Leaves to others: what it answers.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.servers.process import free_port


class LoopbackServer:
    """Answers as *handler* does; usable as a context manager."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        """Choose a port; nobody listens yet."""
        self.port = free_port()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
