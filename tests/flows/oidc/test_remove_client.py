"""Removing a client: its sessions end with it, and nobody else's."""

import pytest

from identity_service.foundation.errors import ClientUnknown
from tests.fakes.people import session


def test_a_client_is_removed_with_its_sessions(services, ada, grace, provider, browser, told):
    client, other = provider.register(), provider.register()
    theirs = [session(services, whose, client.client_id) for whose in (ada, grace)]
    spared = session(services, ada, other.client_id)

    assert services.provider.remove_client.by_operator(client.client_id) == 2
    assert services.capabilities.clients.all() == [other]
    assert [provider.is_alive(each.session_id) for each in (*theirs, spared, browser)] == [False, False, True, True]
    assert told(client.client_id) == ["client.deleted done"]
    (entry,) = services.capabilities.trail.about(client.client_id)
    assert entry.event.detail == {"sessions": "2"}


def test_what_people_have_allowed_it_is_forgotten(services, ada, provider):
    client = provider.register()
    with services.database.transaction():
        services.capabilities.consents.remember(ada.id, client.client_id, ("openid",))
    services.provider.remove_client.by_operator(client.client_id)

    assert services.capabilities.consents.of(ada.id) == []


def test_who_comes_second_finds_nothing(services, provider, told):
    client = provider.register()
    services.provider.remove_client.by_operator(client.client_id)

    with pytest.raises(ClientUnknown):
        services.provider.remove_client.by_operator(client.client_id)
    assert told(client.client_id) == ["client.deleted done"]
