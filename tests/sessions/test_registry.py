"""Sessions: alive, ended, forgotten."""

from datetime import timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import event

from identity_service.foundation.clock import to_microseconds
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY, Ended, Standing, end_of, is_presentable, shortened
from tests.conftest import ON_POSTGRES
from tests.fakes.clock import START
from tests.fakes.people import person, session

WEEK = timedelta(days=7)


def test_a_session_stands_from_its_beginning_to_its_end(services, sessions, ada):
    begun = session(services, ada)
    end = to_microseconds(START + WEEK)

    standing = sessions.standing(begun.session_id, to_microseconds(START))
    assert (standing.user_id, standing.client_id, standing.scope, standing.amr) == (
        ada.id,
        "first-party",
        "openid",
        "pwd",
    )
    assert (standing.auth_time, standing.expires_at) == (to_microseconds(START), end)
    assert sessions.standing(begun.session_id, end - 1) is not None
    assert sessions.standing(begun.session_id, end) is None


def test_a_session_that_was_ended_stands_no_more(services, sessions, ada, change):
    begun = session(services, ada)

    assert change(sessions.end, begun.session_id, "ban") == [Ended(begun.session_id, "first-party", ada.id)]
    assert sessions.standing(begun.session_id, to_microseconds(START)) is None


def test_what_has_ended_cannot_end_again(services, sessions, ada, clock, change):
    first, second = session(services, ada), session(services, ada)
    change(sessions.end, first.session_id, "ban")
    clock.advance(WEEK)

    assert change(sessions.end, first.session_id, "ban") == []
    assert change(sessions.end, second.session_id, "ban") == []
    assert change(sessions.end_all, ada.id, "ban") == []


def test_a_person_ends_only_sessions_of_their_own(services, sessions, ada, change):
    grace = person(services, "grace@example.org")
    theirs = session(services, grace)

    assert change(sessions.end_own, theirs.session_id, ada.id, "signed out") == []
    assert change(sessions.end_own, "f" * 24, ada.id, "signed out") == []
    assert len(change(sessions.end_own, theirs.session_id, grace.id, "signed out")) == 1


def test_all_sessions_of_a_person_end_but_the_one_that_is_spared(services, sessions, ada, change):
    here, *_others = (session(services, ada) for _ in range(3))
    theirs = session(services, person(services, "grace@example.org"))

    assert len(change(sessions.end_all, ada.id, "signed out", spare=here.session_id)) == 2
    assert [device.id for device in sessions.devices(ada.id)] == [here.session_id]
    assert len(change(sessions.end_all, ada.id, "signed out")) == 1
    assert sessions.standing(theirs.session_id, to_microseconds(START)) is not None


def test_devices_are_the_live_sessions_the_one_seen_last_first(services, sessions, ada, clock, change):
    phone = session(services, ada, agent="Phone")
    clock.advance(timedelta(minutes=1))
    laptop = session(services, ada, agent="Laptop")
    clock.advance(timedelta(minutes=1))
    gone = session(services, ada)
    change(sessions.end, gone.session_id, "signed out")
    refresh_tokens = services.capabilities.refresh_tokens
    refresh_tokens.rotate(refresh_tokens.read(phone.refresh_token), "first-party")

    first, second = sessions.devices(ada.id)
    assert (first.id, first.user_agent, first.address) == (phone.session_id, "Phone", "192.0.2.7")
    assert (first.created_at, first.last_seen_at) == (START, clock.now())
    assert first.expires_at == START + WEEK
    assert (second.id, second.last_seen_at) == (laptop.session_id, START + timedelta(minutes=1))


def test_expired_sessions_are_forgotten_a_batch_at_a_time(services, sessions, ada, clock, change):
    for _ in range(3):
        session(services, ada)
    clock.advance(WEEK)
    alive = session(services, ada)

    assert change(sessions.forget_expired, START + WEEK) == 0
    assert change(sessions.forget_expired, clock.now() + timedelta(seconds=1), size=2) == 2
    assert change(sessions.forget_expired, clock.now() + timedelta(seconds=1), size=2) == 1
    assert [device.id for device in sessions.devices(ada.id)] == [alive.session_id]


def test_a_person_who_is_removed_takes_the_sessions_along(services, sessions, ada, change):
    begun = session(services, ada)

    change(services.capabilities.users.remove, ada.id)
    assert sessions.standing(begun.session_id, to_microseconds(START)) is None


@pytest.mark.parametrize(
    ("shown", "seconds_later", "is_good"),
    [
        ("current", 0, True),
        ("current", 10_000, True),
        ("previous", 30, True),
        ("previous", 31, False),
        ("older", 0, False),
    ],
)
def test_the_current_token_and_for_a_while_the_one_before_it_are_presentable(shown, seconds_later, is_good):
    standing = Standing("a person", "first-party", "openid", "pwd", 0, 0, "current", "previous", rotated_at=1_000_000)
    now = 1_000_000 + seconds_later * 1_000_000

    assert is_presentable(standing, shown, now, leeway=timedelta(seconds=30)) is is_good


def test_a_session_ends_on_a_whole_second_as_tokens_count():
    assert end_of(START + timedelta(microseconds=999_999), WEEK) == START + WEEK
    assert end_of(START, timedelta(milliseconds=1500)) == START + timedelta(seconds=1)


def test_of_a_long_user_agent_the_beginning_is_kept():
    assert shortened("Firefox") == "Firefox"
    assert shortened("x" * 10_000) == "x" * 256


@pytest.fixture
def begin(services, change):
    """Begin a session of somebody at an address."""

    def at(address, whose):
        opening = Opening(whose.id, FIRST_PARTY, "openid", "pwd", "Firefox", address, WEEK)
        change(services.capabilities.refresh_tokens.begin, opening)

    return at


@pytest.mark.parametrize(
    ("network", "addresses", "beside"),
    [
        ("192.0.2.7", ["192.0.2.7"], "192.0.2.70"),
        ("2001:db8:1:2::/64", ["2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6"], "2001:db8:1:20::1"),
        ("2001:db8::/64", ["2001:db8::1", "2001:db8::1:2:3:4", "2001:db8:0:0:a::"], "2001:db8:1::1"),
        ("2001:0:0:2::/64", ["2001:0:0:2::1", "2001::2:3:4:5:6"], "2001:0:0:3::1"),
        ("::/64", ["::1", "::1:2:3:4"], "0:1::1"),
    ],
)
def test_people_at_a_network_are_found_by_whatever_address_they_have_there(services, begin, network, addresses, beside):
    people = [person(services, f"{number}@example.org") for number in range(len(addresses) + 1)]
    for address, whose in zip([*addresses, beside], people, strict=True):
        begin(str(ip_address(address)), whose)

    found = services.capabilities.sessions.people_at(network, START - WEEK)
    assert found == {each.id for each in people[:-1]}


@pytest.mark.skipif(ON_POSTGRES, reason="there, whoever reads keeps nobody from writing")
@pytest.mark.parametrize("network", ["192.0.2.7", "2001:db8:1:2::/64"])
def test_people_at_a_network_are_found_without_reading_all_sessions(services, sessions, network):
    asked = []

    def listen(_connection, _cursor, statement, values, *_):
        asked.append((f"EXPLAIN QUERY PLAN {statement}", values))

    event.listen(services.database.engine, "before_cursor_execute", listen)
    sessions.people_at(network, START - WEEK)
    event.remove(services.database.engine, "before_cursor_execute", listen)
    with services.database.engine.connect() as connection:
        plan = [step.detail for step in connection.exec_driver_sql(*asked[0])]

    assert "USING INDEX ix_sessions_address" in plan[0]
