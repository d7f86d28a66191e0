"""
Balances of the chat application, read and written as its own commands do.

Source: LibreChat, `list-balances`, `add-balance`, `set-balance`; 1000 credits are a thousandth of a dollar.
Leaves to others: who asks (flows.balances).
"""

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bson import Decimal128, ObjectId
from pymongo import ReturnDocument

from identity_service.chat.bridge import Holder
from identity_service.chat.mongo_line import Store

_BATCH = 1000
_LONGEST = 40  # characters of what stands in the place of a number

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
    pipeline = [{"$sort": {"_id": 1}}, *_WITH_BALANCE]
    for document in store["users"].aggregate(pipeline, batchSize=_BATCH, allowDiskUse=True):
        yield _holder(document)


def holder(store: Store, email: str) -> Holder | None:
    """Return whoever has this address, as the chat application spells addresses, or else just as it is typed."""
    typed = email.strip()
    for spelled in (typed.lower(), typed):
        for found in store["users"].aggregate([{"$match": {"email": spelled}}, {"$limit": 1}, *_WITH_BALANCE]):
            return _holder(found)
    return None


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
    return (_number(after.get("tokenCredits")) or 0.0) if after else 0.0


def _holder(document: dict[str, Any]) -> Holder:
    records = sorted(document["balances"], key=lambda record: str(record["_id"]))
    name, email = str(document.get("name") or ""), str(document.get("email") or "")
    found = records[0].get("tokenCredits") if records else None
    spent_next = _number(found) if records else None
    odd = json.dumps(found, default=str)[:_LONGEST] if records and spent_next is None else None
    is_payable = isinstance(document["_id"], ObjectId)
    return Holder(str(document["_id"]), email, name, spent_next, len(records), odd, is_payable)


def _number(found: object) -> float | None:
    """Return what was found as a number; nothing counts as 0, and None is returned for what is no number."""
    if found is None:
        return 0.0
    if isinstance(found, Decimal128):
        amount = found.to_decimal()
        return float(amount) if amount.is_finite() and math.isfinite(float(amount)) else None
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found) if math.isfinite(found) else None
    return None


_WITH_BALANCE: list[dict[str, Any]] = [
    {"$lookup": {"from": "balances", "localField": "_id", "foreignField": "user", "as": "balances"}},
    {"$project": {"email": 1, "name": 1, "balances._id": 1, "balances.tokenCredits": 1}},
]
