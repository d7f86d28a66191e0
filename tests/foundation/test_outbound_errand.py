"""Several requests share the time of one."""

import pytest

from identity_service.foundation.outbound import Incoming, Outgoing, Reason, Unreachable
from identity_service.foundation.outbound_errand import Errand, set_out


class Door:
    """Answers everything, and remembers how long it might have taken."""

    total_seconds = 10

    def __init__(self):
        self.given = []

    def fetch(self, request, seconds):
        self.given.append((request.url, seconds))
        return Incoming(200, {}, b"")


def test_each_request_gets_what_the_earlier_ones_have_left():
    door, times = Door(), iter([0, 4, 9.5])
    errand = Errand(door, lambda: next(times))
    for name in "abc":
        errand.fetch(Outgoing("GET", name))

    assert door.given == [("a", 10), ("b", 6), ("c", 0.5)]


@pytest.mark.parametrize("late", [10, 11])
def test_when_the_time_is_over_nobody_is_asked(late):
    door = Door()
    with pytest.raises(Unreachable) as refused:
        Errand(door, lambda: late).fetch(Outgoing("GET", "a"))

    assert (refused.value.reason, door.given) == (Reason.TIME, [])


def test_an_errand_begins_when_it_is_set_out():
    assert 0 <= set_out(Door()).elapsed() < 10
