"""What people have allowed clients: added to, told, withdrawn, and gone with either of the two."""

from datetime import timedelta

import pytest

from identity_service.oidc.consents import Allowed
from tests.fakes.clock import START
from tests.fakes.people import person


@pytest.fixture
def consents(services):
    return services.capabilities.consents


@pytest.fixture
def ada(services):
    return person(services)


@pytest.fixture
def grace(services):
    return person(services, "grace@example.org", username="grace")


@pytest.fixture
def register(services):
    def registered(name):
        with services.database.transaction():
            return services.capabilities.clients.register(name).client.client_id

    return registered


@pytest.fixture
def chat(register):
    return register("Chat")


@pytest.fixture
def remember(services, consents):
    def remembered(whose, client_id, *scopes):
        with services.database.transaction():
            consents.remember(whose.id, client_id, scopes)

    return remembered


@pytest.fixture
def withdraw(services, consents):
    def withdrawn(whose, client_id):
        with services.database.transaction():
            return consents.withdraw(whose.id, client_id)

    return withdrawn


def test_before_anything_was_allowed_nothing_is(consents, ada, chat):
    assert consents.scopes(ada.id, chat) == frozenset()
    assert consents.of(ada.id) == []


def test_what_was_allowed_is_remembered_for_this_person_and_this_client(consents, ada, grace, chat, register, remember):
    other = register("Other")
    remember(ada, chat, "openid", "email")

    assert consents.scopes(ada.id, chat) == {"openid", "email"}
    assert consents.scopes(grace.id, chat) == consents.scopes(ada.id, other) == frozenset()


def test_what_is_allowed_later_is_added_and_nothing_is_lost(consents, ada, chat, remember, clock):
    remember(ada, chat, "openid", "email")
    clock.advance(timedelta(days=1))
    remember(ada, chat, "openid", "profile")

    assert consents.of(ada.id) == [Allowed(chat, "Chat", ("email", "openid", "profile"), START + timedelta(days=1))]


def test_the_latest_comes_first_under_the_name_that_the_client_has_now(
    services, consents, ada, chat, register, remember, clock
):
    other = register("Other")
    for client_id in (chat, other, chat):
        remember(ada, client_id, "openid")
        clock.advance(timedelta(minutes=1))

    assert [each.client_name for each in consents.of(ada.id)] == ["Chat", "Other"]


def test_what_is_withdrawn_is_forgotten_once_and_for_that_pair_alone(
    consents, ada, grace, chat, register, remember, withdraw
):
    other = register("Other")
    for whose, client_id in ((ada, chat), (ada, other), (grace, chat)):
        remember(whose, client_id, "openid")

    assert withdraw(ada, chat) is True
    assert withdraw(ada, chat) is False
    assert consents.scopes(ada.id, chat) == frozenset()
    assert consents.scopes(ada.id, other) == consents.scopes(grace.id, chat) == {"openid"}


def test_what_was_withdrawn_does_not_come_back_with_what_is_allowed_next(consents, ada, chat, remember, withdraw):
    remember(ada, chat, "openid", "email", "offline_access")
    withdraw(ada, chat)
    remember(ada, chat, "openid")

    assert consents.scopes(ada.id, chat) == {"openid"}


def test_a_consent_that_is_rolled_back_never_was(services, consents, ada, chat):
    def remember_in_vain():
        with services.database.transaction():
            consents.remember(ada.id, chat, ("openid",))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        remember_in_vain()
    assert consents.scopes(ada.id, chat) == frozenset()


def test_consents_go_with_the_client_and_with_the_person(services, consents, ada, grace, chat, register, remember):
    other = register("Other")
    remember(ada, chat, "openid")
    remember(ada, other, "openid")
    remember(grace, other, "openid")
    with services.database.transaction():
        services.capabilities.clients.delete(chat)
    assert [each.client_id for each in consents.of(ada.id)] == [other]

    with services.database.transaction():
        services.capabilities.users.remove(ada.id)
    assert consents.of(ada.id) == []
    assert consents.scopes(ada.id, other) == frozenset()
    assert consents.scopes(grace.id, other) == {"openid"}
