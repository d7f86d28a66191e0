"""The queue in front of the password hash; every test is led by events, none by time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from identity_service.accounts.hashing import HashingQueue
from identity_service.foundation.errors import TooBusy


class Work:
    """A hash that lasts until it is let go, and says when it has begun."""

    def __init__(self):
        self.has_begun, self.may_end = Event(), Event()

    def __call__(self, result=None):
        self.has_begun.set()
        assert self.may_end.wait(10)
        return result


class Gauge:
    """Counts how many are inside at a time."""

    def __init__(self):
        self._lock, self._inside, self.most = Lock(), 0, 0

    def __call__(self, _=None):
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        with self._lock:
            self._inside -= 1


@pytest.fixture
def crowd():
    with ThreadPoolExecutor(16) as threads:
        yield threads


def stand_in_line(queue, crowd, *works):
    """Let each of *works* join the line behind the running one, one after the other."""
    line, futures = queue._threads._work_queue, []
    for work in works:
        length, joined = line.qsize(), crowd.submit(queue.run, work)
        futures.append(joined)
        while line.qsize() == length and not joined.done():
            pass
    return futures


def test_the_result_of_the_work_comes_back():
    assert HashingQueue(1, 0).run(pow, 2, 10) == 1024
    assert HashingQueue(1, 0).run(int, "ff", base=16) == 255


def test_who_comes_first_is_served_first(crowd):
    queue, first, order = HashingQueue(1, 8), Work(), []
    crowd.submit(queue.run, first)
    assert first.has_begun.wait(10)
    waiting = stand_in_line(queue, crowd, *(lambda n=number: order.append(n) for number in range(8)))
    first.may_end.set()
    for each in waiting:
        each.result(10)

    assert order == list(range(8))


def test_who_is_at_work_can_tell_whether_somebody_waits(crowd):
    queue, first, seen = HashingQueue(1, 2), Work(), []
    running = crowd.submit(queue.run, first)
    assert first.has_begun.wait(10)
    assert not queue.is_waited_for
    waiting = stand_in_line(queue, crowd, *[lambda: seen.append(queue.is_waited_for)] * 2)
    assert queue.is_waited_for
    first.may_end.set()
    for each in (running, *waiting):
        each.result(10)

    assert seen[-1] is False


def test_when_as_many_as_allowed_are_waiting_the_next_is_asked_to_come_back(crowd):
    queue, work = HashingQueue(1, 2), Work()
    running = crowd.submit(queue.run, work)
    assert work.has_begun.wait(10)
    waiting = stand_in_line(queue, crowd, lambda: 1, lambda: 2)

    with pytest.raises(TooBusy) as refusal:
        queue.run(lambda: 3)
    assert refusal.value.retry_after == 1
    work.may_end.set()
    assert [each.result(10) for each in (running, *waiting)] == [None, 1, 2]
    assert queue.run(lambda: 3) == 3


@pytest.mark.parametrize(("concurrency", "waiting", "seconds"), [(1, 0, 1), (1, 100, 5), (4, 400, 5), (2, 2400, 60)])
def test_the_longer_the_line_the_later_to_come_back(crowd, concurrency, waiting, seconds):
    queue = HashingQueue(concurrency, waiting)
    queue._inside = concurrency + waiting

    with pytest.raises(TooBusy) as refusal:
        queue.run(lambda: None)
    assert refusal.value.retry_after == seconds


def test_work_that_fails_frees_its_place():
    queue = HashingQueue(1, 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            queue.run(lambda: 1 / 0)

    assert queue.run(lambda: "still open") == "still open"


def test_no_more_than_the_allowed_number_run_at_a_time(crowd):
    queue, gauge = HashingQueue(2, 200), Gauge()
    list(crowd.map(lambda _: queue.run(gauge), range(200)))

    assert gauge.most in {1, 2}


def test_as_many_as_allowed_do_run_at_a_time(crowd):
    queue, works = HashingQueue(2, 0), (Work(), Work())
    running = [crowd.submit(queue.run, work) for work in works]
    for work in works:
        assert work.has_begun.wait(10)
    for work in works:
        work.may_end.set()

    assert [each.result(10) for each in running] == [None, None]
