"""Whom to tell of an ended session: nobody is forgotten, nobody told by two at once, nobody for ever (2.5, 2.8)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.oidc.clients import Clients
from identity_service.oidc.details import Details
from identity_service.oidc.logout_deliveries import LEASE, EndedAtClient, LogoutDeliveries
from tests.fakes.chance import SeededChance
from tests.fakes.things import opened

ADA = "66f1c0ffee0ddba11ad00001"
SECOND = timedelta(seconds=1)
PAUSES = (5, 30, 120, 600, 3600)


@pytest.fixture
def deliveries(services):
    return services.capabilities.logout_deliveries


@pytest.fixture
def register(services):
    def registered(uri="https://chat.example.org/logout"):
        with services.database.transaction():
            client = services.capabilities.clients.register("Chat", (), Details(backchannel_logout_uri=uri)).client
        return client.client_id

    return registered


@pytest.fixture
def chat(register):
    return register()


@pytest.fixture
def announce(change, deliveries, chat):
    """Announce the end of that many sessions at the client."""
    return lambda number=1: change(deliveries.announce, [ended(chat, f"session {each}") for each in range(number)])


@pytest.fixture
def take(change, deliveries):
    return lambda size=20: change(deliveries.take, size)


def ended(client_id, session_id="the session"):
    return EndedAtClient(session_id, client_id, ADA)


def test_a_client_that_wants_to_know_is_told_whose_session_has_ended(announce, take, chat):
    assert announce() == 1
    (taken,) = take()

    assert (taken.client_id, taken.user_id, taken.session_id, taken.attempts) == (chat, ADA, "session 0", 1)


def test_only_clients_that_want_to_know_are_told(change, deliveries, take, register, chat):
    silent = register(uri=None)
    sessions = [ended(silent), ended("first-party"), ended("never registered"), ended(chat)]

    assert change(deliveries.announce, sessions) == 1
    assert [each.client_id for each in take()] == [chat]
    assert change(deliveries.announce, []) == change(deliveries.announce, sessions[:3]) == 0


def test_an_announcement_goes_with_the_transaction_that_made_it(services, deliveries, chat):
    def end_in_vain():
        with services.database.transaction():
            assert deliveries.announce([ended(chat)]) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end_in_vain()
    assert deliveries.due() == []
    with pytest.raises(RuntimeError):
        deliveries.announce([ended(chat)])


def test_what_is_due_is_seen_without_being_taken(announce, deliveries, take):
    announce(5)

    assert deliveries.due() == deliveries.due() == deliveries.due(9)[:1]
    assert len(deliveries.due(9)) == 5
    assert len(take(2)) == 2
    assert len(deliveries.due(9)) == 3
    assert len(take()) == 3


def test_what_has_waited_longest_comes_first(announce, deliveries, take, change, clock):
    announce(2)
    for each in take():
        change(deliveries.failed, each)
    announce(1)
    clock.advance(timedelta(seconds=PAUSES[0]))

    assert [each.attempts for each in take()] == [1, 2, 2]


def test_what_is_taken_is_ones_own_until_the_lease_is_over(announce, take, deliveries, clock):
    announce()
    (first,) = take()
    clock.advance(LEASE - SECOND)
    assert (take(), deliveries.due()) == ([], [])

    clock.advance(SECOND)
    assert deliveries.due() == [first.id]
    assert take() == [first._replace(attempts=2)]


def test_of_two_who_take_at_once_each_has_its_own(announce, ready_url, clock, services):
    announce(24)
    others = [opened(ready_url) for _ in range(3)]
    together = threading.Barrier(3)

    def take(database):
        clients = Clients(database, clock, SeededChance())
        mine = LogoutDeliveries(database, clock, SeededChance(), clients)
        together.wait()
        taken = []
        for _ in range(4):
            with database.transaction():
                taken += mine.take(8)
        return taken

    with ThreadPoolExecutor(3) as crowd:
        taken = [each for some in crowd.map(take, others) for each in some]
    for database in others:
        database.release()
    assert sorted(each.session_id for each in taken) == sorted(f"session {number}" for number in range(24))
    assert {each.attempts for each in taken} == {1}


def test_who_has_listened_is_not_told_again(announce, take, change, deliveries, clock):
    announce(2)
    heard, other = take()
    change(deliveries.done, heard)
    clock.advance(LEASE)

    assert [each.id for each in take()] == [other.id]
    change(deliveries.done, heard)  # and a second time changes nothing


def test_who_has_not_listened_is_told_again_after_longer_and_longer_pauses(announce, take, change, deliveries, clock):
    announce()
    for attempt, seconds in enumerate(PAUSES, 1):
        (taken,) = take()
        assert taken.attempts == attempt
        assert change(deliveries.failed, taken) is False
        clock.advance(timedelta(seconds=seconds) - SECOND)
        assert take() == []
        clock.advance(SECOND)
    (last,) = take()
    assert change(deliveries.failed, last) is True
    clock.advance(timedelta(days=30))
    assert (deliveries.due(), take()) == ([], [])


def test_a_clock_that_was_far_ahead_lets_nobody_wait_once_it_is_right(announce, take, change, deliveries, clock):
    clock.advance(timedelta(days=365))
    announce()
    (taken,) = take()
    change(deliveries.failed, taken)
    clock.advance(timedelta(days=-365))

    assert deliveries.due() == [taken.id]
    assert take() == [taken._replace(attempts=2)]
    assert (deliveries.due(), take()) == ([], [])


@pytest.fixture
def given_up(announce, take, change, deliveries, clock):
    """A delivery that nobody tries any more."""
    announce()
    for seconds in PAUSES:
        change(deliveries.failed, take()[0])
        clock.advance(timedelta(seconds=seconds))
    (last,) = take()
    assert change(deliveries.failed, last) is True
    return last


def test_what_was_given_up_is_kept_until_it_is_tidied_away_in_batches(given_up, announce, change, deliveries, take):
    announce()

    assert [change(deliveries.forget_given_up, 1) for _ in range(2)] == [1, 0]
    assert len(take()) == 1


def test_who_was_so_slow_that_another_took_it_decides_nothing(announce, take, change, deliveries, clock):
    announce()
    (slow,) = take()
    clock.advance(LEASE)
    (quick,) = take()
    clock.advance(timedelta(seconds=10))

    assert change(deliveries.failed, slow) is False
    clock.advance(LEASE - timedelta(seconds=11))
    assert take() == []  # the lease of the other one has not become shorter
    assert change(deliveries.failed, slow._replace(attempts=6)) is False
    clock.advance(SECOND)
    assert take() == [quick._replace(attempts=3)]


def test_who_was_slow_and_heard_all_the_same_is_believed(announce, take, change, deliveries, clock):
    announce()
    (slow,) = take()
    clock.advance(LEASE)
    (quick,) = take()
    change(deliveries.done, slow)

    assert change(deliveries.failed, quick) is False
    clock.advance(timedelta(days=1))
    assert deliveries.due() == []


def test_a_client_that_stops_wanting_to_know_is_asked_about_at_the_announcement(services, change, deliveries, chat):
    clients = services.capabilities.clients
    client = clients.by_id(chat)
    change(clients.change, replace(client, details=Details()))

    assert change(deliveries.announce, [ended(chat)]) == 0
