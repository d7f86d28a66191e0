"""People: unique by their canonical address, and the first local one is the administrator, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from identity_service.accounts.addresses import NotAnAddress
from identity_service.accounts.users import NewPerson
from tests.fakes.clock import START
from tests.fakes.people import HASH


@pytest.fixture
def users(services):
    return services.capabilities.users


@pytest.fixture
def add(users, change):
    """Add somebody; a local person with a password unless told otherwise."""

    def somebody(email="Ada@Example.org", **told):
        return change(
            users.add, NewPerson(**{"email": email, "name": "Ada", "username": "Ada", "password_hash": HASH, **told})
        )

    return somebody


def test_a_person_is_found_as_added(users, add):
    added = add(name="Ada Lovelace", email_verified=True)

    assert users.by_id(added.id) == added
    assert users.by_email("ada@example.org") == added
    assert (added.email, added.name, added.username, added.email_verified) == (
        "Ada@Example.org",
        "Ada Lovelace",
        "ada",
        True,
    )
    assert (added.provider, added.avatar, added.is_closing) == ("local", None, False)
    assert (added.created_at, added.updated_at) == (START, START)


def test_an_id_has_the_form_of_an_object_id_and_begins_with_the_second(add):
    added = add()

    assert len(bytes.fromhex(added.id)) == 12
    assert added.id == added.id.lower()
    assert int(added.id[:8], 16) == int(START.timestamp())


def test_a_person_has_no_password_hash_for_others_to_see(users, add):
    added = add()

    assert not hasattr(added, "password_hash")
    assert users.credentials("ada@example.org") == (added, HASH, None)


@pytest.mark.parametrize("email", ["grace@example.org", "not an address", "", "ada@"])
def test_an_unknown_address_is_nobodys(users, add, email):
    add()

    assert users.by_email(email) is None
    assert users.credentials(email) is None
    assert users.by_id("f" * 24) is None


@pytest.mark.parametrize("spelling", ["ada@example.org", "ADA@EXAMPLE.ORG", "ａda@example.org", "ada@ⓔxample。org"])  # noqa: RUF001
def test_a_second_account_for_another_spelling_is_not_added(users, add, spelling):
    assert add() is not None
    assert add(spelling) is None
    assert users.count() == 1
    assert users.by_email(spelling).email == "Ada@Example.org"


def test_what_is_no_address_is_not_added(add):
    with pytest.raises(NotAnAddress):
        add("not an address")


def test_the_first_local_account_is_the_administrator_and_nobody_else_is(users, add):
    roles = [add(f"person{number}@example.org").role for number in range(4)]

    assert roles == ["ADMIN", "USER", "USER", "USER"]
    assert sorted(person.role for person in users.page()) == sorted(roles)


def test_exactly_one_administrator_comes_from_many_that_sign_up_at_once(users, add):
    with ThreadPoolExecutor(8) as crowd:
        roles = [person.role for person in crowd.map(add, (f"person{number}@example.org" for number in range(64)))]

    assert roles.count("ADMIN") == 1
    assert [person.role for person in users.page()].count("ADMIN") == 1


def test_of_many_that_want_one_address_at_once_exactly_one_gets_it(users, add):
    with ThreadPoolExecutor(8) as crowd:
        added = list(crowd.map(add, ["ada@example.org"] * 32))

    assert sum(person is not None for person in added) == 1
    assert users.count() == 1


def test_an_emptied_table_does_not_make_a_new_administrator(users, add, change):
    first = add()
    assert change(users.remove, first.id) is True
    assert users.count() == 0

    assert add("grace@example.org").role == "USER"


@pytest.mark.parametrize("told", [{"provider": "github", "password_hash": None}, {"role": "USER"}, {"role": "EDITOR"}])
def test_a_first_account_that_is_not_local_or_was_given_a_role_uses_up_the_rule(add, told):
    assert add(**told).role == told.get("role", "USER")
    assert add("grace@example.org").role == "USER"


def test_an_account_that_was_rolled_back_does_not_use_up_the_rule(services, users, add):
    def fail():
        with services.database.transaction():
            assert users.add(NewPerson("grace@example.org", "Grace", "grace", HASH)).role == "ADMIN"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert add().role == "ADMIN"


def test_people_are_paged_oldest_first(users, add, clock):
    added = []
    for number in range(5):
        added.append(add(f"person{number}@example.org").id)
        clock.advance(timedelta(seconds=1))

    assert [person.id for person in users.page(size=2)] == added[:2]
    assert [person.id for person in users.page(added[1], 2)] == added[2:4]
    assert [person.id for person in users.page(added[3], 2)] == added[4:]
    assert users.page(added[4]) == []


def test_a_hash_is_renewed_only_if_it_is_still_the_one_that_was_read(users, add, change, clock):
    ada = add()
    clock.advance(timedelta(seconds=1))

    assert change(users.renew_hash, ada.id, HASH, "newer") is True
    assert change(users.renew_hash, ada.id, HASH, "newest") is False
    assert users.credentials("ada@example.org").password_hash == "newer"
    assert users.by_id(ada.id).updated_at == clock.now()


def test_an_account_begins_to_close_once(users, add, change):
    ada = add()

    assert change(users.begin_closing, ada.id) is True
    assert change(users.begin_closing, ada.id) is False
    assert change(users.begin_closing, "f" * 24) is False
    assert users.by_id(ada.id).is_closing is True
    assert users.by_email("ada@example.org").is_closing is True


def test_who_is_removed_is_gone(users, add, change):
    ada = add()

    assert change(users.remove, ada.id) is True
    assert change(users.remove, ada.id) is False
    assert users.by_id(ada.id) is None
