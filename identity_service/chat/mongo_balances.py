"""
Balances of the chat application, read and written as its own commands do.

Source: LibreChat, `list-balances`, `add-balance`, `set-balance`; 1000 credits are a thousandth of a dollar.
Leaves to others: who asks (flows.balances).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from identity_service.chat.bridge import Holder
from identity_service.chat.mongo_line import Store

_BATCH = 1000

# What a new record says beside its credits, as the chat application's own model does.
_FIRST = {
    "autoRefillEnabled": False,
    "refillIntervalValue": 30,
    "refillIntervalUnit": "days",
    "refillAmount": 0,
    "__v": 0,
}


def holders(store: Store) -> Iterator[Holder]:
    """Yield everybody with their balance, in the order of their ids, a batch in memory at a time."""
    found = store["users"].aggregate([{"$sort": {"_id": 1}}, *_WITH_BALANCE], batchSize=_BATCH, allowDiskUse=True)
    for document in found:
        yield _holder(document)


def holder(store: Store, email: str) -> Holder | None:
    """Return whoever has this address, as the chat application spells addresses."""
    found = list(
        store["users"].aggregate([{"$match": {"email": email.strip().lower()}}, {"$limit": 1}, *_WITH_BALANCE])
    )
    return _holder(found[0]) if found else None


def add(store: Store, user_id: ObjectId, amount: float, now: datetime) -> float:
    """Record the payment, then add *amount* to the balance, which does not fall below nothing."""
    record = {"tokenType": "credits", "context": "admin", "rawAmount": amount, "rate": 1, "tokenValue": amount}
    store["transactions"].insert_one({"user": user_id, **record, "createdAt": now, "updatedAt": now, "__v": 0})
    sum_of_both = {"$add": [{"$ifNull": ["$tokenCredits", 0]}, amount]}
    return _changed(store, user_id, [{"$set": {"tokenCredits": {"$max": [0, sum_of_both]}}}], now)


def set_to(store: Store, user_id: ObjectId, amount: float, now: datetime) -> float:
    """Make the balance *amount*."""
    return _changed(store, user_id, [{"$set": {"tokenCredits": amount}}], now)


def _changed(store: Store, user_id: ObjectId, change: list[dict[str, Any]], now: datetime) -> float:
    balances = store["balances"]
    # Of several records the oldest is the one that is spent. A first one has the person's id for its own, so that
    # two who make it at the same time make one.
    oldest = balances.find_one({"user": user_id}, {"_id": 1}, sort=[("_id", 1)])
    if oldest is None:
        first = {"$setOnInsert": {"user": user_id, "tokenCredits": 0, "lastRefill": now, **_FIRST}}
        balances.update_one({"_id": user_id}, first, upsert=True)
        oldest = {"_id": user_id}
    after = balances.find_one_and_update({"_id": oldest["_id"]}, change, return_document=ReturnDocument.AFTER)
    return float(after["tokenCredits"]) if after else 0.0


def _holder(document: dict[str, Any]) -> Holder:
    records = sorted(document["balances"], key=lambda record: str(record["_id"]))
    spent_next = float(records[0].get("tokenCredits") or 0) if records else None
    name, email = str(document.get("name") or ""), str(document.get("email") or "")
    return Holder(str(document["_id"]), email, name, spent_next, len(records))


_WITH_BALANCE: list[dict[str, Any]] = [
    {"$lookup": {"from": "balances", "localField": "_id", "foreignField": "user", "as": "balances"}},
    {"$project": {"email": 1, "name": 1, "balances._id": 1, "balances.tokenCredits": 1}},
]
