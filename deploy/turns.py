"""
Which doors keep the leader of a patient worker waiting, learned from the turns that it has served.

To wait for the interpreter does not count: one more thread would only make everybody's wait longer, and the longer
waits would call for still more threads.
"""

import time
from typing import NamedTuple

from deploy.connection import Connection

#: Seconds of waiting that make a turn a slow one, and how many in a row make its door a slow one.
SLOW, SLOW_IN_A_ROW = 0.0005, 5


class Turn(NamedTuple):
    """What the leader serves, since when, and how many seconds its thread had computed before."""

    connection: Connection
    door: bytes
    began: float
    worked: float

    def waited(self, now: float) -> bool:
        """Say whether the present thread, which has served this turn, spent more than SLOW of it without computing."""
        return now - self.began > SLOW and now - self.began - (time.thread_time() - self.worked) > SLOW


class SlowDoors:
    """The doors at which it is better not to wait; forgotten every second, because a database may be quick again."""

    def __init__(self) -> None:
        """Know of none."""
        self._in_a_row: dict[bytes, int] = {}

    def __contains__(self, door: bytes) -> bool:
        return self._in_a_row.get(door, 0) >= SLOW_IN_A_ROW

    def note(self, door: bytes, *, waited: bool) -> None:
        """Learn from one turn."""
        if waited:
            self._in_a_row[door] = self._in_a_row.get(door, 0) + 1
        else:
            self._in_a_row.pop(door, None)

    def forget(self) -> None:
        """Begin anew."""
        self._in_a_row.clear()
