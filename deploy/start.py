"""
What happens before either server starts: memory, open files, settings, and a folder for the counters.

Leaves to others: the servers' own settings (`gunicorn.conf.py`, `granian_server.py`).
"""

import atexit
import gc
import json
import os
import resource
import shutil
import socket
import sys
import tempfile
from functools import cache
from pathlib import Path

from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.settings import Settings, from_process

#: glibc keeps what it frees, once a thread: 50 hashes of 19 MiB left 500 MB behind. Anything from 1 MiB up now goes
#: straight back to the system, in huge pages where they are offered (without: 26 ms a hash instead of 19).
MALLOC = "glibc.malloc.mmap_threshold=1048576:glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1"

#: More open files than this are of no use to one process here.
MOST_FILES = 16_384

WRONG_SETTINGS = 2

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only folders with random names and mode 0700 are made there


def settle_memory() -> None:
    """
    Load less, and start this very process again with `MALLOC`, which glibc reads only once.

    If somebody has chosen for glibc already, that stands.
    """
    # structlog would load it to colour a console, and 5 MB with it; a server writes JSON lines.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    is_glibc = "CS_GNU_LIBC_VERSION" in os.confstr_names and os.confstr("CS_GNU_LIBC_VERSION")
    if is_glibc and "GLIBC_TUNABLES" not in os.environ:
        os.environ["GLIBC_TUNABLES"] = MALLOC
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the same command, no shell
    # What is loaded stays; looking it through for garbage meanwhile is a tenth of the time until the first answer.
    gc.disable()


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
def share_counters() -> Path:
    """
    Make the folder through which the workers add up their counters; prometheus_client must not be imported yet.

    Returns:
        The folder: new, empty, for this user's eyes only. It goes when the process that asked for it ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="identity-counters-", dir=in_memory()))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    return folder


@cache
def has_metrics_address(host: str, port: int) -> bool:
    """
    Say whether /metrics gets the address that the settings give it; asked once, so that a reload answers alike.

    Somebody else may have it, often a second installation on the same machine. People can sign in all the same.
    """
    if not port:
        return False
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            why = f"{address(host, port)} cannot be had ({taken.strerror}), so there are no metrics. Set METRICS_PORT."
            sys.stderr.write(json.dumps({"event": "metrics.off", "message": why, "level": "warning"}) + "\n")
            return False
    return True


def in_memory() -> Path | None:
    """Return a folder that is kept in memory; None, which means the usual one, where there is none."""
    return _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None


def address(host: str, port: int) -> str:
    """Write an address as servers read it, with IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
