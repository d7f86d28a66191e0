"""
The address where nothing but /metrics is, and which is never the public one.

Leaves to others: what is counted (metrics), who listens there (gunicorn at a second socket, or deploy.metrics_server).
"""

from collections.abc import Iterable

from identity_service.foundation.opaque import Chance
from identity_service.web import metrics
from identity_service.web.entrance import Application, Environ, StartResponse

_READING = ("GET", "HEAD")


def beside_metrics(application: Application, port: int, chance: Chance) -> Application:
    """Return a WSGI application that answers /metrics on *port* and leaves every other port to *application*."""
    alone = metrics_alone(chance)

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        is_there = port and environ.get("SERVER_PORT") == str(port)
        return alone(environ, start_response) if is_there else application(environ, start_response)

    return serve


def metrics_alone(chance: Chance) -> Application:
    """Return a WSGI application that lets whoever asks read /metrics, and has nothing else."""

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        status, body, more = "200 OK", b"", []
        if environ.get("PATH_INFO") != "/metrics":
            status = "404 Not Found"
        elif environ["REQUEST_METHOD"] not in _READING:
            status, more = "405 Method Not Allowed", [("Allow", ", ".join(_READING))]
        else:
            body = metrics.exposition()
        told = [("Content-Type", metrics.CONTENT_TYPE), ("Content-Length", str(len(body)))]
        start_response(status, [*told, *more, ("X-Request-ID", chance.token_bytes(8).hex())])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return serve
