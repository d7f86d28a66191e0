"""
A small WSGI application for tests of the server in front of it.

Each door does one thing that a server can get wrong.
"""

import gc
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Environ = dict[str, Any]


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request (PEP 3333)."""
    body = DOORS.get(environ["PATH_INFO"], _healthz)(environ)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _healthz(_: Environ) -> bytes:
    return b"alive"


def _readyz(environ: Environ) -> bytes:
    return b"leaving" if environ["identity.is_leaving"] else b"ready"


def _echo(environ: Environ) -> bytes:
    return environ["wsgi.input"].read() or b"nothing"


def _ignore(_: Environ) -> bytes:
    return b"ignored"


def _held(environ: Environ) -> bytes:
    """Answer once the file named by the query exists, having made one beside it to say that the request is here."""
    gate = Path(environ["QUERY_STRING"])
    gate.with_suffix(".here").touch()
    while not gate.exists():
        time.sleep(0.005)
    return b"released"


def _surroundings(environ: Environ) -> bytes:
    names = ("SERVER_PORT", "SERVER_NAME", "SCRIPT_NAME", "PATH_INFO", "REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST")
    return json.dumps({name: environ.get(name) for name in names}).encode()


def _headers(environ: Environ) -> bytes:
    return json.dumps({name: value for name, value in environ.items() if name.startswith("HTTP_")}).encode()


def _counters(_: Environ) -> bytes:
    return os.environ["PROMETHEUS_MULTIPROC_DIR"].encode()


def _page(environ: Environ) -> bytes:
    return b"x" * int(environ["QUERY_STRING"])


def _garbage(_: Environ) -> bytes:
    return b"collected" if gc.isenabled() else b"left"


DOORS: dict[str, Callable[[Environ], bytes]] = {
    "/readyz": _readyz,
    "/echo": _echo,
    "/ignore": _ignore,
    "/held": _held,
    "/surroundings": _surroundings,
    "/headers": _headers,
    "/counters": _counters,
    "/page": _page,
    "/garbage": _garbage,
}
