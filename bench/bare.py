"""
The least that a request can cost: a route that only answers, with Flask and without.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue

_BODY = b'{"active": true, "sub": "0123456789abcdef01234567", "username": "ada", "email": "ada@example.org"}'

flask_route = Flask(__name__)


@flask_route.route("/healthz")
@flask_route.route("/bare")
def bare() -> ResponseReturnValue:
    """Answer as much as an introspection does."""
    return {"active": True, "sub": "0123456789abcdef01234567", "username": "ada", "email": "ada@example.org"}


def wsgi_route(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer the same without a framework (PEP 3333)."""
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))])
    return [_BODY]
