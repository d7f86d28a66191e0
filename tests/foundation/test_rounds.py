"""Rounds: every task in its turn, soon after it was wanted, and none brings down another."""

import subprocess
import sys
import threading
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue

import pytest

from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.rounds import Rounds, is_over
from tests.house.tree import ROOT

SOON = 10  # seconds, for what happens at once on any machine that is not stuck
NEVER = timedelta(days=1)


class Work:
    """A task that counts its calls, and can be made to fail, to wait or to ask for another call."""

    def __init__(self, *endings):
        self.done, self._endings = SimpleQueue(), list(endings)

    def __call__(self):
        ending = self._endings.pop(0) if self._endings else None
        try:
            if isinstance(ending, Exception):
                raise ending
            return ending() if callable(ending) else ending
        finally:
            self.done.put(threading.current_thread())

    def wait(self):
        """Wait for the end of one call; returns the thread it was in."""
        return self.done.get(timeout=SOON)

    def rests(self):
        """Tell whether nobody calls for a while."""
        try:
            self.done.get(timeout=0.2)
        except Empty:
            return True
        return False


def hold(entered, go_on):
    entered.set()
    assert go_on.wait(SOON)


@pytest.fixture
def begin():
    """Begin rounds with these tasks; they end with the test."""
    begun = []

    def with_these(*tasks, interval=NEVER):
        begun.append(Rounds(tasks, interval))
        begun[-1].begin()
        return begun[-1]

    yield with_these
    for rounds in begun:
        rounds.end(SOON)


def test_every_task_has_its_turn_when_the_rounds_begin(begin):
    one, other = Work(), Work()
    begin(one, other)

    assert one.wait() is other.wait() is not threading.current_thread()


def test_who_wakes_them_gets_a_round_at_once_and_only_one(begin):
    work = Work()
    rounds = begin(work)
    work.wait()
    assert work.rests()

    rounds.wake()
    work.wait()
    assert work.rests()


def test_who_wakes_them_during_a_round_gets_another(begin):
    entered, go_on = threading.Event(), threading.Event()
    work = Work(partial(hold, entered, go_on))
    rounds = begin(work)
    assert entered.wait(SOON)

    rounds.wake()
    go_on.set()

    work.wait()
    work.wait()


def test_a_round_follows_when_the_interval_has_passed(begin):
    work = Work()
    begin(work, interval=timedelta(milliseconds=10))

    for _ in range(3):
        work.wait()


@pytest.mark.parametrize("wish", [timedelta(milliseconds=1), timedelta(0), timedelta(seconds=-5)])
def test_a_task_that_wants_to_be_called_sooner_is(begin, wish):
    work = Work(None, wish)
    rounds = begin(Work(timedelta(days=2)), work, Work())
    work.wait()
    assert work.rests()

    rounds.wake()
    work.wait()
    work.wait()
    assert work.rests()


def test_a_task_that_is_always_late_does_not_keep_a_core_busy(begin):
    work = Work(*[timedelta(0)] * 1000)
    begin(work)
    work.wait()
    threading.Event().wait(0.2)

    assert work.done.qsize() <= 3


def test_a_failure_is_told_and_the_others_go_on(begin, logged):
    broken, sound = Work(ValueError("no good"), KeyError("x")), Work()
    rounds = begin(broken, broken.__call__, partial(broken), sound)
    sound.wait()

    first, second = logged()
    assert (first["event"], first["level"]) == ("round.failed", "error")
    assert "ValueError: no good" in first["exception"]
    assert "Work object" in first["task"]
    assert second["task"] == "Work.__call__"
    rounds.wake()
    sound.wait()
    assert len(logged()) == 2


def test_a_database_that_is_away_is_told_once_until_it_is_back(begin, logged):
    away = partial(DatabaseUnavailable, detail="gone")
    needy, other, last = Work(away(), away(), None, away()), Work(away()), Work()
    rounds = begin(needy, other, last)
    last.wait()
    for told in (1, 1, 1, 2):
        assert [(line["event"], line["level"]) for line in logged()] == [("round.postponed", "info")] * told
        rounds.wake()
        last.wait()


def test_to_begin_twice_is_to_begin_once(begin):
    work = Work()
    rounds = begin(work)
    rounds.begin()

    first = work.wait()
    assert work.rests()
    rounds.wake()
    assert work.wait() is first


def test_they_end_after_the_present_task_and_begin_anew(begin):
    entered, go_on = threading.Event(), threading.Event()
    slow, next_one = Work(partial(hold, entered, go_on)), Work()
    rounds = begin(slow, next_one)
    assert entered.wait(SOON)

    rounds.end(0)
    go_on.set()
    slow.wait().join(SOON)
    assert next_one.rests()

    rounds.begin()
    thread = next_one.wait()
    assert slow.wait() is thread
    rounds.end(SOON)
    assert not thread.is_alive()


def test_an_end_is_never_slept_through():
    for _ in range(200):
        rounds = Rounds([], NEVER)
        rounds.begin()
        rounds.end(SOON)

    assert "rounds" not in [thread.name for thread in threading.enumerate()]


def test_without_a_beginning_nothing_happens():
    work = Work()
    rounds = Rounds([work])

    rounds.wake()
    rounds.end(0)

    assert work.rests()


FORKING = """
import os, sys
from datetime import timedelta
from queue import SimpleQueue
from identity_service.foundation.rounds import Rounds, is_over

def worked():
    done.put(os.getpid())

done = SimpleQueue()
rounds = Rounds([worked], timedelta(days=1))
rounds.begin()
assert done.get(timeout=10) == os.getpid()
child = os.fork()
if child == 0:
    rounds.wake()  # the thread is the parent's
    rounds.end(0)
    assert done.empty()
    rounds.begin()
    assert done.get(timeout=10) == os.getpid()
    rounds.wake()
    assert done.get(timeout=10) == os.getpid()
    rounds.end(10)
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
rounds.wake()
assert done.get(timeout=10) == os.getpid()
"""


def test_a_forked_process_begins_its_own():
    # Not in this process: a fork copies whatever the other tests have left running.
    subprocess.run([sys.executable, "-c", FORKING], cwd=ROOT, check=True, timeout=60)


LEAVING = """
import threading, time
from identity_service.foundation.rounds import Rounds, is_over

begun = threading.Event()

def much():
    begun.set()
    while not is_over():
        time.sleep(0.01)
    print("finished", flush=True)

Rounds([much], farewell=30).begin()
begun.wait()
"""


def test_a_process_that_ends_waits_for_the_present_task_which_hears_of_it():
    ended = subprocess.run(
        [sys.executable, "-c", LEAVING], cwd=ROOT, check=True, timeout=60, capture_output=True, text=True
    )

    assert ended.stdout == "finished\n"
    assert not is_over()
