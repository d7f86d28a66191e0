"""Trips: each comes back once, in its own browser, in time, from where it went."""

import threading
from datetime import timedelta

import pytest

from identity_service.foundation.vault import Vault
from identity_service.upstream.departures import LIFETIME, Departures, Wish
from identity_service.upstream.provider import Callback

WISH = Wish("a sealed request", "/c/new", is_from_here=True, is_again=True, user_id="u", session_id="s")


@pytest.fixture
def departures(services):
    return services.upstream.departures


def test_a_trip_comes_back_with_what_it_was_for(departures):
    departed = departures.depart("google", WISH)
    returned = departures.returned("google", departed.sealed, departed.trip.state)

    assert (returned.wish, returned.trip) == (WISH, departed.trip)


def test_no_two_trips_are_alike(departures):
    trips = [departures.depart("google", Wish()) for _ in range(50)]

    secrets = {secret for each in trips for secret in (each.trip.state, each.trip.nonce, each.trip.verifier)}
    assert len(secrets) == 150
    assert all(len(secret) == 43 for secret in secrets)


def test_what_the_browser_keeps_does_not_show_what_is_in_it(departures):
    departed = departures.depart("google", WISH)

    assert not any(secret in departed.sealed for secret in (departed.trip.nonce, departed.trip.verifier, "request"))
    assert "verifier" not in repr(departed)
    assert departed.trip.verifier not in repr(departed)


@pytest.mark.parametrize("name", ["github", "Google", ""])
def test_a_trip_to_one_provider_does_not_come_back_from_another(departures, name):
    departed = departures.depart("google", Wish())

    assert departures.returned(name, departed.sealed, departed.trip.state) is None


@pytest.mark.parametrize("state", ["", "x", "A" * 43, "\ud800"])
def test_another_state_is_another_trip_s(departures, state):
    assert departures.returned("google", departures.depart("google", Wish()).sealed, state) is None


@pytest.mark.parametrize("sealed", ["", "x", "\u00e4", "A" * 400, "A" * 5000, "=" * 8])
def test_what_we_did_not_seal_is_no_trip(departures, sealed):
    assert departures.returned("google", sealed, departures.depart("google", Wish()).trip.state) is None


def test_a_changed_seal_does_not_open(departures):
    departed = departures.depart("google", Wish())
    changed = departed.sealed[:-2] + ("A" if departed.sealed[-2] != "A" else "B") + departed.sealed[-1]

    assert departures.returned("google", changed, departed.trip.state) is None


def test_nobody_is_away_for_longer_than_ten_minutes(departures, clock):
    departed = departures.depart("google", Wish())
    clock.advance(LIFETIME)
    assert departures.returned("google", departed.sealed, departed.trip.state) is not None
    clock.advance(timedelta(microseconds=1))
    assert departures.returned("google", departed.sealed, departed.trip.state) is None
    clock.advance(-2 * LIFETIME)

    assert departures.returned("google", departed.sealed, departed.trip.state) is None


def test_a_request_that_no_cookie_could_carry_is_not_carried(departures):
    assert departures.depart("google", Wish("x" * 2000)) is not None
    assert departures.depart("google", Wish("x" * 4000)) is None


def test_of_many_who_come_back_at_once_one_is_the_first(services, departures):
    departed = departures.depart("google", Wish())
    returned = departures.returned("google", departed.sealed, departed.trip.state)
    start, won = threading.Barrier(6), []

    def claim():
        start.wait()
        with services.database.transaction():
            won.append(departures.claim(returned))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == [False] * 5 + [True]


def test_an_answer_that_came_by_post_comes_again_sealed(departures, clock):
    callback = Callback("state", "code", user='{"name": {}}')
    sealed = departures.seal_callback("apple", callback)

    assert departures.open_callback("apple", sealed) == callback
    assert departures.open_callback("google", sealed) is None
    assert departures.open_callback("apple", departures.depart("apple", Wish()).sealed) is None
    clock.advance(LIFETIME + timedelta(seconds=1))
    assert departures.open_callback("apple", sealed) is None


def test_another_installation_s_trips_are_not_ours(services, departures, clock, chance):
    theirs = Departures(services.database, clock, chance, Vault(b"x" * 32, chance)).depart("google", Wish())

    assert departures.returned("google", theirs.sealed, theirs.trip.state) is None
