"""Balances, as the chat application itself reads and writes them."""

import threading

import pytest
from bson import ObjectId

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
