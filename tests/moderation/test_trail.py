"""The audit trail: who did what to whom, written together with what it tells."""

from datetime import timedelta

import pytest

from identity_service.moderation.trail import DONE, REFUSED, Entry, Event
from tests.fakes.clock import START

WHOLE = Event("refresh.reused", REFUSED, "an actor", "a subject", "192.0.2.7", "a request", {"session_id": "a session"})


@pytest.fixture
def trail(services):
    return services.capabilities.trail


@pytest.fixture
def record(services, trail):
    def within(*events):
        with services.database.transaction():
            for event in events:
                trail.record(event)

    return within


def test_an_entry_keeps_the_whole_event_and_its_moment(trail, record):
    record(WHOLE)

    assert trail.about("a subject") == [Entry(START, WHOLE)]


def test_entries_about_a_subject_are_told_oldest_first(trail, record, clock):
    first, second = Event("account.created", DONE, subject="ada"), Event("signed_in", DONE, subject="ada")
    record(first, Event("signed_in", DONE, subject="grace"))
    clock.advance(timedelta(seconds=1))
    record(second)

    assert trail.about("ada") == [Entry(START, first), Entry(START + timedelta(seconds=1), second)]
    assert trail.about("nobody") == []


def test_an_entry_does_not_outlive_what_it_tells(services, trail):
    def fail():
        with services.database.transaction():
            trail.record(WHOLE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert trail.about("a subject") == []


def test_nothing_is_recorded_outside_a_transaction(trail):
    with pytest.raises(RuntimeError):
        trail.record(WHOLE)
