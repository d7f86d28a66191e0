"""People at the command line: create, list, delete."""

import pytest

from identity_service.foundation.clock import SystemClock
from tests.fakes.people import PASSWORD, VISITOR, person, session


def test_an_account_is_created_with_a_password_that_is_shown_once(services, told, identity):
    created = told("create-user", "Ada@Example.org", "--yes")

    assert created.keys() == {"id", "email", "role", "password"}
    assert (created["email"], created["role"]) == ("Ada@Example.org", "ADMIN")
    assert services.sign_in.with_password("ada@example.org", created["password"], VISITOR).person.id == created["id"]
    assert created["password"] not in identity("list-users").said


def test_an_account_is_created_in_words_for_people(services, identity):
    said = identity("create-user", "ada@example.org", "--name", "Ada Lovelace", "--username", "ada", "--yes").said

    ada = services.capabilities.users.by_email("ada@example.org")
    first, second = said.splitlines()
    assert first == f"User created successfully! ada@example.org ({ada.id}), role ADMIN"
    assert second.startswith("Your password is: ")
    assert (ada.name, ada.username, ada.email_verified) == ("Ada Lovelace", "ada", True)


def test_a_password_that_the_operator_chose_is_not_repeated(services, told):
    created = told("create-user", "ada@example.org", "--password", PASSWORD, "--role", "EDITOR", "--verified", "false")

    assert (created["password"], created["role"]) == (None, "EDITOR")
    ada = services.sign_in.with_password("ada@example.org", PASSWORD, VISITOR).person
    assert ada.email_verified is False


def test_a_second_account_for_an_address_is_refused(services, identity):
    person(services)

    refused = identity("create-user", "ADA@EXAMPLE.ORG", "--yes", status=1)
    assert refused.complained == "A user with that email already exists.\n"
    assert services.capabilities.users.count() == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["not an address"], "Invalid email address!"),
        (["ada@example.org", "--password", "short"], "Password must be at least 8 characters"),
        (["ada@example.org", "--name", "x" * 81], "Name must be 1 to 80 printable characters"),
    ],
    ids=["no address", "short password", "long name"],
)
def test_what_breaks_a_rule_is_refused_in_a_sentence(services, identity, arguments, sentence):
    assert identity("create-user", "--yes", *arguments, status=1).complained == f"{sentence}\n"
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["create-user", "\udcff@example.org", "--yes"],
        ["create-user", "ada@example.org", "--password", "\udcff\udcfe bad utf8 pass"],
        ["why", "\udcff"],
        ["export", "\udcff"],
        ["\udcff"],
    ],
)
def test_what_is_no_text_is_refused_by_every_command(services, identity, arguments):
    refused = identity(*arguments, status=2)

    assert refused.complained == "What was given is not text in UTF-8: look at each word behind `identity`.\n"
    assert services.capabilities.users.count() == 0


def test_users_are_listed_as_an_array_of_objects(services, told):
    assert told("list-users") == []
    ada, grace = person(services), person(services, "grace@example.org", name="Grace Hopper", username="grace")
    listed = told("list-users")

    assert sorted(each["email"] for each in listed) == sorted([ada.email, grace.email])
    (first,) = (each for each in listed if each["id"] == ada.id)
    assert first == {
        "id": ada.id,
        "email": "Ada@Example.org",
        "emailVerified": False,
        "name": "Ada Lovelace",
        "username": "ada",
        "provider": "local",
        "role": "ADMIN",
        "createdAt": "2026-03-14T09:26:53+00:00",
    }


def test_users_are_listed_a_line_each_and_counted(services, identity):
    ada = person(services)

    assert identity("list-users").said.splitlines() == [
        f"{ada.id}  ADMIN  Ada@Example.org  Ada Lovelace (ada)",
        "Total users: 1",
    ]


def test_an_account_is_deleted_with_its_sessions(services, told):
    ada = person(services)
    session(services, ada)

    assert told("delete-user", "ada@EXAMPLE.org", "--yes") == {
        "id": ada.id,
        "email": ada.email,
        "sessions": 0,
        "chat": {},
    }
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize("answer", ["n\n", "\n", "perhaps\n", "no\n"])
def test_deleting_asks_first_and_anything_but_yes_changes_nothing(services, identity, answer):
    ada = person(services)

    asked = identity("delete-user", "ada@example.org", stdin=answer, status=1)
    assert f"Really delete user Ada@Example.org ({ada.id}) and ALL their data?" in asked.said
    assert "Aborted" in asked.complained
    assert services.capabilities.users.by_id(ada.id) == ada


def test_deleting_asks_first_and_yes_deletes(services, identity):
    person(services)

    assert "Deleted user Ada@Example.org" in identity("delete-user", "ada@example.org", stdin="y\n").said
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize("email", ["grace@example.org", "not an address"])
def test_somebody_who_is_not_here_is_not_found(identity, email):
    refused = identity("delete-user", email, "--yes", status=1)

    assert refused.complained.startswith("No user found with email")


def test_an_operator_gets_a_link_to_hand_over(services, told, identity):
    ada = person(services)
    shown = told("reset-link", "ADA@example.org")

    assert shown["link"].startswith("http://localhost:3081/reset-password?token=")
    token = shown["link"].partition("token=")[2].partition("&")[0]
    services.recovery.recover.reset(ada.id, token, "another phrase of several words", VISITOR)
    assert identity("reset-link", "nobody@example.org", status=1).complained.startswith("No user found")


def test_a_person_is_signed_out_everywhere(services, told, identity, clock):
    clock.instant = SystemClock().now()
    ada = person(services)
    session(services, ada)
    session(services, ada)

    assert told("revoke-sessions", ada.email) == {"email": ada.email, "sessions": 2}
    assert identity("revoke-sessions", ada.email).said == f"Ended 0 sessions of {ada.email}.\n"
    assert (
        identity("revoke-sessions", "nobody@example.org", status=1).complained == "No user with that email was found.\n"
    )
