"""
Somebody else's back end, of the smallest kind: it says who it is and what it was told.

Leaves to others: what stands before it.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.servers.process import free_port


class Neighbour:
    """Answers everything with its own name, the path and the headers that came; usable as a context manager."""

    def __init__(self, name: str) -> None:
        """Choose a port; nobody listens yet."""
        self.port = free_port()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _answering(name))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def _answering(name: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = {
                "name": name,
                "path": self.path,
                "headers": {key.lower(): value for key, value in self.headers.items()},
            }
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
