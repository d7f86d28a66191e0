"""
Rounds: work that is done after the answer, by whichever worker has time.

One thread in each process goes from task to task: at once when somebody wakes it, else when the interval has passed.
A task takes its work from the database with a conditional write, so that several processes never do the same twice.
Leaves to others: what the tasks are (each capability), when they begin and end (app).
"""

import atexit
import os
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from identity_service.foundation import logs
from identity_service.foundation.errors import DatabaseUnavailable

Task: TypeAlias = Callable[[], timedelta | None]
"""Does what there is to do; says when it wants to be called again at the latest, if that is before the next round."""

EVERY = timedelta(seconds=5)
SOONEST = timedelta(milliseconds=100)
"""No task comes round again faster by its own wish, so that one which is always late does not keep a core busy."""

_present = threading.local()


def is_over() -> bool:
    """Say whether the rounds that call this task are to end: what has much to do leaves the rest to another process."""
    walk: _Walk | None = getattr(_present, "walk", None)
    return walk is not None and walk.is_over


class Rounds:
    """The tasks of this service and, once begun, the thread that sees to them."""

    def __init__(self, tasks: Sequence[Task], interval: timedelta = EVERY, *, farewell: float = 0) -> None:
        """
        Take *tasks*, in order; nothing runs yet.

        Args:
            tasks: What there is to do.
            interval: The longest time between two rounds.
            farewell: Seconds that a process which ends by itself waits for the present task.
        """
        self._tasks = tuple(tasks)
        self._interval = interval
        self._farewell = farewell
        self._walk: _Walk | None = None
        self._beginning = threading.Lock()

    def begin(self) -> None:
        """Start the thread of this process, if it has none; a fork leaves its parent's behind and needs its own."""
        with self._beginning:
            if self._here() is None:
                self._walk = _Walk(self._tasks, self._interval)
                self._walk.thread.start()
                if self._farewell:
                    atexit.register(self.end, self._farewell)

    def wake(self) -> None:
        """Let a round follow at once; from any thread, whether begun or not."""
        walk = self._here()
        if walk is not None:
            walk.alarm.set()

    def end(self, seconds: float) -> None:
        """Stop after the present task, and wait for that at most *seconds*; `begin` starts anew."""
        with self._beginning:
            walk, self._walk = self._here(), None
        atexit.unregister(self.end)
        if walk is not None:
            walk.is_over = True
            walk.alarm.set()
            walk.thread.join(seconds)

    def _here(self) -> "_Walk | None":
        # What a fork has copied is dead, and its locks may be held for ever: it must not be touched.
        walk = self._walk
        return walk if walk is not None and walk.pid == os.getpid() else None


class _Walk:
    """One process's thread and what it is told."""

    def __init__(self, tasks: Sequence[Task], interval: timedelta) -> None:
        self.pid = os.getpid()
        self.alarm = threading.Event()
        self.is_over = False
        self.thread = threading.Thread(target=self._go, name="rounds", daemon=True)
        self._tasks = tasks
        self._interval = interval
        self._is_waiting_for_database = False

    def _go(self) -> None:
        _present.walk = self
        while True:
            self.alarm.clear()  # before the round: who wakes us during it wants another one
            if self.is_over:
                return
            self.alarm.wait(self._round().total_seconds())

    def _round(self) -> timedelta:
        pause, is_database_away = self._interval, False
        for task in self._tasks:
            if self.is_over:
                break
            try:
                wanted = task()
                if wanted is not None:
                    pause = min(pause, max(wanted, SOONEST))
            except DatabaseUnavailable as fault:
                is_database_away = True
                self._tell_once(fault)
            except Exception as fault:  # noqa: BLE001 - nobody is above us, and the other tasks must not die with one
                logs.logger().error("round.failed", task=getattr(task, "__qualname__", repr(task)), exc_info=fault)
        self._is_waiting_for_database = is_database_away
        return pause

    def _tell_once(self, fault: DatabaseUnavailable) -> None:
        if not self._is_waiting_for_database:
            self._is_waiting_for_database = True
            logs.logger().info("round.postponed", code=fault.code, detail=fault.detail)
