"""Bans: one at a time for each person and network, imposed by one write, over by themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.moderation.bans import Bans, Sentence
from tests.fakes.clock import START

TWO_HOURS = timedelta(hours=2)
PERSON, NETWORK = "66f1c0ffee0ddba11ad00001", "192.0.2.7"
SENTENCE = Sentence(PERSON, "concurrent", 20, "identity", START + TWO_HOURS, "a note")


@pytest.fixture
def bans(services):
    return services.moderation.bans


@pytest.fixture
def within(services):
    """Do something in a transaction."""

    def run(what, *given):
        with services.database.transaction():
            return what(*given)

    return run


def test_a_ban_holds_until_its_end_and_not_at_it(bans, within, clock):
    within(bans.impose, SENTENCE)
    clock.advance(TWO_HOURS - timedelta(microseconds=1))
    assert bans.holds(PERSON)
    clock.advance(timedelta(microseconds=1))

    assert not bans.holds(PERSON)
    assert (bans.of(PERSON), bans.in_force()) == (None, [])
    assert bans.last_of(PERSON).ends_at == START + TWO_HOURS


def test_a_ban_without_an_end_holds_for_ever(bans, within, clock):
    within(bans.impose, replace(SENTENCE, ends_at=None))
    clock.advance(timedelta(days=10_000))

    assert bans.holds(PERSON)


def test_a_ban_in_force_stays_as_it_is(bans, within, clock):
    first = within(bans.impose, SENTENCE)

    assert within(bans.impose, replace(SENTENCE, kind="other", ends_at=None)) is None
    assert bans.of(PERSON) == first
    clock.advance(TWO_HOURS)
    assert within(bans.impose, replace(SENTENCE, kind="other", ends_at=None)).kind == "other"


def test_an_operator_replaces_whatever_ban_there_is(bans, within):
    within(bans.impose, SENTENCE)
    ban = within(bans.replace, replace(SENTENCE, actor="operator", ends_at=None))

    assert bans.of(PERSON) == ban
    assert ban.actor == "operator"


def test_a_lifted_ban_is_over_at_once(bans, within):
    within(bans.impose, SENTENCE)

    assert within(bans.lift, PERSON) is True
    assert not bans.holds(PERSON)
    assert within(bans.lift, PERSON) is within(bans.lift, "nobody") is False


def test_a_ban_is_of_nobody_else(bans, within):
    of_a_person = within(bans.impose, SENTENCE)
    of_a_network = within(bans.impose, replace(SENTENCE, holder=NETWORK, ends_at=None))
    for look in (bans.of, bans.last_of):
        assert [look(holder) for holder in (PERSON, NETWORK, "nobody")] == [of_a_person, of_a_network, None]
    within(bans.lift, PERSON)

    assert (bans.holds(PERSON), bans.of(NETWORK)) == (False, of_a_network)


def test_a_ban_says_whether_it_is_of_a_person_or_of_a_network(bans, within, clock):
    within(bans.impose, SENTENCE)
    clock.advance(timedelta(seconds=1))
    within(bans.impose, replace(SENTENCE, holder="2001:db8::/64"))

    told = [(ban.user_id, ban.address) for ban in bans.in_force()]
    assert told == [(None, "2001:db8::/64"), (PERSON, None)]


def test_at_a_glance_a_ban_of_this_process_is_seen_at_once(bans, within):
    assert not bans.holds_at_a_glance(NETWORK)
    within(bans.impose, replace(SENTENCE, holder=NETWORK))
    assert bans.holds_at_a_glance(NETWORK)
    within(bans.lift, NETWORK)

    assert not bans.holds_at_a_glance(NETWORK)


def test_at_a_glance_a_ban_of_another_process_is_seen_within_half_a_second(services, bans, within, clock, chance):
    other = Bans(services.database, clock, chance)
    assert not other.holds_at_a_glance(NETWORK)
    within(bans.impose, replace(SENTENCE, holder=NETWORK))
    clock.advance(timedelta(milliseconds=500))
    assert other.holds_at_a_glance(NETWORK)
    within(bans.lift, NETWORK)
    clock.advance(timedelta(milliseconds=500))

    assert not other.holds_at_a_glance(NETWORK)


def test_at_a_glance_a_ban_without_an_end_holds_also_from_memory(bans, within, clock):
    within(bans.impose, replace(SENTENCE, holder=NETWORK, ends_at=None))

    assert (bans.holds_at_a_glance(NETWORK), bans.holds_at_a_glance(NETWORK)) == (True, True)
    clock.advance(timedelta(days=10_000))
    assert bans.holds_at_a_glance(NETWORK)


def test_a_glance_does_not_outlast_the_ban_nor_a_clock_that_is_set_back(bans, within, clock):
    within(bans.impose, replace(SENTENCE, holder=NETWORK, ends_at=START + timedelta(milliseconds=100)))
    assert bans.holds_at_a_glance(NETWORK)
    clock.advance(timedelta(milliseconds=100))
    assert not bans.holds_at_a_glance(NETWORK)
    clock.advance(-timedelta(seconds=10))

    assert bans.holds_at_a_glance(NETWORK)


def test_a_ban_that_is_rolled_back_was_never_seen(services, bans):
    def fail():
        with services.database.transaction():
            bans.impose(SENTENCE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not bans.holds(PERSON)


def test_what_ended_long_ago_is_forgotten_and_what_never_ends_is_not(bans, within, clock):
    within(bans.impose, SENTENCE)
    within(bans.impose, replace(SENTENCE, holder=NETWORK, ends_at=None))
    clock.advance(timedelta(days=1))

    assert within(bans.forget_ended, clock.now(), 10) == 1
    assert bans.holds(NETWORK)
