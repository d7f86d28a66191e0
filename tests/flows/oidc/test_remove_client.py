"""Removing a client: its sessions end with it, and nobody else's."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.foundation.errors import ClientUnknown, InvalidGrant, UntrustedRequest
from identity_service.oidc.clients import DYNAMIC
from tests.fakes.clock import START
from tests.fakes.people import session
from tests.flows.oidc.visiting import CALLBACK, Visit


@pytest.fixture
def remove_elsewhere(services):
    """Remove a client in another process: this one still remembers it for a second."""
    known = services.capabilities.clients
    elsewhere = type(known)(services.database, services.clock, services.chance)
    return replace(services.provider.remove_client, clients=elsewhere).by_operator


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


def test_a_client_that_is_used_at_the_last_moment_stays(services):
    clients = services.capabilities.clients

    class Slow(type(clients)):
        """Lets something happen between looking which clients are unused and removing them."""

        def unused(self, before):
            found = super().unused(before)
            with services.database.transaction():
                clients.used(used)
            clients.by_id(used)
            services.provider.remove_client.by_operator(gone)
            return found

    with services.database.transaction():
        used, gone, left = (clients.register("App", origin=DYNAMIC).client.client_id for _ in range(3))
    slow = Slow(services.database, services.clock, services.chance)
    assert slow.by_id(used).is_unused

    assert replace(services.provider.remove_client, clients=slow).unused(START + timedelta(seconds=1)) == 1
    assert [client.client_id for client in clients.all()] == [used]
    assert slow.by_id(left) is None


def test_no_session_begins_with_a_client_that_is_only_remembered(services, provider, browser, remove_elsewhere):
    client = provider.register()
    services.capabilities.clients.by_id(client.client_id)
    remove_elsewhere(client.client_id)
    code = provider.mint(client, browser)

    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_nobody_allows_anything_to_a_client_that_is_only_remembered(services, ada, remove_elsewhere):
    visit = Visit(services, services.administer.create_client("Wiki", (CALLBACK,)).client)
    here = visit.signed_in(ada)
    shown = visit.ask(here)
    remove_elsewhere(visit.client.client_id)
    sealed = visit.allow(shown, here)

    with pytest.raises(UntrustedRequest):
        visit.go_on(sealed, here)
