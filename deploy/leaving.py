"""
What /readyz says while a server leaves, so that a proxy turns to another one.

Leaves to others: when that is (`patient_worker`, `granian_server`).
"""

from collections.abc import Callable

_BODY = b'{"status": "leaving"}'
_HEADERS = (("Content-Type", "application/json"), ("Content-Length", str(len(_BODY))), ("Cache-Control", "no-store"))


def answer(start_response: Callable[..., object]) -> list[bytes]:
    """Answer one request (PEP 3333)."""
    start_response("503 Service Unavailable", [*_HEADERS, ("Retry-After", "1")])
    return [_BODY]
