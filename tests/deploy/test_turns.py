"""
A door is slow when its requests wait for something, several times running; computing is not waiting.
"""

import time

import pytest

from deploy.turns import SLOW, SLOW_IN_A_ROW, SlowDoors, Turn

DOOR = b"POST /api/auth/login"


@pytest.fixture
def slow_doors():
    doors = SlowDoors()
    for _ in range(SLOW_IN_A_ROW):
        doors.note(DOOR, waited=True)
    return doors


def begun() -> Turn:
    return Turn(None, DOOR, time.monotonic(), time.thread_time())


def test_a_door_where_everybody_waits_is_slow(slow_doors):
    assert DOOR in slow_doors
    assert b"GET /healthz" not in slow_doors


def test_once_or_twice_is_an_accident():
    doors = SlowDoors()
    for _ in range(SLOW_IN_A_ROW - 1):
        doors.note(DOOR, waited=True)

    assert DOOR not in doors


def test_one_quick_answer_clears_a_door(slow_doors):
    slow_doors.note(DOOR, waited=False)

    assert DOOR not in slow_doors


def test_what_was_slow_may_be_quick_again(slow_doors):
    slow_doors.forget()

    assert DOOR not in slow_doors


def test_a_turn_that_sleeps_has_waited():
    turn = begun()
    time.sleep(SLOW * 10)

    assert turn.waited(time.monotonic())


def test_a_turn_that_computes_has_not():
    turn = begun()
    while time.thread_time() - turn.worked < SLOW * 10:
        pass

    # As if nobody else had used the processor meanwhile.
    assert not turn.waited(turn.began + time.thread_time() - turn.worked)


def test_a_quick_turn_has_not():
    turn = begun()

    assert not turn.waited(turn.began + SLOW / 2)
