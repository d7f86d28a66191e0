"""
Somebody else's back end, of the smallest kind: it says who it is and what it was told.

Leaves to others: what stands before it.
"""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.servers.loopback import LoopbackServer


class Neighbour(LoopbackServer):
    """Answers everything with its own name, the path and the headers that came."""

    def __init__(self, name: str) -> None:
        """Choose a port; nobody listens yet."""
        super().__init__(_answering(name))


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
