"""
The other server: granian, which speaks HTTP in native code; `python deploy/granian_server.py`.

It answers the doors that do little two to three times as fast as gunicorn. What it does not do: a body that never ends
keeps a thread (measured: 200 half-open bodies and `/healthz` no longer answers; 800 half-open heads and silent
connections are held without harm). Put it behind a proxy that reads a request to its end before passing it on, as nginx
does unless told otherwise; gunicorn with our worker needs none.

/metrics has its own address in the parent process, where the counters of all workers are added up.
"""

import logging
import multiprocessing
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

# In the place of this folder, which Python puts there for a script.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from deploy import start  # noqa: E402

APPLICATION = "identity_service.wsgi:application"

#: As many connections as a worker takes in, half-open ones included.
CONNECTIONS = 4096

#: Milliseconds for a head to arrive, bytes for it to have.
HEAD_TIME, HEAD_SIZE = 10_000, 65_536

#: Seconds that a stop waits for requests under way.
GRACE = 25

LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "deploy.json_log.JSONLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "propagate": False}},
}

Serve = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def load(target: str) -> Serve:
    """Return the application that *target* names, with a Server header that does not say which server it is."""
    module, _, name = target.partition(":")
    application: Serve = getattr(import_module(module), name)

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, [("Server", "identity"), *headers], exc_info)

        return application(environ, begin)

    return serve


def serve_metrics(host: str, port: int) -> None:
    """Answer on the metrics address, in a thread of this process, with the sum over all workers."""
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415 - not before share_counters
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    start_http_server(port, addr=host, registry=registry)


class Forgetful(dict[int, float]):
    """
    When each worker was replaced: never.

    granian takes two deaths within 5.5 seconds for a crash loop and ends with everybody inside. Here the application
    was loaded before the fork, so a worker that dies was killed, and another one will do.
    """

    def __setitem__(self, worker: int, moment: float) -> None:
        """Remember nothing."""


def main(target: str = APPLICATION) -> None:
    """Serve until told to stop."""
    start.settle_memory()
    start.settle_files()
    server = start.read_settings().server
    start.share_counters()

    from granian import Granian  # noqa: PLC0415 - an extra, and only needed here
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415

    # Loaded before the fork, so that the workers share it.
    multiprocessing.set_start_method("fork")
    load(target)
    if start.has_metrics_address(server.metrics_host, server.metrics_port):
        serve_metrics(server.metrics_host, server.metrics_port)
    granian = Granian(
        target,
        address=server.host,
        port=server.port,
        interface=Interfaces.WSGI,
        workers=server.workers,
        blocking_threads=server.threads,
        backpressure=CONNECTIONS,
        backlog=CONNECTIONS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_TIME, max_buffer_size=HEAD_SIZE),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=server.log_level,
        log_dictconfig=LOG,
    )
    granian.respawned_wrks = Forgetful()
    granian.serve(target_loader=load)


if __name__ == "__main__":
    logging.captureWarnings(capture=True)
    main(*sys.argv[1:])
