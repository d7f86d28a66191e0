"""
Mailgun on loopback: what it answers whoever hands in a letter, or asks for a domain.

Source: Mailgun's API reference, "Authentication", "Messages", "Domains" and "API Response Codes".
Leaves to others: what is asked of it.
"""

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from tests.servers.loopback import LoopbackServer

DOMAIN, ACCOUNT_KEY, SENDING_KEY = "mg.example.org", "key-of-the-account", "key-that-only-sends"


class MailgunServer(LoopbackServer):
    """Knows one domain; `state` is what it says of it, and `taken` are the letters."""

    def __init__(self) -> None:
        """Choose a port; nobody listens yet."""
        super().__init__(_answering(self))
        self.url = f"http://127.0.0.1:{self.port}"
        self.state = "active"
        self.is_broken = False
        self.taken: list[dict[str, list[str]]] = []

    def posted(self, path: str, key: str, form: dict[str, list[str]]) -> tuple[int, Any]:
        """Take a letter, if it is one."""
        if key not in (ACCOUNT_KEY, SENDING_KEY):
            return 401, "Forbidden"
        if path != f"/v3/{DOMAIN}/messages":
            return 404, {"message": "Domain not found"}
        missing = [name for name in ("from", "to") if name not in form]
        if missing:
            return 400, {"message": f"{missing[0]} parameter is missing"}
        self.taken.append(form)
        return 200, {"id": "<1@mg.example.org>", "message": "Queued. Thank you."}

    def got(self, path: str, key: str) -> tuple[int, Any]:
        """Tell of the domain, to a key that may know it."""
        if key != ACCOUNT_KEY:
            return 401, "Forbidden"
        if path != f"/v4/domains/{DOMAIN}":
            return 404, {"message": "Domain not found"}
        return 200, {"domain": {"name": DOMAIN, "state": self.state, "type": "custom"}}


def _answering(mailgun: MailgunServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(*mailgun.posted(self.path, self._key(), parse_qs(body.decode())))

        def do_GET(self) -> None:
            self._answer(*mailgun.got(self.path, self._key()))

        def log_message(self, *_: Any) -> None:
            pass

        def _key(self) -> str:
            given = self.headers.get("Authorization", "")
            known = {f"Basic {b64encode(f'api:{key}'.encode()).decode()}": key for key in (ACCOUNT_KEY, SENDING_KEY)}
            return known.get(given, "")

        def _answer(self, status: int, told: Any) -> None:
            body = b"<html>" if mailgun.is_broken else json.dumps(told).encode()
            self.send_response(500 if mailgun.is_broken else status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
