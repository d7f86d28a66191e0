"""
The only reader of the system clock.

Instants are aware UTC datetimes above the database and whole microseconds since 1970 inside it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What everything that asks for the time is given."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        return datetime.now(UTC)


def stopwatch() -> Callable[[], float]:
    """Return what tells how many seconds have gone by since now, whatever happens to the clock of the machine."""
    started = time.monotonic()
    return lambda: time.monotonic() - started


def breather(
    computed: Callable[[], float] = time.thread_time, sleep: Callable[[float], None] = time.sleep
) -> Callable[[], None]:
    """Return what rests for as long as its thread has computed since the last rest: whoever is served goes first."""
    before = computed()

    def rest() -> None:
        nonlocal before
        sleep(computed() - before)
        before = computed()

    return rest


def to_microseconds(instant: datetime) -> int:
    """
    Return *instant* as whole microseconds since 1970.

    Raises:
        TypeError for a naive datetime: it would mean another instant on another machine.
    """
    if instant.tzinfo is None:
        raise TypeError("an instant must be aware of its time zone")
    return (instant - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return the aware UTC datetime that lies *value* microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=value)


def to_seconds(instant: datetime) -> int:
    """Return *instant* as the whole seconds of a NumericDate (RFC 7519 §2)."""
    return to_microseconds(instant) // 1_000_000
