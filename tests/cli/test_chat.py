"""Deleting, balances and comparing at the command line: the chat application runs, is away, or does not exist."""

import json
import time

import pytest
from bson import ObjectId

from tests.fakes.people import person
from tests.servers.process import free_port

ADA = ObjectId("69b52a1d0000000000000001")
GRACE = ObjectId("69b52a1d0000000000000002")


@pytest.fixture
def beside(operator, mongo, store):
    """The operator of an installation beside a chat application."""
    return operator.with_settings(MONGO_URI=mongo.uri)


@pytest.fixture
def away(operator):
    """The operator while the chat application's database is down."""
    return operator.with_settings(MONGO_URI=f"mongodb://127.0.0.1:{free_port()}/LibreChat")


@pytest.fixture
def holders(store):
    store.users.insert_many(
        [
            {"_id": GRACE, "name": "Grace\n\x1b[31m", "email": "grace@example.org"},
            {"_id": ADA, "name": "Ada Lovelace", "email": "ada@example.org"},
        ]
    )
    store.balances.insert_many([{"user": ADA, "tokenCredits": 1500.0}, {"user": ADA, "tokenCredits": 3}])
    return store


def test_balances_are_listed_in_the_words_of_the_chat_application(beside, holders):
    listed = beside.run("list-balances")

    assert (listed.status, listed.complained) == (
        0,
        "User Ada Lovelace (ada@example.org) has 2 balances, of which the oldest is spent.\n",
    )
    assert listed.said.splitlines() == [
        "User Ada Lovelace (ada@example.org) has a balance of 1500",
        "User Grace��[31m (grace@example.org) has no balance",
    ]


def test_balances_are_told_to_programs(beside, holders):
    told = json.loads(beside.run("list-balances", "--json").said)

    assert [(one["id"], one["balance"], one["records"]) for one in told] == [(str(ADA), 1500, 2), (str(GRACE), None, 0)]
    holders.users.delete_many({})
    assert json.loads(beside.run("list-balances", "--json").said) == []


def test_a_balance_that_is_no_number_is_shown_everybody_else_is_listed_and_it_is_mended(beside, holders):
    holders.balances.delete_many({})
    holders.balances.insert_one({"user": ADA, "tokenCredits": float("nan")})
    refused = beside.run("add-balance", "ada@example.org", "5")

    assert beside.run("list-balances").said.splitlines() == [
        "User Ada Lovelace (ada@example.org) has a balance that is not a number: NaN",
        "User Grace��[31m (grace@example.org) has no balance",
    ]
    told = json.loads(beside.run("list-balances", "--json").said)
    assert [(one["balance"], one["records"], one["odd"]) for one in told] == [(None, 1, "NaN"), (None, 0, None)]
    assert (refused.status, holders.transactions.count_documents({})) == (1, 0)
    assert "not a number: NaN" in refused.complained
    assert beside.run("set-balance", "ada@example.org", "5").said.splitlines() == [
        "Current Balance: not a number: NaN",
        "Balance set successfully!",
        "New Balance: 5",
    ]


def test_a_sum_that_no_number_can_say_is_refused_and_not_recorded(beside, holders):
    assert beside.run("add-balance", "grace@example.org", "1e308").status == 0
    refused = beside.run("add-balance", "grace@example.org", "1e308")

    assert (refused.status, refused.complained) == (1, "That is more than a balance can be.\n")
    assert [one["rawAmount"] for one in holders.transactions.find()] == [1e308]
    assert holders.balances.find_one({"user": GRACE})["tokenCredits"] == 1e308


@pytest.mark.parametrize("command", ["add-balance", "set-balance"])
@pytest.mark.parametrize("whose", ["somebody", "69b52a1d0000000000000001"])
def test_who_has_no_id_of_the_chat_applications_can_have_no_balance(beside, holders, command, whose):
    holders.users.insert_one({"_id": whose, "name": "Odd", "email": "odd@example.org"})
    before = list(holders.balances.find())
    refused = beside.run(command, "odd@example.org", "5")

    assert refused.status == 1
    assert refused.complained.startswith(f"{whose!r} is not an id that the chat application gives")
    assert (list(holders.balances.find()), holders.transactions.count_documents({})) == (before, 0)


def test_a_balance_is_added_to_and_set(beside, holders):
    added = beside.run("add-balance", "GRACE@example.org", "1000")
    assert added.said.splitlines() == ["Transaction created successfully!", "Amount: 1000", "New Balance: 1000"]
    assert beside.run("add-balance", "grace@example.org", "-400").said.splitlines()[-1] == "New Balance: 600"
    assert json.loads(beside.run("set-balance", "grace@example.org", "2.5", "--json").said)["after"] == 2.5

    amounts = [record["rawAmount"] for record in holders.transactions.find().sort("_id")]
    assert amounts == [1000, -400]
    assert beside.run("set-balance", "ada@example.org", "7").said.splitlines()[0] == "Current Balance: 1500"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["add-balance", "nobody@example.org", "5"], 1),
        (["set-balance", "ada@example.org", "-5"], 1),
        (["add-balance", "ada@example.org", "nan"], 1),
        (["add-balance", "ada@example.org", "much"], 2),
        (["add-balance", "ada@example.org"], 2),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(beside, holders, arguments, status):
    refused = beside.run(*arguments)

    assert refused.status == status
    assert refused.complained.strip()
    assert holders.transactions.count_documents({}) == 0


@pytest.mark.parametrize("command", [["list-balances"], ["add-balance", "a@b.org", "1"], ["sync-chat"]])
def test_without_a_chat_application_the_missing_setting_is_named(operator, command):
    refused = operator.run(*command)

    assert refused.status == 2
    assert "MONGO_URI is not set" in refused.complained


@pytest.mark.parametrize("command", [["list-balances"], ["set-balance", "a@b.org", "1"], ["sync-chat"]])
def test_a_database_that_is_down_is_told_within_five_seconds(away, command):
    began = time.monotonic()
    refused = away.run(*command)

    assert refused.status == 3
    assert "is not available right now" in refused.complained
    assert time.monotonic() - began < 5


def test_somebody_created_at_the_command_line_is_over_there_at_once(beside, store):
    created = json.loads(beside.run("create-user", "ada@example.org", "--json").said)

    assert [str(found["_id"]) for found in store.users.find()] == [created["id"]]


def test_what_is_over_there_is_shown_before_it_goes_and_counted_when_it_has_gone(services, beside, store):
    ada = person(services)
    store.users.insert_one({"_id": ObjectId(ada.id), "email": "ada@example.org"})
    store.messages.insert_many([{"user": ada.id}] * 1 + [{"user": ObjectId(ada.id)}])
    store.transactions.insert_one({"user": ObjectId(ada.id)})
    asked = beside.run("delete-user", "ada@example.org", stdin="y\nn\n")

    assert "In the chat application: 2 messages, 1 transactions." in asked.said
    assert "Also delete all transaction history for this user?" in asked.said
    assert "1 account, 0 live sessions, 1 users, 2 messages." in asked.said
    assert "Transaction history was retained." in asked.said
    assert (store.users.count_documents({}), store.transactions.count_documents({})) == (0, 1)


@pytest.mark.parametrize(("options", "left"), [([], 0), (["--keep-transactions"], 1)])
def test_a_script_is_asked_nothing(services, beside, store, options, left):
    ada = person(services)
    store.transactions.insert_one({"user": ObjectId(ada.id)})
    told = json.loads(beside.run("delete-user", "ada@example.org", "--yes", "--json", *options).said)

    assert told["chat"] == ({} if left else {"transactions": 1})
    assert store.transactions.count_documents({}) == left


def test_while_the_database_is_down_nobody_is_half_deleted_and_a_second_run_finishes(services, away, beside, store):
    ada = person(services)
    store.users.insert_one({"_id": ObjectId(ada.id), "email": "ada@example.org"})
    refused = away.run("delete-user", "ada@example.org", "--yes")

    assert refused.status == 3
    assert "nobody can sign in to the account any more" in refused.complained
    assert services.capabilities.users.by_id(ada.id).is_closing
    assert beside.run("delete-user", "ada@example.org", "--yes").status == 0
    assert (services.capabilities.users.count(), store.users.count_documents({})) == (0, 0)


def test_a_stranger_whose_id_is_no_object_id_makes_strangers_of_nobody_else(services, beside, store):
    ada, grace = person(services), person(services, "grace@example.org", username="grace")
    beside.run("sync-chat")
    odd = ["zed", "", ada.id, 7, {"a": 1}, "\x1b[31m", True]
    store.users.insert_many([{"_id": one, "email": f"{number}@x.org"} for number, one in enumerate(odd)])
    store.users.insert_one({"_id": ObjectId("f" * 24), "email": "f@x.org"})
    told = json.loads(beside.run("sync-chat", "--json").said)

    quoted = ['"zed"', '""', f'"{ada.id}"', "7", '{"a": 1}', '"\\u001b[31m"', "true"]
    assert sorted(told["strangers"]) == sorted([*quoted, "f" * 24])
    assert (told["written"], told["erased"], told["conflicts"]) == (2, [], [])
    assert {found["_id"] for found in store.users.find({"_id": {"$type": "objectId"}})} == {
        ObjectId(one) for one in (ada.id, grace.id, "f" * 24)
    }


def test_everybody_is_written_and_strangers_are_named(services, beside, store):
    ada = person(services)
    store.users.insert_many([{"_id": ObjectId(), "email": f"{number}@x.org"} for number in range(25)])
    said = beside.run("sync-chat").said

    assert "1 people are in the chat application as they are here." in said
    assert "and 5 more, whom --json lists" in said
    told = json.loads(beside.run("sync-chat", "--json").said)
    assert (told["written"], len(told["strangers"]), told["conflicts"], told["erased"]) == (1, 25, [], [])
    assert store.users.find_one({"_id": ObjectId(ada.id)})["email"] == "ada@example.org"


def test_while_the_database_is_down_a_program_reads_nothing_but_the_answer(away):
    created = away.run("create-user", "ada@example.org", "--json")

    assert json.loads(created.said)["email"] == "ada@example.org"
    assert "chat.postponed" in created.complained
