"""Instants are aware, in UTC, and whole microseconds inside the database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.foundation.clock import SystemClock, breather, from_microseconds, to_microseconds, to_seconds

AWARE = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
EAST = timezone(timedelta(hours=5, minutes=45))


def test_the_clock_of_the_machine_tells_an_aware_instant_in_utc():
    assert SystemClock().now().tzinfo is UTC


def test_the_clock_of_the_machine_tells_the_same_time_as_everybody():
    before = datetime.now(UTC)
    assert before <= SystemClock().now() <= datetime.now(UTC)


@given(AWARE)
def test_an_instant_survives_the_database(instant):
    assert from_microseconds(to_microseconds(instant)) == instant


@given(AWARE, AWARE)
def test_instants_keep_their_order(one, other):
    assert (one < other) == (to_microseconds(one) < to_microseconds(other))


def test_an_instant_is_the_same_in_every_time_zone():
    assert to_microseconds(datetime(1970, 1, 1, 5, 45, tzinfo=EAST)) == 0
    assert from_microseconds(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_naive_datetime_is_no_instant():
    with pytest.raises(TypeError, match="aware of its time zone"):
        to_microseconds(datetime(2026, 3, 14))  # noqa: DTZ001 - what it must refuse


@pytest.mark.parametrize(("microsecond", "second"), [(0, 1), (999_999, 1), (1_000_000, 2), (-1_000_001, -1)])
def test_a_numeric_date_is_the_whole_second_that_has_begun(microsecond, second):
    assert to_seconds(from_microseconds(1_000_000 + microsecond)) == second


def test_whoever_works_beside_others_rests_for_as_long_as_they_have_computed():
    computed, rested = iter([10.0, 10.5, 10.5, 12.5, 12.5]), []
    rest = breather(lambda: next(computed), rested.append)
    rest()
    rest()

    assert rested == [0.5, 2.0]
