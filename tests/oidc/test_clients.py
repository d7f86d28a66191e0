"""Registered clients: a secret is shown once and kept as a fingerprint."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from identity_service.foundation.opaque import fingerprint
from identity_service.oidc.clients import DYNAMIC, FILE, Client, Held, renamed
from identity_service.oidc.details import Details
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

    assert clients.prove(client.client_id, secret) == client
    assert clients.prove(client.client_id, secret) == client


def test_a_wrong_secret_proves_nothing(clients, register):
    client, secret = register("Chat")

    for wrong in ("", secret.swapcase(), secret[:-1], f"{secret} ", fingerprint(secret)):
        assert clients.prove(client.client_id, wrong) is None


@pytest.mark.parametrize("client_id", ["unknown", "", "' OR 1=1 --"])
@pytest.mark.parametrize("secret", ["", "anything"])
def test_an_unknown_client_is_not_proven_whatever_it_says(clients, client_id, secret):
    assert clients.prove(client_id, secret) is None


def test_a_client_is_not_proven_by_the_secret_of_another(clients, register):
    first, second = register("Chat"), register("Wiki")

    assert clients.prove(first.client.client_id, second.client_secret) is None


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


def test_a_client_has_the_origin_the_id_and_the_details_that_it_was_given(services, clients):
    details = Details(is_trusted=True, jwks={"keys": []}, contacts=("ada@example.org",))
    with services.database.transaction():
        client, _ = clients.register("Wiki", details=details, origin=FILE, client_id="wiki")

    assert clients.by_id("wiki") == client == Client("wiki", "Wiki", (), START, FILE, details)
    assert clients.by_id("other") is None


@pytest.mark.parametrize("method", ["none", "private_key_jwt"])
def test_a_client_without_a_secret_is_proven_by_none(register, clients, method):
    client, secret = register("App", (), Details(token_endpoint_auth_method=method))

    assert (secret, client.has_secret, client.is_confidential) == (None, False, method != "none")
    for nothing in ("", fingerprint(""), "anything"):
        assert clients.prove(client.client_id, nothing) is None


def test_while_a_secret_is_replaced_both_prove_the_client(services, clients, register, clock):
    client, old = register("Chat")
    with services.database.transaction():
        rotated = clients.rotate_secret(client.client_id, timedelta(hours=24))
    new = rotated.client_secret

    assert rotated.client == client
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert [clients.prove(client.client_id, secret) for secret in (old, new)] == [client, client]
    clock.advance(timedelta(seconds=1))
    assert [clients.prove(client.client_id, secret) for secret in (old, new)] == [None, client]


def test_only_one_secret_before_the_present_one_lives_on(services, clients, register):
    client, first = register("Chat")
    with services.database.transaction():
        second = clients.rotate_secret(client.client_id, timedelta(hours=24)).client_secret
    with services.database.transaction():
        third = clients.rotate_secret(client.client_id, timedelta(hours=24)).client_secret

    assert [clients.prove(client.client_id, secret) for secret in (first, second, third)] == [None, client, client]


def test_a_secret_that_has_leaked_is_replaced_at_once(services, clients, register):
    client, leaked = register("Chat")
    with services.database.transaction():
        new = clients.rotate_secret(client.client_id, timedelta(0)).client_secret

    assert [clients.prove(client.client_id, secret) for secret in (leaked, new)] == [None, client]


def test_who_has_no_secret_is_given_none(services, clients, register):
    public = register("App", (), Details(token_endpoint_auth_method="none")).client
    with services.database.transaction():
        assert clients.rotate_secret(public.client_id, timedelta(0)) is None
        assert clients.rotate_secret("unknown", timedelta(0)) is None


def test_a_secret_that_is_set_is_the_only_one(services, clients, register):
    client, old = register("Chat")
    with services.database.transaction():
        previous = clients.rotate_secret(client.client_id, timedelta(hours=24)).client_secret
        assert clients.set_secret(client.client_id, fingerprint("mine"))
        assert not clients.set_secret("unknown", fingerprint("mine"))

    assert [clients.prove(client.client_id, secret) for secret in (old, previous)] == [None, None]
    assert clients.prove(client.client_id, "mine") == client


def test_what_is_changed_is_seen_at_once_and_elsewhere_within_a_second(services, clients, register, clock):
    client, secret = register("Chat")
    elsewhere = type(clients)(services.database, clock, services.chance)
    assert elsewhere.prove(client.client_id, secret) == client
    changed = renamed(client, "Wiki", ("https://wiki.example.org/cb",), replace(client.details, is_trusted=True))
    with services.database.transaction():
        assert clients.change(changed)

    assert clients.by_id(client.client_id) == changed
    assert elsewhere.by_id(client.client_id) == client
    clock.advance(timedelta(seconds=1, microseconds=1))
    assert elsewhere.by_id(client.client_id) == changed


def test_a_client_that_is_deleted_is_nobody(services, clients, register):
    client, secret = register("Chat")
    with services.database.transaction():
        assert clients.delete(client.client_id)
        assert not clients.delete(client.client_id)
        assert not clients.change(client)

    assert (clients.by_id(client.client_id), clients.prove(client.client_id, secret)) == (None, None)


def test_a_registration_is_managed_by_its_own_token_alone(services, clients, register):
    first, second = register("Chat").client, register("Wiki").client
    with services.database.transaction():
        clients.set_registration_token(first.client_id, fingerprint("the token"))

    assert clients.managed(first.client_id, "the token") == first
    for client_id, token in (
        (first.client_id, ""),
        (second.client_id, "the token"),
        (second.client_id, ""),
        ("no", ""),
    ):
        assert clients.managed(client_id, token) is None


def test_whoever_manages_a_registration_sees_what_another_process_has_changed(services, clients, register, clock):
    client = register("Chat").client
    elsewhere = type(clients)(services.database, clock, services.chance)
    with services.database.transaction():
        clients.set_registration_token(client.client_id, fingerprint("the token"))
    assert elsewhere.by_id(client.client_id) == client
    changed = renamed(client, "Wiki", (), client.details)
    with services.database.transaction():
        clients.change(changed)

    assert elsewhere.managed(client.client_id, "the token") == elsewhere.by_id(client.client_id) == changed


def test_a_first_secret_takes_the_place_of_none(services, clients, register):
    client, secret = register("Chat")
    with services.database.transaction():
        assert not clients.set_first_secret(client.client_id, fingerprint("mine"))
        assert not clients.set_first_secret("unknown", fingerprint("mine"))
        assert clients.set_secret(client.client_id, "")
        assert clients.set_first_secret(client.client_id, fingerprint("mine"))

    assert [clients.prove(client.client_id, each) for each in (secret, "mine")] == [None, client]


def test_of_two_who_add_a_client_one_is_told_so(services, clients):
    held = Held(Client("wiki", "Wiki", (), START, FILE), fingerprint("mine"))
    with services.database.transaction():
        assert clients.add(held)
        assert not clients.add(held._replace(secret_fingerprint=fingerprint("theirs")))

    assert clients.prove("wiki", "mine") == held.client


def test_clients_are_found_by_where_they_come_from(services, clients, register):
    register("Chat")
    with services.database.transaction():
        clients.register("App", origin=DYNAMIC)
        for name in ("b", "a", "B"):
            clients.add(Held(Client(name, name, (), START, FILE), fingerprint(name)))
        found = clients.of_origin(FILE)

    assert [each.client.client_id for each in found] == ["B", "a", "b"]
    assert [each.secret_fingerprint for each in found] == [fingerprint(name) for name in ("B", "a", "b")]


def test_more_clients_than_are_remembered_are_all_found(services, clients):
    with services.database.transaction():
        known = [clients.register(f"Chat {number}").client for number in range(3)]
    clients._remembered.update({f"x{number}": None for number in range(2048)})

    assert [clients.by_id(each.client_id) for each in known] == known
    assert len(clients._remembered) <= 2048
