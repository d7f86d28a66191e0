"""
One JSON object a line on standard output: when, what, who, how it ended, in which request.

A line is an event name and facts. It never holds a token, a code, a password or a whole address;
names that could are blotted out here once more, should a caller forget.
Nobody is turned away because a line cannot be written.
"""

import json
import os
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, NamedTuple, TextIO, cast

import structlog

from identity_service.foundation.clock import SystemClock

_SECRET_NAMES = frozenset(
    {"password", "confirm_password", "token", "secret", "client_secret", "cookie", "authorization", "refresh_token"}
)
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
# One encoder for the life of the process: json.dumps makes a new one whenever it is given options.
_as_line = json.JSONEncoder(separators=(",", ":"), default=str).encode


class _Request(NamedTuple):
    request_id: str
    address: str


class _Output:
    """How quick lines are written; None until somebody has said where, or when such lines are not wanted."""

    write: Callable[[str], object] | None = None


_present: ContextVar[_Request | None] = ContextVar("request", default=None)


def configure(level: str, stream: TextIO | None = None) -> None:
    """Write lines of *level* (`debug` … `critical`) and above to *stream*, by default standard output."""
    lines = _Lines(stream or sys.stdout)
    _Output.write = lines.write if _LEVELS[level] <= _LEVELS["info"] else None
    structlog.configure(
        processors=[
            _name_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            _blot_out,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", lines)),
        cache_logger_on_first_use=False,
    )


def speak_aside() -> None:
    """Write lines for people on standard error, beside what a command answers on standard output."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def unconfigure() -> None:
    """Go back to what was before anybody configured anything: lines for people, on standard output."""
    _Output.write = None
    structlog.reset_defaults()


def logger() -> Any:
    """Return the logger: `logger().info("refresh.reused", user_id=…)`."""
    return structlog.get_logger()


def answered(method: str, route: str, status: str, seconds: float) -> None:
    """
    Write the line of one answered request.

    It reads like `logger().info("request.answered", …)`, at a fifth of the cost: every request has one.

    Args:
        method: of the request.
        route: the door's pattern, never what a visitor typed.
        status: three digits.
        seconds: how long the answer took.
    """
    request, write, ms = _present.get(), _Output.write, round(seconds * 1000, 2)
    if request is None or write is None:
        logger().info("request.answered", method=method, route=route, status=int(status), ms=ms)
        return
    now = SystemClock().now().isoformat().replace("+00:00", "Z")
    # The id and the address were checked at the entrance, so they need no escaping.
    write(
        f'{_answered(method, route, status)}{ms},"request_id":"{request.request_id}","address":"{request.address}",'
        f'"level":"info","time":"{now}"}}\n'
    )


def begin_request(request_id: str, address: str) -> None:
    """Give every line from here on, in this thread, the request's id and the caller's address."""
    _present.set(_Request(request_id, address))


def end_request() -> None:
    """Forget the request."""
    _present.set(None)


@lru_cache(maxsize=1024)
def _answered(method: str, route: str, status: str) -> str:
    """Return how the lines of all requests begin that went the same way."""
    return f'{{"event":"request.answered","method":{_as_line(method)},"route":{_as_line(route)},"status":{status},"ms":'


class _Lines:
    """Where lines go. One that cannot be written, on a full disk for instance, is lost, and nothing else with it."""

    def __init__(self, stream: TextIO) -> None:
        try:
            descriptor = stream.fileno()
        except OSError:
            self._put: Callable[[str], object] = stream.write
        else:
            # One system call a line: several processes write to one pipe, and none breaks into another's line.
            self._put = lambda line: os.write(descriptor, line.encode())

    def write(self, line: str) -> None:
        with suppress(OSError):
            self._put(line)

    def flush(self) -> None:
        """Do nothing: no line waits."""


def _name_request(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request = _present.get()
    if request is not None:
        facts.setdefault("request_id", request.request_id)
        facts.setdefault("address", request.address)
    return facts


def _blot_out(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in _SECRET_NAMES & facts.keys():
        facts[name] = "***"
    return facts


def _render(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> str:
    return _as_line(facts)
