"""The audit trail: who did what to whom, written together with what it tells."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from identity_service.moderation.trail import DONE, REFUSED, Entry, Event, Search
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


def test_there_is_room_for_more_entries_than_32_bits_count(services, trail, record):
    record(WHOLE)
    with services.database.transaction():
        if services.database.is_sqlite:
            columns = "at, event, outcome, actor, subject, address, request_id, detail"
            services.database.change(
                text(f"INSERT INTO trail (id, {columns}) SELECT {2**31 - 1}, {columns} FROM trail")  # noqa: S608
            )
        else:
            services.database.rows(text(f"SELECT setval('trail_id_seq', {2**31 - 1})"))
    record(WHOLE, WHOLE)

    assert list(trail.search(Search()))[-2:] == [Entry(START, WHOLE)] * 2


def test_entries_about_a_subject_are_told_oldest_first(trail, record, clock):
    first, second = Event("account.created", DONE, subject="ada"), Event("signed_in", DONE, subject="ada")
    record(first, Event("signed_in", DONE, subject="grace"))
    clock.advance(timedelta(seconds=1))
    record(second)

    assert trail.about("ada") == [Entry(START, first), Entry(START + timedelta(seconds=1), second)]
    assert trail.about("nobody") == []


def test_entries_of_some_names_about_several_subjects_are_found_together(trail, record):
    told = [
        Event(name, DONE, subject=whose) for whose in ("ada", "grace", "edsger") for name in ("left", "came", "sat")
    ]
    record(*told)

    found = trail.of_names(("came", "left"), ("edsger", "ada"))
    assert [entry.event for entry in found] == [told[0], told[1], told[6], told[7]]
    assert trail.of_names(("came",), ()) == []


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


def test_the_trail_is_searched_by_moment_actor_and_subject(trail, record, clock):
    for actor, subject in (("operator", "ada"), ("operator", "grace"), ("ada", "ada")):
        clock.advance(timedelta(hours=1))
        record(Event("something", DONE, actor, subject))

    def found(**search):
        return [(entry.event.actor, entry.event.subject) for entry in trail.search(Search(**search))]

    assert len(found()) == 3
    assert found(actor="operator") == [("operator", "ada"), ("operator", "grace")]
    assert found(subject="ada", since=START + timedelta(hours=2)) == [("ada", "ada")]
    assert found(until=START + timedelta(hours=2)) == [("operator", "ada")]


def test_a_long_trail_is_told_whole(trail, record):
    record(*[Event("something", DONE, subject=str(number)) for number in range(1001)])

    assert [entry.event.subject for entry in trail.search(Search())] == [str(number) for number in range(1001)]


def test_what_a_request_left_behind_is_found_by_its_id(trail, record):
    record(WHOLE, Event("something", DONE, request_id="another"))

    assert trail.of_request("a request") == [Entry(START, WHOLE)]


@pytest.mark.parametrize("change", ["UPDATE trail SET outcome = 'done'", "DELETE FROM trail"])
def test_the_database_itself_lets_nobody_change_or_cut_it(services, trail, record, clock, change):
    clock.instant = datetime.now(UTC)
    record(WHOLE)

    def tamper():
        with services.database.transaction():
            services.database.change(text(change))

    with pytest.raises(DBAPIError, match="the trail only grows"):
        tamper()
    assert [entry.event for entry in trail.about("a subject")] == [WHOLE]


def test_what_is_older_than_the_retention_goes(services, trail, record, clock):
    # The database has a clock of its own, which nobody can set.
    clock.instant = datetime.now(UTC) - timedelta(days=400)
    record(WHOLE, WHOLE)
    clock.instant = datetime.now(UTC)
    record(WHOLE)

    with services.database.transaction():
        assert trail.forget_expired(clock.now() - timedelta(days=365), 500) == 2
    assert len(trail.about("a subject")) == 1
