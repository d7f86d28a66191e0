"""Tidying up: what nothing depends on any more goes, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from identity_service.accounts.vouchers import LIFE, RESET_PASSWORD
from identity_service.foundation.clock import to_seconds
from identity_service.moderation.trail import DONE, Event
from identity_service.oidc.client_auth import access_token_of
from identity_service.oidc.clients import DYNAMIC, FILE, OPERATOR
from identity_service.oidc.codes import IssuedCode
from identity_service.oidc.details import Details
from identity_service.oidc.logout_deliveries import EndedAtClient
from identity_service.upstream.departures import Wish
from tests.fakes.clock import START
from tests.fakes.people import session

NOTHING = {
    "sessions": 0,
    "codes": 0,
    "spent_tokens": 0,
    "logout_deliveries": 0,
    "signing_keys": 0,
    "unused_clients": 0,
    "vouchers": 0,
    "errands": 0,
    "chat_changes": 0,
    "letters": 0,
    "upstream_arrivals": 0,
    "violations": 0,
    "scores": 0,
    "bans": 0,
    "tries": 0,
    "trail_entries": 0,
}


def test_sessions_go_a_day_after_their_end_and_keys_when_nothing_they_signed_lives(services, ada, clock):
    for _ in range(3):
        session(services, ada)
    services.administer.rotate_keys()
    clock.advance(timedelta(days=7))
    alive = session(services, ada)
    assert services.tidy.expired() == NOTHING | {"signing_keys": 2}
    clock.advance(timedelta(days=1, seconds=1))

    assert services.tidy.expired() == NOTHING | {"sessions": 3}
    assert services.verify.browser_session(alive.refresh_token) is not None


def test_a_try_is_forgotten_when_it_counts_no_longer(services, clock):
    services.moderation.count.take(services.moderation.count.of_password("ada@example.org", ""))
    clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert services.tidy.expired() == NOTHING
    clock.advance(timedelta(microseconds=1))

    assert services.tidy.expired() == NOTHING | {"tries": 2}


def test_what_went_stands_in_the_trail_and_nothing_does_if_nothing_went(services, told, clock):
    services.tidy.expired()
    assert told("") == []
    services.administer.rotate_keys()
    clock.advance(timedelta(days=8))
    services.tidy.expired()

    assert told("") == ["tidied done"]


def test_it_goes_on_until_nothing_is_left(services, ada, clock):
    with services.database.transaction():
        for _ in range(501):
            session(services, ada)
    clock.advance(timedelta(days=9))

    assert services.tidy.expired()["sessions"] == 501


def test_a_code_stays_as_long_as_what_it_has_produced_can_live(services, ada, clock):
    issued = IssuedCode("app", ada.id, "f" * 24, "https://app.example.org/cb", "openid", START, "pwd")
    with services.database.transaction():
        services.capabilities.codes.mint(issued)
    clock.advance(timedelta(days=7))
    assert services.tidy.expired() == NOTHING
    clock.advance(timedelta(minutes=2))

    assert services.tidy.expired() == NOTHING | {"codes": 1}


def test_a_spent_token_is_remembered_until_it_would_have_expired(services, clock):
    spent = access_token_of("app", "a jti", to_seconds(START) + 900)
    with services.database.transaction():
        assert services.capabilities.spent.spend(spent)
    assert services.tidy.expired() == NOTHING
    clock.advance(timedelta(minutes=16))

    assert services.tidy.expired() == NOTHING | {"spent_tokens": 1}


def test_a_client_that_never_listened_is_forgotten_when_it_is_given_up(services, ada, clock):
    able = services.capabilities
    details = Details(backchannel_logout_uri="https://app.example.org/logout")
    with services.database.transaction():
        client, _ = able.clients.register("App", (), details)
        able.logout_deliveries.announce([EndedAtClient("e" * 24, client.client_id, ada.id)])
    is_last = False
    while not is_last:
        clock.advance(timedelta(hours=2))
        assert services.tidy.expired() == NOTHING
        with services.database.transaction():
            (delivery,) = able.logout_deliveries.take()
            is_last = able.logout_deliveries.failed(delivery)

    assert services.tidy.expired() == NOTHING | {"logout_deliveries": 1}


def test_a_client_that_registered_itself_goes_after_90_days_if_it_was_never_used(services, clock, told):
    clients = services.capabilities.clients
    with services.database.transaction():
        unused, used = (clients.register("App", origin=DYNAMIC).client.client_id for _ in range(2))
        others = {clients.register("App", origin=origin).client.client_id for origin in (OPERATOR, FILE)}
        clients.used(used)
    services.administer.rotate_keys()
    clock.advance(timedelta(days=90))
    assert services.tidy.expired()["unused_clients"] == 0
    clock.advance(timedelta(seconds=1))

    assert services.tidy.expired() == NOTHING | {"unused_clients": 1}
    assert {client.client_id for client in clients.all()} == {used, *others}
    assert told(unused) == ["client.deleted done"]


def test_a_trip_that_is_over_is_remembered_as_long_as_it_could_come_back(services, clock):
    departures = services.upstream.departures
    departed = departures.depart("github", Wish())
    returned = departures.returned("github", departed.sealed, departed.trip.state)
    with services.database.transaction():
        assert departures.claim(returned)
    clock.advance(timedelta(minutes=10))
    assert services.tidy.expired() == NOTHING
    clock.advance(timedelta(seconds=1))

    assert services.tidy.expired() == NOTHING | {"upstream_arrivals": 1}


def test_a_voucher_goes_when_it_is_out_of_date(services, ada, clock):
    with services.database.transaction():
        services.capabilities.vouchers.mint(RESET_PASSWORD, ada.id, ada.email)
    assert services.tidy.expired() == NOTHING

    clock.advance(LIFE + timedelta(seconds=1))
    assert services.tidy.expired() == NOTHING | {"vouchers": 1}


@pytest.mark.environ(TRAIL_RETENTION_DAYS="30")
def test_a_database_whose_clock_is_a_little_behind_keeps_nobody_from_tidying_up(services, clock):
    trail, now = services.capabilities.trail, datetime.now(UTC)
    for age in (timedelta(days=31), timedelta(days=30, minutes=-1)):
        clock.instant = now - age
        with services.database.transaction():
            trail.record(Event("signed_in", DONE, subject="ada"))
    clock.instant = now + timedelta(minutes=5)

    assert services.tidy.expired()["trail_entries"] == 1
    assert len(trail.about("ada")) == 1
