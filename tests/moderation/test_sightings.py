"""By which way requests come, and whether TRUST_PROXY says the same."""

from datetime import timedelta

import pytest

from identity_service.moderation.sightings import Sightings

PUBLIC, PROXY = "203.0.113.5", "10.0.0.2"


@pytest.fixture
def seen(services, clock):
    """A maker of one process's sightings."""
    return lambda hops: Sightings(services.database, clock, hops)


@pytest.fixture
def write(services):
    def down(sightings):
        with services.database.transaction():
            sightings.write(sightings.pending())

    return down


def test_nothing_is_confirmed_before_anything_was_seen(seen):
    sightings = seen(0)

    assert sightings.doubts() == ("No request has been seen yet, so TRUST_PROXY is not confirmed.",)
    assert not sightings.is_confirmed()


@pytest.mark.parametrize("visitor", [PUBLIC, "2a00:1450::7", "8.8.8.8"])
def test_a_visitor_from_the_internet_without_a_proxy_confirms_that_there_is_none(seen, visitor):
    sightings = seen(0)
    sightings.note(visitor, visitor, "")

    assert sightings.is_confirmed()
    assert not sightings.is_proxy(visitor)


def test_a_visitor_from_the_internet_behind_as_many_proxies_as_are_counted_confirms_their_number(seen):
    sightings = seen(1)
    sightings.note(PROXY, PUBLIC, PUBLIC)

    assert sightings.is_confirmed()
    assert sightings.is_proxy(PROXY)
    assert not sightings.is_proxy(PUBLIC)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "fd00::1", "100.64.1.1"])
@pytest.mark.parametrize("hops", [0, 1])
def test_traffic_of_one_private_address_alone_is_doubtful(seen, address, hops):
    sightings = seen(hops)
    for _ in range(100):
        sightings.note(address, address, ", ".join([address] * hops))

    assert sightings.doubts() == (
        (
            f"All recent requests count as coming from the one private address {address}: "
            "TRUST_PROXY must be the number of proxies before this service."
        ),
    )


def test_several_private_visitors_are_an_intranet(seen):
    sightings = seen(0)
    for number in range(3):
        sightings.note(f"10.0.0.{number}", f"10.0.0.{number}", "")

    assert sightings.is_confirmed()


def test_a_forwarding_header_from_a_neighbour_means_a_proxy_that_is_not_counted(seen):
    sightings = seen(0)
    sightings.note(PUBLIC, PUBLIC, "")
    for number in range(3):
        assert sightings.is_confirmed()
        sightings.note(PROXY, PROXY, f"198.51.100.{number}")

    assert sightings.doubts() == (
        (
            "Requests come with more entries in X-Forwarded-For than TRUST_PROXY says, which is 0: "
            "set it to the number of proxies before this service."
        ),
    )


@pytest.mark.parametrize("hops", [0, 1])
def test_a_header_that_one_visitor_makes_up_changes_nothing_and_one_that_most_bring_does(seen, hops):
    sightings, proxy = seen(hops), PROXY if hops else ""
    own = f"{PUBLIC}" if hops else ""
    sightings.note(proxy or PUBLIC, PUBLIC, own)
    for number in range(500):
        sightings.note(proxy or "198.51.100.1", "198.51.100.1", ", ".join([f"10.0.0.{number}", "x", "y"]))
    assert sightings.is_confirmed()

    for number in range(4):
        edge = f"192.0.2.{number}"
        sightings.note(proxy or edge, edge, ", ".join(["198.51.100.7", *[edge] * hops]))

    assert not sightings.is_confirmed()


@pytest.mark.parametrize("hops", [0, 1])
def test_all_addresses_of_one_subscriber_are_one_idea(seen, hops):
    sightings = seen(hops)
    sightings.note(PROXY if hops else PUBLIC, PUBLIC, PUBLIC * hops)
    for number in range(1500):
        own = f"2001:db8:1:2::{number:x}"
        sightings.note(PROXY if hops else own, own, ", ".join(["x", *[own] * hops]))

    assert sightings.is_confirmed()


def test_a_bad_sign_counts_for_a_day_after_it_came_last(seen, clock):
    sightings = seen(0)
    sightings.note(PUBLIC, PUBLIC, "")
    for number in range(3):
        assert sightings.is_confirmed()
        sightings.note(PROXY, PROXY, f"198.51.100.{number}")
    clock.advance(timedelta(days=1, seconds=-1))
    assert not sightings.is_confirmed()
    clock.advance(timedelta(seconds=6))
    assert sightings.is_confirmed()


def test_fewer_proxies_than_are_counted_are_doubtful(seen):
    sightings = seen(2)
    sightings.note(PROXY, PROXY, PUBLIC)

    assert sightings.doubts() == ("TRUST_PROXY is 2, but no recent request came through that many proxies.",)


def test_what_one_process_has_seen_another_knows_once_it_is_written_down(seen, write, clock):
    one, other = seen(1), seen(1)
    one.note(PROXY, PUBLIC, PUBLIC)
    assert not other.is_confirmed()
    write(one)
    clock.advance(timedelta(seconds=5))

    assert other.is_confirmed()
    assert other.is_proxy(PROXY)


def test_a_clock_that_was_far_ahead_keeps_no_process_from_looking_again(seen, write, clock):
    clock.advance(timedelta(days=365))
    sightings, other = seen(0), seen(0)
    assert not sightings.is_confirmed()
    clock.advance(timedelta(days=-365))
    other.note(PUBLIC, PUBLIC, "")
    write(other)

    assert sightings.is_confirmed()


def test_what_was_seen_under_another_setting_does_not_count(seen, write):
    before = seen(0)
    before.note(PUBLIC, PUBLIC, "")
    write(before)

    assert not seen(1).is_confirmed()


def test_it_is_written_down_once_in_a_while_and_forgotten_after_a_week(seen, write, clock):
    sightings = seen(0)
    sightings.note(PUBLIC, PUBLIC, "")
    write(sightings)
    sightings.note(PUBLIC, PUBLIC, "")
    assert sightings.pending() == {}

    clock.advance(timedelta(minutes=10))
    sightings.note(PUBLIC, PUBLIC, "")
    assert sightings.pending() == {"public": clock.now()}

    clock.advance(timedelta(days=8))
    assert not seen(0).is_confirmed()


def test_however_many_visitors_there_are_few_things_are_remembered(seen):
    sightings = seen(0)
    for number in range(2000):
        sightings.note(f"10.0.{number // 250}.{number % 250}", f"10.0.{number // 250}.{number % 250}", "")

    assert len(sightings.pending()) == 16
