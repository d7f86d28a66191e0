"""What an operator may do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.flows.outcomes import NewAccount
from identity_service.foundation.errors import AddressTaken, InvalidInput
from tests.fakes.people import PASSWORD, VISITOR, person, session

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
    assert services.capabilities.clients.is_proven(client.client_id, secret)
    assert told(client.client_id) == ["client.created done"]


@pytest.mark.parametrize("name", ["", "x" * 81, "\udcff"])
def test_a_client_without_a_name_that_fits_is_refused(services, name):
    with pytest.raises(InvalidInput):
        services.administer.create_client(name)
    assert services.administer.list_clients() == []


def test_what_was_planned_for_keys_is_recorded_once(services, told):
    planned = services.administer.rotate_keys()
    assert {plan.algorithm for plan in planned} == {"ES256", "RS256"}
    assert [told(plan.kid) for plan in planned] == [["key.planned done"]] * 2


def test_tidying_up_removes_what_nothing_depends_on(services, ada, clock):
    for _ in range(3):
        session(services, ada)
    services.administer.rotate_keys()
    clock.advance(timedelta(days=7))
    alive = session(services, ada)
    assert services.administer.tidy() == {"sessions": 0, "signing_keys": 2}
    clock.advance(timedelta(days=1, seconds=1))

    assert services.administer.tidy() == {"sessions": 3, "signing_keys": 0}
    assert services.verify.browser_session(alive.refresh_token) is not None


def test_tidying_up_goes_on_until_nothing_is_left(services, ada, clock):
    with services.database.transaction():
        for _ in range(501):
            session(services, ada)
    clock.advance(timedelta(days=9))

    assert services.administer.tidy()["sessions"] == 501
