"""
A short queue in front of the password hash, so that signing in never starves the rest of the process.

Hashing runs in threads of its own, a fixed number at a time, first come, first served.
They are few and a little less willing than request threads, one of which serves what is quick and so competes with all
of them. Only a little: a flood of requests that are turned away must not keep people from signing in.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from identity_service.foundation.errors import TooBusy

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_SECONDS_EACH = 0.05
# The scheduler gives a thread that is this much nicer half of the processor time of another (sched(7)).
_NICER = 3


class HashingQueue:
    """Runs a bounded number of hashes at a time; the rest waits in order, up to a bound."""

    def __init__(self, concurrency: int, waiting: int) -> None:
        """Let *concurrency* hashes run at a time and *waiting* more stand in line."""
        self._concurrency = concurrency
        self._bound = concurrency + waiting
        self._retry_after = max(1, round(waiting * _SECONDS_EACH / concurrency))
        self._inside = 0
        self._door = threading.Lock()
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="hash", initializer=_give_way)

    def run(self, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """
        Return what *work* returns, when its turn has come.

        Raises:
            TooBusy: as many as allowed are waiting already; says after how many seconds to come back.
        """
        with self._door:
            if self._inside >= self._bound:
                raise TooBusy(retry_after=self._retry_after)
            self._inside += 1
        return self._threads.submit(self._do, partial(work, *args, **kwargs)).result()

    @property
    def is_waited_for(self) -> bool:
        """Say whether somebody waits for those that are at work now."""
        return self._inside > self._concurrency

    def close(self) -> None:
        """Finish what is under way and end the threads; nothing runs here any more."""
        self._threads.shutdown()

    def _do(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        finally:
            # Here and not where the result is awaited: the next begins before that has its turn.
            with self._door:
                self._inside -= 1


def _give_way() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICER)
