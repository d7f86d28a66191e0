"""What others say of a person, taken over into the account."""

import pytest

from identity_service.accounts.profiles import AddressHeld
from tests.fakes.people import person


@pytest.fixture
def profiles(services):
    return services.upstream.trips.welcome.profiles


def test_an_account_that_was_never_verified_loses_its_password_to_the_owner_of_the_address_once(services, profiles):
    ada = person(services)
    with services.database.transaction():
        assert profiles.has_password(ada.id)
        assert profiles.claim(ada.id, "google")
        assert not profiles.has_password(ada.id)
        assert not profiles.claim(ada.id, "google")

    found = services.capabilities.users.by_id(ada.id)
    assert (found.email_verified, found.provider) == (True, "google")


def test_the_owner_of_the_address_is_not_written_to_in_the_language_of_whoever_had_the_account(services, profiles):
    ada, languages = person(services), services.capabilities.languages
    with services.database.transaction():
        assert languages.choose(ada.id, "fr")
        assert profiles.claim(ada.id, "google")

    assert languages.of(ada.id) == ""


def test_a_verified_account_cannot_be_claimed(services, profiles):
    ada = person(services, email_verified=True)
    with services.database.transaction():
        assert not profiles.claim(ada.id, "google")
        assert profiles.has_password(ada.id)


def test_an_address_that_somebody_has_in_another_spelling_is_not_given_twice(services, profiles):
    ada = person(services)
    person(services, "grace@example.org")

    with pytest.raises(AddressHeld), services.database.transaction():
        profiles.change_address(ada.id, "GRACE@Example.org", is_verified=True)
    assert services.capabilities.users.by_id(ada.id).email == ada.email


def test_only_the_address_that_was_meant_becomes_verified(services, profiles):
    ada = person(services)
    with services.database.transaction():
        profiles.verify(ada.id, "older@example.org")
        assert not services.capabilities.users.by_id(ada.id).email_verified
        profiles.verify(ada.id, ada.email.upper())
        assert services.capabilities.users.by_id(ada.id).email_verified


def test_nobody_has_no_password(services, profiles):
    with services.database.transaction():
        assert not profiles.has_password("f" * 24)
