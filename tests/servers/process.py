"""
What every server of the tests shares: a port of its own, and a certain end.

Leaves to others: what is started, and how one sees that it is ready.
"""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Below Linux's ephemeral range: a port found free here is not taken meanwhile by somebody's outgoing connection.
_LOWEST, _HIGHEST = 15_000, 32_000
_handed_out: set[int] = set()


def free_port() -> int:
    """Find a loopback port that nobody listens on and that no earlier call has given away."""
    while True:
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        if port not in _handed_out and _is_free(port):
            _handed_out.add(port)
            return port


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Callable[[], str], *, seconds: float
) -> None:
    """
    Wait until *ready* says so.

    Raises:
        RuntimeError: the process ended first, or *seconds* went by; its log is in the message.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode}:\n{log()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} was not ready after {seconds} s:\n{log()}")
        time.sleep(0.02)


def end(process: subprocess.Popen[bytes], how: signal.Signals, *, seconds: float) -> None:
    """Ask *process*, the leader of its own session, to stop; after *seconds*, end whatever is left of its group."""
    if process.poll() is None:
        process.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
