"""Known devices: a browser of the person's own is told from all that know nothing but the address."""

from datetime import timedelta

import pytest

from tests.fakes import people
from tests.fakes.people import EMAIL


@pytest.fixture
def devices(services):
    return services.moderation.devices


def test_a_browser_is_known_to_those_who_signed_in_with_it_in_every_spelling(services, devices, ada):
    grace = people.person(services, "grace@example.org")
    cookie = devices.after_sign_in("", ada)

    assert devices.known(cookie, EMAIL) == devices.known(cookie, EMAIL.upper()) != ""
    assert devices.known(cookie, grace.email) == devices.known(cookie, "no address") == ""
    both = devices.after_sign_in(cookie, grace)
    assert devices.known(both, grace.email) == devices.known(both, EMAIL) == devices.known(cookie, EMAIL)


def test_two_browsers_are_two_devices(devices, ada):
    assert devices.known(devices.after_sign_in("", ada), EMAIL) != devices.known(devices.after_sign_in("", ada), EMAIL)


def test_a_cookie_says_nothing_and_is_never_the_same_twice(devices, ada):
    first, second = devices.after_sign_in("", ada), devices.after_sign_in("", ada)

    assert first != second
    assert "ada" not in first.lower()


@pytest.mark.parametrize("forged", ["", "x", "é", "A" * 5000, "eyJhIjoxfQ", "\x00", "===="])
def test_what_we_have_not_sealed_is_nobodys_device(devices, ada, forged):
    assert devices.known(forged, EMAIL) == ""
    assert devices.known(devices.after_sign_in(forged, ada), EMAIL)


def test_a_changed_cookie_is_nobodys_device(devices, ada):
    cookie = devices.after_sign_in("", ada)

    assert devices.known(cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB"), EMAIL) == ""


def test_a_device_is_forgotten_half_a_year_after_the_last_sign_in(devices, ada, clock):
    cookie = devices.after_sign_in("", ada)
    clock.advance(timedelta(days=179))
    assert devices.known(cookie, EMAIL)
    renewed = devices.after_sign_in(cookie, ada)
    clock.advance(timedelta(days=1))

    assert devices.known(cookie, EMAIL) == ""
    assert devices.known(renewed, EMAIL)


def test_only_so_many_people_fit_into_one_browser(services, devices, ada):
    cookie = devices.after_sign_in("", ada)
    for number in range(8):
        cookie = devices.after_sign_in(cookie, people.person(services, f"person{number}@example.org"))

    assert devices.known(cookie, EMAIL) == ""
    assert devices.known(cookie, "person0@example.org")
    assert len(cookie) < 1024
