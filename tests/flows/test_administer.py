"""What an operator may do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.flows.outcomes import NewAccount
from identity_service.foundation.errors import (
    AddressTaken,
    ClientUnknown,
    InvalidClientMetadata,
    InvalidInput,
    InvalidRedirectURI,
)
from identity_service.oidc.clients import FILE, Clients
from tests.fakes.people import PASSWORD, VISITOR, person

NEW = NewAccount("Ada@Example.org", password=PASSWORD)


@pytest.fixture
def create(services):
    return lambda **told: services.administer.create_user(replace(NEW, **told))


def test_an_account_is_created_with_what_the_operator_says(services, create, told):
    created = create(name="Ada Lovelace", username="Countess", role="EDITOR", is_verified=False)

    assert services.capabilities.users.by_email("ada@example.org") == created.person
    assert (created.person.name, created.person.username, created.person.role) == ("Ada Lovelace", "countess", "EDITOR")
    assert created.person.email_verified is False
    assert created.generated_password is None
    assert services.sign_in.with_password("ada@example.org", PASSWORD, VISITOR).person.id == created.person.id
    assert told(created.person.id)[0] == "account.created done"


def test_what_the_operator_leaves_out_is_taken_from_the_address(create):
    created = create()

    assert (created.person.name, created.person.username) == ("Ada", "ada")
    assert created.person.email_verified is True
    assert created.person.role == "ADMIN"


def test_without_a_password_one_is_made_up_and_works(services, create):
    created = create(password="")

    assert len(created.generated_password) == 20
    assert services.sign_in.with_password("ada@example.org", created.generated_password, VISITOR)


def test_two_made_up_passwords_differ(create):
    first, second = create(password=""), create(email="grace@example.org", password="")

    assert first.generated_password != second.generated_password


@pytest.mark.parametrize("email", ["", "ada", "ada@localhost", "ada@example.org, b@example.org", "\udcff@example.org"])
def test_what_is_no_address_is_refused(services, create, email):
    with pytest.raises(InvalidInput, match="Invalid email address"):
        create(email=email)
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize("password", ["seven77", "password", "x" * 129, "Ada@Example.org"])
def test_a_password_that_breaks_a_rule_is_refused(create, password):
    with pytest.raises(InvalidInput, match=r"^Password "):
        create(password=password)


@pytest.mark.parametrize("role", ["admin", "Admin", "user", "User"])
def test_no_role_looks_like_one_of_ours_and_is_another(services, create, role):
    with pytest.raises(InvalidInput, match=f"Role must be {role.upper()}, in capitals"):
        create(role=role)
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize(
    "told", [{"name": "x" * 81}, {"username": "x" * 81}, {"username": "İ" * 41}, {"role": "x" * 65}, {"name": "\udcff"}]
)
def test_what_the_table_cannot_hold_is_refused(services, create, told):
    with pytest.raises(InvalidInput):
        create(**told)
    assert services.capabilities.users.count() == 0


def test_an_address_that_somebody_has_is_refused(services, create):
    create()

    with pytest.raises(AddressTaken):
        create(email="ADA@EXAMPLE.ORG")
    assert services.capabilities.users.count() == 1


def test_everybody_is_listed_once_however_many_there_are(services, create):
    with services.database.transaction():
        for number in range(3):
            person(services, f"person{number}@example.org")

    assert {one.email for one in services.administer.people()} == {f"person{number}@example.org" for number in range(3)}


def test_a_client_is_registered_with_a_secret_that_is_not_listed(services, told):
    client, secret = services.administer.create_client("Chat", ("https://chat.example.org/cb",))

    assert services.administer.list_clients() == [client]
    assert secret not in str(services.administer.list_clients())
    assert services.capabilities.clients.prove(client.client_id, secret)
    assert told(client.client_id) == ["client.created done"]


@pytest.mark.parametrize("name", ["", "x" * 81, "\udcff"])
def test_a_client_without_a_name_that_fits_is_refused(services, name):
    with pytest.raises(InvalidInput):
        services.administer.create_client(name)
    assert services.administer.list_clients() == []


def test_a_client_is_registered_with_what_the_operator_says_of_it(services):
    client, secret = services.administer.create_client(
        "App", ("com.example.app:/cb",), {"application_type": "native", "token_endpoint_auth_method": "none"}
    )

    assert (client.name, client.redirect_uris, secret) == ("App", ("com.example.app:/cb",), None)
    assert (client.details.application_type, client.is_confidential) == ("native", False)


def test_a_client_that_cannot_be_is_refused(services):
    with pytest.raises(InvalidRedirectURI):
        services.administer.create_client("Wiki", ("https://wiki.example.org/#x",))
    with pytest.raises(InvalidClientMetadata):
        services.administer.create_client("Wiki", (), {"scope": "magic"})
    assert services.administer.list_clients() == []


@pytest.mark.parametrize("client_id", ["unknown", "", "a b", "\udcff", "\0"])
def test_a_client_that_is_not_here_is_not_found(services, client_id):
    with pytest.raises(ClientUnknown):
        services.administer.find_client(client_id)


def test_a_secret_is_replaced_with_an_entry_in_the_trail(services, told):
    client, old = services.administer.create_client("Chat")
    rotated = services.administer.rotate_client_secret(client.client_id, timedelta(hours=1))

    assert rotated.client == services.administer.find_client(client.client_id) == client
    assert rotated.client_secret != old
    assert told(client.client_id) == ["client.created done", "client.secret_rotated done"]


def test_who_has_no_secret_of_ours_is_given_none(services):
    public = services.administer.create_client("App", (), {"token_endpoint_auth_method": "none"}).client
    with services.database.transaction():
        services.capabilities.clients.register("Wiki", origin=FILE, client_id="wiki")

    for client_id in (public.client_id, "wiki"):
        with pytest.raises(InvalidInput, match="secret"):
            services.administer.rotate_client_secret(client_id, timedelta(0))


def test_a_client_that_has_just_been_removed_elsewhere_is_given_no_secret(services, told):
    client = services.administer.create_client("Chat").client
    services.administer.find_client(client.client_id)
    elsewhere = Clients(services.database, services.clock, services.chance)
    with services.database.transaction():
        elsewhere.delete(client.client_id)

    with pytest.raises(ClientUnknown):
        services.administer.rotate_client_secret(client.client_id, timedelta(0))
    assert told(client.client_id) == ["client.created done"]


def test_what_was_planned_for_keys_is_recorded_once(services, told):
    planned = services.administer.rotate_keys()
    assert {plan.algorithm for plan in planned} == {"ES256", "RS256"}
    assert [told(plan.kid) for plan in planned] == [["key.planned done"]] * 2
