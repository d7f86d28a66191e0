"""Registered clients: a secret is shown once and kept as a fingerprint."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from identity_service.foundation.opaque import fingerprint
from tests.fakes.clock import START


@pytest.fixture
def clients(services):
    return services.capabilities.clients


@pytest.fixture
def register(services, clients):
    def with_these(*arguments):
        with services.database.transaction():
            return clients.register(*arguments)

    return with_these


def test_a_client_proves_itself_with_its_secret(clients, register):
    client, secret = register("Chat")

    assert clients.is_proven(client.client_id, secret)
    assert clients.is_proven(client.client_id, secret)


def test_a_wrong_secret_proves_nothing(clients, register):
    client, secret = register("Chat")

    for wrong in ("", secret.swapcase(), secret[:-1], f"{secret} ", fingerprint(secret)):
        assert not clients.is_proven(client.client_id, wrong)


@pytest.mark.parametrize("client_id", ["unknown", "", "' OR 1=1 --"])
@pytest.mark.parametrize("secret", ["", "anything"])
def test_an_unknown_client_is_not_proven_whatever_it_says(clients, client_id, secret):
    assert not clients.is_proven(client_id, secret)


def test_a_client_is_not_proven_by_the_secret_of_another(clients, register):
    first, second = register("Chat"), register("Wiki")

    assert not clients.is_proven(first.client.client_id, second.client_secret)


def test_the_table_holds_the_fingerprint_and_no_secret(services, register):
    _, secret = register("Chat")
    with services.database.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM oauth_clients")).one()

    assert secret not in str(row)
    assert fingerprint(secret) in str(row)


def test_clients_are_listed_oldest_first_with_what_was_said_of_them(clients, register, clock):
    first = register("Chat", ("https://chat.example.org/cb", "https://chat.example.org/silent")).client
    clock.advance(timedelta(seconds=1))
    second = register("Wiki").client

    assert clients.all() == [first, second]
    assert (first.name, first.created_at) == ("Chat", START)
    assert first.redirect_uris == ("https://chat.example.org/cb", "https://chat.example.org/silent")
    assert second.redirect_uris == ()
    assert len(bytes.fromhex(first.client_id)) == 12
