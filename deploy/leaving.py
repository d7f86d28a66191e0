"""
What /readyz says while a server leaves, so that a proxy turns to another one.

Leaves to others: when that is (`patient_worker`, `granian_server`).
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_BODY = b'{"status": "leaving"}'
_HEADERS = (("Content-Type", "application/json"), ("Content-Length", str(len(_BODY))), ("Cache-Control", "no-store"))


def ready_until(application: Application, is_leaving: Callable[[], bool]) -> Application:
    """Return *application* with a /readyz that says 503 once *is_leaving* (PEP 3333)."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/readyz" or not is_leaving():
            return application(environ, start_response)
        start_response("503 Service Unavailable", [*_HEADERS, ("Retry-After", "1")])
        return [_BODY]

    return serve
