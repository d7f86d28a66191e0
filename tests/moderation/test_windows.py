"""Moving windows: exact to the try, whoever counts at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from identity_service.foundation.clock import SystemClock
from identity_service.moderation.tables import LimitHit
from identity_service.moderation.windows import Bucket, Full, Windows
from tests.fakes.clock import START

MINUTE = timedelta(minutes=1)
THREE = Bucket("192.0.2.7/login", 3, MINUTE)


@pytest.fixture
def windows(services):
    return services.moderation.count.windows


@pytest.fixture
def take(services, windows):
    def within(*buckets):
        with services.database.transaction():
            return windows.take(buckets)

    return within


@pytest.fixture
def rows(services):
    return lambda: services.database.first(select(func.count()).select_from(LimitHit))[0]


def test_as_many_pass_as_the_limit_says_and_no_more(take):
    assert [take(THREE) for _ in range(5)] == [None, None, None, *[Full(THREE, START + MINUTE)] * 2]


def test_each_try_makes_room_when_it_is_a_window_old_to_the_microsecond(take, clock):
    for _ in range(3):
        take(THREE)
        clock.advance(timedelta(seconds=10))
    clock.advance(timedelta(seconds=30) - timedelta(microseconds=1))

    assert take(THREE) == Full(THREE, START + MINUTE)

    clock.advance(timedelta(microseconds=1))

    assert take(THREE) is None
    assert take(THREE) == Full(THREE, START + MINUTE + timedelta(seconds=10))


def test_no_window_ever_holds_more_than_the_limit(take, clock):
    passed = []
    for _ in range(200):
        if take(THREE) is None:
            passed.append(clock.now())
        clock.advance(timedelta(seconds=7))

    assert all(later - earlier >= MINUTE for earlier, later in zip(passed, passed[3:], strict=False))
    assert len(passed) > 200 * 7 / 60 * 3 * 0.8


def test_buckets_do_not_mix(take):
    other = Bucket("192.0.2.8/login", 3, MINUTE)
    for _ in range(3):
        take(THREE)

    assert take(THREE) is not None
    assert take(other) is None


def test_a_try_elsewhere_does_not_stand_for_one_that_has_gone(take, clock):
    other = Bucket("192.0.2.8/login", 3, MINUTE)
    for pause in (0, 30, 0):
        clock.advance(timedelta(seconds=pause))
        take(THREE)
    clock.advance(timedelta(seconds=30))
    take(other)

    assert take(THREE) is None


def test_what_stands_before_a_full_bucket_has_counted_and_what_stands_behind_has_not(take, windows):
    one, before, behind = Bucket("one", 1, MINUTE), Bucket("before", 9, MINUTE), Bucket("behind", 9, MINUTE)
    take(one)

    assert take(before, one, behind) == Full(one, START + MINUTE)
    assert [windows.present(bucket)[1] for bucket in (before, one, behind)] == [1, 1, 0]


def test_it_tells_since_when_and_how_many_count(take, windows, clock):
    assert windows.present(THREE) == (START, 0)
    take(THREE)
    clock.advance(timedelta(seconds=20))
    take(THREE)

    assert windows.present(THREE) == (START, 2)

    clock.advance(timedelta(seconds=40))

    assert windows.present(THREE) == (START + timedelta(seconds=20), 1)


def test_a_bucket_that_was_seen_full_is_known_to_be_until_its_time(take, windows, clock):
    another = Bucket("another", 1, MINUTE)
    assert windows.full([another, THREE]) is None
    for _ in range(4):
        take(THREE)

    assert windows.full([another, THREE]) == Full(THREE, START + MINUTE)

    clock.advance(MINUTE)

    assert windows.full([another, THREE]) is None


def test_a_bucket_that_was_forgotten_is_empty_and_no_other_is(services, take, windows):
    other = Bucket("192.0.2.8/login", 3, MINUTE)
    for _ in range(4):
        take(THREE)
        take(other)
    with services.database.transaction():
        windows.forget(THREE.name)

    assert windows.full([THREE]) is None
    assert take(THREE) is None
    assert take(other) is not None


def test_what_counts_no_longer_goes_with_what_is_new_so_that_rows_never_pile_up(take, rows, clock):
    for number in range(60):
        take(Bucket(f"192.0.2.{number}/login", 7, MINUTE))
    clock.advance(MINUTE)
    for number in range(5):
        take(Bucket(f"198.51.100.{number}/login", 7, MINUTE))

    assert rows() == 5


def test_tidying_up_takes_a_batch_and_leaves_what_counts(services, take, windows, rows, clock):
    for number in range(5):
        take(Bucket(f"192.0.2.{number}/login", 7, MINUTE))
    clock.advance(timedelta(seconds=30))
    with services.database.transaction():
        assert windows.forget_expired(clock.now(), 3) == 0
        assert windows.forget_expired(START + MINUTE, 3) == 3
        assert windows.forget_expired(START + MINUTE, 3) == 2
    assert rows() == 0


@pytest.mark.parametrize("limit", [1, 7])
def test_of_many_at_the_same_moment_exactly_the_limit_pass(services, limit):
    windows, bucket = Windows(services.database, SystemClock()), Bucket("one account", limit, 5 * MINUTE)
    many = 24
    barrier = Barrier(many)

    def one(_):
        barrier.wait(30)
        with services.database.transaction():
            return windows.take([bucket]) is None

    with ThreadPoolExecutor(many) as crowd:
        passed = list(crowd.map(one, range(many)))

    assert sum(passed) == limit


def test_a_clock_that_was_set_back_a_little_lets_nobody_try_more_often(take, clock):
    for _ in range(3):
        take(THREE)
    clock.advance(-MINUTE)

    assert take(THREE) == Full(THREE, START + MINUTE)


def test_a_clock_that_was_far_ahead_keeps_nobody_out_once_it_is_right(take, windows, clock):
    clock.advance(timedelta(days=365))
    for _ in range(4):
        take(THREE)
    clock.advance(timedelta(days=-365))

    assert windows.full([THREE]) is None
    assert windows.present(THREE) == (START, 0)
    assert [take(THREE) for _ in range(4)] == [None, None, None, Full(THREE, START + MINUTE)]
    assert windows.present(THREE) == (START, 3)
