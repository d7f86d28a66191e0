"""Deliveries: what is due is found without a look at the rest, and each has attempts of its own."""

from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from sqlalchemy import insert

from identity_service.accounts.tables import WaitingErrand
from identity_service.foundation.deliveries import Deliveries, Patience
from tests.conftest import ON_POSTGRES

MANY = 3000
_minute, _day = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def deliveries(services, clock, chance):
    return Deliveries(services.database, clock, chance, WaitingErrand, Patience(_minute, [_minute]))


@pytest.fixture
def put(services, clock):
    """Write so many rows whose time comes *later* than now, and that were given up or not."""
    numbers = count()

    def put(many, later, given_up_at=None):
        now = clock.now()
        told = {"attempts": 1, "created_at": now, "given_up_at": given_up_at}
        told |= {"kind": "", "email": "", "user_id": "", "asked_by": {}}
        rows = [{"id": f"{next(numbers):024x}", "next_attempt_at": now + later, **told} for _ in range(many)]
        with services.database.transaction():
            services.database.change(insert(WaitingErrand).values(rows))

    return put


@pytest.fixture
def steps(services, deliveries):
    """Ask for what is due; return how many hundreds of its steps SQLite needed."""

    def steps():
        taken = []
        with services.database.transaction():
            driver = services.database.present_driver()
            driver.set_progress_handler(partial(taken.append, 0), 100)
            deliveries.due()
            driver.set_progress_handler(None, 0)
        return len(taken)

    return steps


@pytest.mark.skipif(ON_POSTGRES, reason="SQLite alone tells its steps.")
def test_however_many_were_given_up_or_wait_or_are_due_one_that_is_due_is_found_at_once(put, clock, steps):
    put(MANY, -_day, clock.now())
    put(MANY, _minute)
    assert steps() < 10

    put(MANY, -_minute)
    assert steps() < 10


def test_what_is_due_comes_in_order_and_what_a_clock_ahead_has_put_off_comes_last(put, deliveries):
    put(1, 2 * _day)
    put(1, -_minute)
    put(1, _minute)
    put(1, -_day)

    assert [int(found, 16) for found in deliveries.due(9)] == [3, 1, 0]
    assert [int(found, 16) for found in deliveries.due(2)] == [3, 1]


class Late(Deliveries):
    """Whoever saw the first one due, a moment before the present."""

    def due(self, size=1):
        return [f"{0:024x}"]


@pytest.mark.parametrize(("later", "is_given_up", "taken"), [(-_day, True, 0), (_minute, False, 0), (-_day, False, 1)])
def test_what_was_due_a_moment_ago_is_taken_only_if_it_still_is(
    services, clock, chance, put, later, is_given_up, taken
):
    """Whoever looks, looks without a lock; so what decides is the write."""
    put(1, later, clock.now() if is_given_up else None)
    late = Late(services.database, clock, chance, WaitingErrand, Patience(_minute, [_minute]))

    with services.database.transaction():
        assert len(late.taking(WaitingErrand.id)(1)) == taken


def test_of_two_at_the_same_attempt_only_the_one_that_failed_is_put_off_or_given_up(services, clock, put, deliveries):
    put(2, -_day)
    first, second = deliveries.due(2)

    with services.database.transaction():
        assert deliveries.failed(first, 1) is False
    assert deliveries.due(2) == [second]

    clock.advance(_minute)
    take = deliveries.taking(WaitingErrand.id, WaitingErrand.attempts)
    with services.database.transaction():
        assert take(2) == [(second, 2), (first, 2)]
        assert deliveries.failed(second, 2) is True
    clock.advance(_minute)
    assert deliveries.due(2) == [first]
