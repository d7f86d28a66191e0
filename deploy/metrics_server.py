"""
A small server for the metrics address, where the other one has no second: a thread of the process that starts it.

Leaves to others: what is answered there (identity_service.web.metrics_address).
"""

import socket
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

_NAME = "identity"

# The Server header, which there is no setting for; that of faults is version_string's.
ServerHandler.server_software = _NAME


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    """Tells nobody which server it is, and writes no access log."""

    def version_string(self) -> str:
        return _NAME

    def log_message(self, *_: object) -> None:
        pass


def serve(host: str, port: int, application: Any) -> None:
    """Answer at *host* and *port* with what *application* says, until the process ends."""
    server = (_Server6 if ":" in host else _Server)((host, port), _Handler)
    server.set_app(application)
    Thread(target=server.serve_forever, daemon=True).start()
