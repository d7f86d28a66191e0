"""Scores: what violations add up to, how that fades, and when something follows from it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from identity_service.moderation.tables import Score
from identity_service.moderation.violations import Offence, Recorded, Rules, Violations, decayed, steps_left, whole
from tests.fakes.clock import START

DAY = timedelta(days=1)
OFFENCE = Offence("concurrent", 1, "66f1c0ffee0ddba11ad00001", "192.0.2.7", "192.0.2.7", "identity", "a request")


@pytest.fixture
def scores(services, clock):
    """A maker of scores under rules of their own, each in a transaction of its own."""

    def under(interval=20, half_life=DAY, *, across_kinds=False):
        violations = Violations(services.database, clock, Rules(interval, half_life, across_kinds))

        def add(score=1, kind="concurrent", holder="ada"):
            with services.database.transaction():
                return violations.add(holder, kind, score)

        return violations, add

    return under


def test_a_score_halves_in_each_half_life_and_never_grows():
    assert decayed(8, DAY, DAY) == 4
    assert decayed(8, 3 * DAY, DAY) == 1
    assert decayed(8, -DAY, DAY) == 8
    assert decayed(8, 1000 * DAY, timedelta(0)) == 8
    assert decayed(8, timedelta(days=36500), timedelta(milliseconds=1)) == 0


def test_a_score_is_compared_in_whole_points():
    assert [whole(score) for score in (0, 0.49, 0.5, 19.49, 19.5, 20.4)] == [0, 0, 1, 19, 20, 20]


def test_a_step_counts_anew_once_the_score_has_fallen_half_an_interval_below_it():
    assert [steps_left(1, score, 20) for score in (20, 18.9, 10, 9.9, 0)] == [1, 1, 1, 0, 0]
    assert [steps_left(2, score, 20) for score in (40, 30, 29, 9)] == [2, 2, 1, 0]


@pytest.mark.parametrize("pause", [timedelta(0), timedelta(minutes=3)])
def test_the_twentieth_point_has_the_consequence_and_no_other_before_the_fortieth(scores, clock, pause):
    _, add = scores()

    def one():
        clock.advance(pause)
        return add().has_consequence

    assert [one() for _ in range(20)] == [False] * 19 + [True]
    assert not any(one() for _ in range(19))


def test_without_decay_each_multiple_of_the_interval_has_a_consequence(scores, clock):
    _, add = scores(half_life=timedelta(0))
    felt = []
    for number in range(1, 61):
        clock.advance(100 * DAY)
        if add().has_consequence:
            felt.append(number)

    assert felt == [20, 40, 60]


def test_after_a_quiet_day_the_same_offences_have_the_same_consequence_again(scores, clock):
    _, add = scores()
    assert add(20).has_consequence
    clock.advance(DAY + timedelta(hours=1))

    assert not add(9).has_consequence
    assert add(1).has_consequence


def test_a_heavy_offence_jumps_over_several_steps_and_has_one_consequence(scores):
    _, add = scores()

    assert add(65).has_consequence
    assert not add(10).has_consequence
    assert add(5).has_consequence


def test_no_score_outgrows_its_columns_and_none_is_beyond_consequences(services, scores):
    _, add = scores(interval=1, half_life=timedelta(0))

    assert all(add(1_000_000).has_consequence for _ in range(2200))
    score, steps = services.database.first(select(Score.score, Score.steps))
    assert max(score, steps) < 2**31
    assert add().has_consequence


def test_kinds_and_holders_are_counted_apart(scores):
    _, add = scores(interval=2)

    assert not add(kind="concurrent").has_consequence
    assert not add(kind="message_limit").has_consequence
    assert not add(holder="grace").has_consequence
    assert add(kind="message_limit").has_consequence


def test_kinds_add_up_where_the_operator_says_so(scores):
    violations, add = scores(interval=2, across_kinds=True)

    assert not add(kind="concurrent").has_consequence
    assert add(kind="message_limit").has_consequence
    assert [(each.kind, each.events) for each in violations.standings("ada")] == [("every kind", 2)]


def test_a_standing_says_what_is_left_and_where_the_next_consequence_waits(scores, clock):
    violations, add = scores()
    add(30)
    clock.advance(DAY)

    (standing,) = violations.standings("ada")
    assert standing == ("concurrent", 15, 1, 40)
    clock.advance(DAY)
    assert violations.standings("ada")[0].next_at == 20


def test_a_clock_that_was_set_back_changes_nothing(scores, clock):
    _, add = scores()
    add(19)
    clock.advance(-DAY)

    assert add(1).has_consequence


def test_a_clock_that_is_put_right_again_lets_nothing_fade(scores, clock):
    _, add = scores()
    add(18)
    clock.advance(-DAY)
    add(1)
    clock.advance(DAY)

    assert add(1).has_consequence


def test_a_consequence_comes_again_only_after_half_an_interval_has_faded(scores, clock):
    _, add = scores()
    assert add(20).has_consequence
    clock.advance(DAY * 0.7)
    assert [add(points) for points in (1, 7)] == [(12, 13, False), (13, 20, False)]
    clock.advance(DAY * 1.1)

    assert [add(points) for points in (1, 10)] == [(9, 10, False), (10, 20, True)]


def test_a_pardon_forgets_the_scores_and_keeps_the_violations(services, scores):
    violations, add = scores()
    add(19)
    add(7, holder="grace")
    with services.database.transaction():
        violations.record(replace(OFFENCE, user_id="ada"))
        assert violations.pardon("ada") == 1

    assert violations.standings("ada") == []
    assert [each.points for each in violations.standings("grace")] == [7]
    assert len(violations.of_holder("ada")) == 1


def test_a_violation_is_kept_whole_and_found_by_person_network_and_request(services):
    violations = services.moderation.violations
    with services.database.transaction():
        assert violations.record(OFFENCE)

    kept = [Recorded(START, OFFENCE)]
    assert violations.of_holder(OFFENCE.user_id) == violations.of_holder("192.0.2.7") == kept
    assert violations.of_request("a request") == kept
    assert violations.of_holder("grace") == violations.of_request("another") == []


def test_a_report_with_a_key_is_taken_once(services):
    violations, report = services.moderation.violations, replace(OFFENCE, report="a fingerprint")
    with services.database.transaction():
        assert [violations.record(report), violations.record(report), violations.record(OFFENCE)] == [True, False, True]


def test_of_many_violations_the_last_are_told_oldest_first(services, clock):
    violations = services.moderation.violations
    for _ in range(4):
        clock.advance(DAY)
        with services.database.transaction():
            violations.record(OFFENCE)

    assert [each.at for each in violations.of_holder("192.0.2.7", 2)] == [START + 3 * DAY, START + 4 * DAY]
    assert violations.points_left(violations.of_holder("192.0.2.7", 2)[0]) == 0.5


def test_what_never_fades_is_never_forgotten(services, scores, clock):
    fading, add = scores()
    lasting, _ = scores(half_life=timedelta(0))
    add()
    clock.advance(1000 * DAY)

    with services.database.transaction():
        assert lasting.forget_faded(clock.now(), 10) == 0
        assert fading.forget_faded(clock.now(), 10) == 1


def test_a_score_is_forgotten_when_it_has_faded_and_is_old_enough(services, scores, clock):
    quick, _ = scores(half_life=timedelta(minutes=1))
    slow, add = scores(half_life=DAY)
    add()
    with services.database.transaction():
        clock.advance(39 * DAY)
        assert slow.forget_faded(clock.now(), 10) == 0
        assert quick.forget_faded(START, 10) == 0
        clock.advance(2 * DAY)
        assert slow.forget_faded(clock.now(), 10) == 1
