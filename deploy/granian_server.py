"""
The other server: granian, which speaks HTTP in native code; `python deploy/granian_server.py`.

It answers the doors that do little two to three times as fast as gunicorn. What it does not do: a body that never ends
keeps a thread (measured: 200 half-open bodies and `/healthz` no longer answers; 800 half-open heads and silent
connections are held without harm). Put it behind a proxy that reads a request to its end before passing it on, as nginx
does unless told otherwise; gunicorn with our worker needs none.

It takes a header with underscores in its name for the one with hyphens, so that a visitor's X_Forwarded_For stands in
the place of what a proxy says in X-Forwarded-For. With TRUST_PROXY, the proxy must drop such headers, as nginx does
unless told otherwise; gunicorn drops them itself.

/metrics has its own address in the parent process, where the counters of all workers are added up.
"""

import atexit
import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

# In the place of this folder, which Python puts there for a script.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from deploy import counters, json_log, leaving, memory, metrics_server, start  # noqa: E402
from identity_service.foundation.opaque import SystemChance  # noqa: E402

APPLICATION = "identity_service.wsgi:application"

#: As many connections as a worker takes in, half-open ones included.
CONNECTIONS = 4096

#: Milliseconds for a head to arrive, which is also how long an idle connection is kept: as in gunicorn.conf.py.
HEAD_TIME = 130_000

#: Bytes for a head to have.
HEAD_SIZE = 65_536

#: The order to the kernel to send a signal when the parent ends (prctl(2)).
PARENT_DEATH_SIGNAL = 1

#: Seconds that a stop waits for requests under way.
GRACE = 25

LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "deploy.json_log.JSONLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "propagate": False}},
}


def load(target: str, is_leaving: Any, parent: int) -> leaving.Application:
    """
    Return the application that *target* names, with a Server header that does not say which server it is.

    Its /readyz says 503 once *is_leaving*, a number that all workers share, is not 0 any more. A worker is killed with
    its *parent*; otherwise it would serve on, at the address that the next start wants.
    """
    if os.getpid() != parent:
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)  # SIGTERM is lost on a worker that begins
        if os.getppid() != parent:  # it was killed a moment ago
            os.kill(os.getpid(), signal.SIGKILL)
        # Ctrl-C reaches everybody at the terminal, and a worker that hears it beside its parent's SIGTERM hangs.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # What waits for a process to end does so for a worker, too; multiprocessing forgets it for its own.
        Finalize(None, atexit._run_exitfuncs, exitpriority=0)  # noqa: SLF001 - nobody else can say so
    module, _, name = target.partition(":")
    application = leaving.told_when(getattr(import_module(module), name), lambda: bool(is_leaving.value))

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, [("Server", "identity"), *headers], exc_info)

        return application(environ, begin)

    return serve


def serve_metrics(host: str, port: int) -> None:
    """Answer on the metrics address, in a thread of this process, with the sum over all workers."""
    from identity_service.web.metrics_address import metrics_alone  # noqa: PLC0415 - not before counters.share

    metrics_server.serve(host, port, metrics_alone(SystemChance()))


def stop_slowly(stop: Callable[..., None], is_leaving: Any, drain: float) -> None:
    """Say at /readyz that we leave when SIGTERM comes, and *stop* after *drain* seconds, or at a second SIGTERM."""
    parent = os.getpid()

    def leave(sig: int, frame: object) -> None:
        # A worker that was just forked has this handler until it has its own, and does not speak for the others.
        if is_leaving.value or os.getpid() != parent:
            stop(sig, frame)
        else:
            is_leaving.value = 1
            signal.setitimer(signal.ITIMER_REAL, drain)

    # No thread waits: a signal may come while a lock is held that starting one needs.
    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, leave)


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
    memory.settle()
    start.settle_files()
    server = start.read_settings().server
    number = start.settle_address(server.host, server.port)
    counters.share()
    json_log.lend_to_libraries()

    from granian import Granian  # noqa: PLC0415 - an extra, and only needed here
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415

    # Loaded before the fork, so that the workers share it.
    multiprocessing.set_start_method("fork")
    is_leaving = multiprocessing.RawValue("b")  # without a lock, which a killed worker would keep
    loaded = partial(load, is_leaving=is_leaving, parent=os.getpid())
    gc.disable()  # as gunicorn.conf.py does
    loaded(target)
    gc.enable()
    if start.has_metrics_address(server.metrics_host, server.metrics_port):
        serve_metrics(server.metrics_host, server.metrics_port)
    granian = Granian(
        target,
        address=number,
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
    if drain := server.drain.total_seconds():
        granian.on_startup(partial(stop_slowly, granian.signal_handler_interrupt, is_leaving, drain))
    granian.serve(target_loader=loaded)


if __name__ == "__main__":
    logging.captureWarnings(capture=True)
    main(*sys.argv[1:])
