"""Balances, as the chat application itself reads and writes them."""

import threading
from decimal import Decimal

import pytest
from bson import Decimal128, Int64, ObjectId

from identity_service.chat.bridge import Holder
from tests.chat.people import ADA, ADAS_ID, GRACE, NOW, document


@pytest.fixture
def people(store):
    graces = ObjectId(GRACE.id)
    store.users.insert_many([document(_id=graces, name="Grace", email="grace@example.org"), document()])
    return store


def test_everybody_is_listed_in_the_order_of_their_ids_with_or_without_a_balance(people, chat):
    people.balances.insert_one({"user": ADAS_ID, "tokenCredits": 1000})

    assert list(chat.holders()) == [
        Holder(ADA.id, "ada@example.org", "Ada", 1000, 1),
        Holder(GRACE.id, "grace@example.org", "Grace", None, 0),
    ]


def test_of_several_records_the_oldest_is_the_one_that_is_spent(people, chat):
    people.balances.insert_many(
        [
            {"_id": ObjectId("f" * 24), "user": ADAS_ID, "tokenCredits": 5},
            {"_id": ADAS_ID, "user": ADAS_ID, "tokenCredits": 7},
        ]
    )

    assert chat.holder("ADA@example.org ") == Holder(ADA.id, "ada@example.org", "Ada", 7, 2)
    assert chat.add_credits(ADA.id, 1, NOW) == 8


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (Decimal128("NaN"), '"NaN"'),
        (Decimal128("1E6000"), '"1E+6000"'),
        ("12\x1b[31m", '"12\\u001b[31m"'),
        ([1], "[1]"),
        (True, "true"),
        ("x" * 100, f'"{"x" * 39}'),
    ],
)
def test_what_is_no_number_of_credits_is_told_as_what_it_is_and_hides_nobody(people, chat, found, told):
    people.balances.insert_one({"user": ADAS_ID, "tokenCredits": found})

    ada, grace = chat.holders()
    assert (ada.credits, ada.records, ada.odd) == (None, 1, told)
    assert (grace.credits, grace.records, grace.odd) == (None, 0, None)
    assert chat.set_credits(ADA.id, 7, NOW) == 7
    assert chat.holder("ada@example.org") == Holder(ADA.id, "ada@example.org", "Ada", 7, 1)


@pytest.mark.parametrize(
    ("found", "amount"), [(Decimal128(Decimal("12.5")), 12.5), (Int64(12), 12), (None, 0), (-3, -3)]
)
def test_a_number_is_read_in_whatever_type_it_is_kept(people, chat, found, amount):
    people.balances.insert_one({"user": ADAS_ID, "tokenCredits": found})

    assert next(chat.holders()).credits == amount
    assert chat.add_credits(ADA.id, 5, NOW) == amount + 5


def test_an_id_to_which_no_balance_can_belong_is_told(people, chat):
    people.users.insert_one({"_id": "69b52a1d0000000000000001", "email": "texts@example.org"})

    assert {holder.email: holder.is_payable for holder in chat.holders()} == {
        "texts@example.org": False,
        "ada@example.org": True,
        "grace@example.org": True,
    }


def test_an_address_that_is_kept_in_capitals_is_found_as_it_is_listed(people, chat):
    people.users.insert_one({"email": "Old@Example.org"})
    old = next(holder for holder in chat.holders() if holder.email == "Old@Example.org")

    assert chat.holder(f" {old.email}") == old
    people.users.insert_one({"email": "old@example.org"})
    assert chat.holder(old.email).email == "old@example.org"


def test_nobody_has_an_address_that_is_not_there(people, chat):
    assert chat.holder("nobody@example.org") is None


def test_a_first_payment_makes_a_balance_and_the_record_that_the_chat_application_makes(people, chat):
    assert chat.add_credits(ADA.id, 1000, NOW) == 1000

    record, balance = people.transactions.find_one({}, {"_id": 0}), people.balances.find_one()
    assert record == {
        "user": ADAS_ID,
        "tokenType": "credits",
        "context": "admin",
        "rawAmount": 1000,
        "rate": 1,
        "tokenValue": 1000,
        "createdAt": NOW,
        "updatedAt": NOW,
        "__v": 0,
    }
    assert (balance["user"], balance["autoRefillEnabled"], balance["lastRefill"]) == (ADAS_ID, False, NOW)


def test_a_balance_does_not_fall_below_nothing(people, chat):
    chat.set_credits(ADA.id, 10, NOW)

    assert chat.add_credits(ADA.id, -15, NOW) == 0
    assert people.transactions.count_documents({}) == 1


def test_payments_that_come_at_once_all_count_and_make_one_balance(people, chat):
    crowd = [threading.Thread(target=chat.add_credits, args=(ADA.id, 1, NOW)) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert [(found["_id"], found["tokenCredits"]) for found in people.balances.find()] == [(ADAS_ID, 8)]
