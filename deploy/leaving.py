"""
How an application learns that its server leaves, so that its /readyz can say so and a proxy turns to another one.

Leaves to others: when that is (`patient_worker`, `granian_server`), what /readyz says then (the application).
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def told_when(application: Application, is_leaving: Callable[[], bool]) -> Application:
    """Return *application*, which finds in each request whether the server *is_leaving* (PEP 3333)."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["identity.is_leaving"] = is_leaving()
        return application(environ, start_response)

    return serve
