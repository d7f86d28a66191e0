"""
What happens before either server starts: open files, settings and addresses.

Leaves to others: memory, which comes first of all (`memory.py`), where counters are kept (`counters.py`), the servers'
own settings (`gunicorn.conf.py`, `granian_server.py`).
"""

import json
import os
import resource
import socket
import sys
from functools import cache

from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.settings import Settings, from_process

#: More open files than this are of no use to one process here.
MOST_FILES = 16_384

WRONG_SETTINGS = 2
NO_ADDRESS = 1  # it may be free a moment later, so a supervisor tries again

#: By these gunicorn knows that it takes over sockets, from the one that it upgrades (USR2) or from systemd.
_HANDED_OVER = frozenset({"GUNICORN_FD", "LISTEN_FDS"})


def settle_files() -> int:
    """Raise the limit of open files as far as is allowed and useful, and return it."""
    _, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = MOST_FILES if highest == resource.RLIM_INFINITY else min(highest, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, highest))
    return limit


def read_settings() -> Settings:
    """Return the settings, or end with status 2 and every mistake by name."""
    try:
        return from_process()
    except Misconfigured as refused:
        sys.stderr.write("The settings are not right:\n" + "".join(f"  - {problem}\n" for problem in refused.problems))
        sys.exit(WRONG_SETTINGS)


@cache
def has_metrics_address(host: str, port: int) -> bool:
    """
    Say whether /metrics gets the address that the settings give it; asked once, so that a reload answers alike.

    Somebody else may have it, often a second installation on the same machine. People can sign in all the same.
    """
    if not port:
        return False
    try:
        _bindable(host, port)
    except OSError as taken:
        why = f"{address(host, port)} cannot be had ({taken.strerror}), so there are no metrics. Set METRICS_PORT."
        sys.stderr.write(json.dumps({"event": "metrics.off", "message": why, "level": "warning"}) + "\n")
        return False
    return True


def settle_address(host: str, port: int) -> str:
    """
    Return *host* as a number, or end with status 1 if nobody can listen there.

    granian knows no names, panics at an address that it cannot have, and shares a port with a second installation.
    """
    try:
        return _bindable(host, port)
    except OSError as taken:
        _say_that_it_is_taken(host, port, taken)
        sys.exit(NO_ADDRESS)


@cache
def look_at_address(host: str, port: int) -> None:
    """
    Say what to do if nobody can listen there: gunicorn tries for five seconds and says no more than that.

    Not if the server has its sockets from another one, and not again at a reload.
    """
    if _HANDED_OVER.isdisjoint(os.environ):
        try:
            _bindable(host, port)
        except OSError as taken:
            _say_that_it_is_taken(host, port, taken)


def _say_that_it_is_taken(host: str, port: int, taken: OSError) -> None:
    why = f"{address(host, port)} cannot be had ({taken.strerror}). Set HOST and PORT."
    sys.stderr.write(json.dumps({"event": "server", "message": why, "level": "error"}) + "\n")


def _bindable(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return str(probe.getsockname()[0])


def address(host: str, port: int) -> str:
    """Write an address as servers read it, with IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
