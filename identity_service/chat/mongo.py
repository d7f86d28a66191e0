"""
The chat application's database, in MongoDB. Imported only when MONGO_URI is set.

Source: LibreChat's collections; what it owns in a document is never overwritten.
Leaves to others: what the documents say (documents), balances (mongo_balances), its connection (mongo_line).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from identity_service.chat import documents, mongo_balances
from identity_service.chat.bridge import ChatUser, Conflict, Holder
from identity_service.chat.mongo_line import LISTING_MS, Line, Store, translated
from identity_service.chat.provider_ids import NAMES, Known

_DUPLICATE_KEY = 11000
_LIKE_OURS = {"$type": "objectId"}
_ONES_OWN_PICTURE = r"[?&]manual=true"


class MongoChat:
    """What we ask of MongoDB."""

    is_here = True

    def __init__(self, uri: str, **options: Any) -> None:
        """Take the address, and *options* of the driver; nothing is opened before the first question."""
        self._line = Line(uri, **options)
        self._listing = Line(uri, LISTING_MS, **options)

    def mirror(self, person: ChatUser, *, forgets_password: bool = False) -> None:
        """Make the person's document say what is true here; Conflict if another one is in the way."""
        with translated():
            users = self._line.store()["users"]
            try:
                for one in _writes(person, forgets_password=forgets_password):
                    users.bulk_write([one])
            except (DuplicateKeyError, BulkWriteError) as wrong:
                if _is_conflict(wrong):
                    raise Conflict(person.id) from wrong
                raise

    def mirror_all(self, people: Sequence[ChatUser]) -> list[str]:
        """Do the same for many at once; return the ids of those who conflict."""
        writes = [(person.id, one) for person in people for one in _writes(person, forgets_password=False)]
        if not writes:
            return []
        with translated():
            try:
                self._line.store()["users"].bulk_write([one for _, one in writes], ordered=False)
            except BulkWriteError as wrong:
                if not _is_conflict(wrong):
                    raise
                failed = cast("list[dict[str, Any]]", wrong.details["writeErrors"])
                return list(dict.fromkeys(writes[error["index"]][0] for error in failed))
        return []

    def untie(self, user_id: str, ended: Sequence[Known]) -> None:
        """Take from the person's document whichever of these identities it still has, and no other."""
        with translated():
            for one in ended:
                which, what = documents.untying(one)
                self._line.store()["users"].update_one({"_id": ObjectId(user_id), **which}, what)

    def ids_at_providers(self, user_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what stands in the fields that we write for providers, by person."""
        these = {"_id": {"$in": [ObjectId(user_id) for user_id in user_ids]}}
        with translated():
            found = self._line.store()["users"].find(these, dict.fromkeys(NAMES, 1))
            return {
                str(one["_id"]): {name: one[name] for name in NAMES if isinstance(one.get(name), str)} for one in found
            }

    def erase(self, user_id: str, *, erases_transactions: bool) -> dict[str, int]:
        """
        Remove everything that is this person's.

        The account goes first: without it the chat application serves nobody, so nothing new comes meanwhile.
        """
        with translated():
            store = self._line.store()
            went = {
                "groups": _leave_groups(store, user_id),
                "users": _remove(store, "users", {"_id": ObjectId(user_id)}),
            }
            went["aclentries"] = _close_shared_things(store, user_id)
            for collection, whose in documents.belongings():
                went[collection] = went.get(collection, 0) + _remove(store, collection, _of(user_id, whose))
            went["logs"] = _remove(store, "logs", {"key": {"$in": documents.log_keys(user_id)}})
            if erases_transactions:
                went["transactions"] = _remove(store, "transactions", _of(user_id, "user"))
        return {collection: count for collection, count in went.items() if count}

    def belongings(self, user_id: str) -> dict[str, int]:
        """Return how much is this person's, by collection."""
        found = dict[str, int]()
        with translated():
            store = self._line.store()
            for collection, field in [*_places(store), ("transactions", "user")]:
                here = store[collection].count_documents(_of(user_id, field))
                found[collection] = found.get(collection, 0) + here
        return {collection: count for collection, count in found.items() if count}

    def ids(self) -> Iterator[str]:
        """Yield the id of everybody over there: those like ours in order, and then whatever else, quoted."""
        with translated():
            # MongoDB sorts texts before ObjectIds, whatever stands in them.
            users = self._listing.store()["users"]
            for found in users.find({"_id": _LIKE_OURS}, {"_id": 1}).sort("_id"):
                yield str(found["_id"])
            for found in users.find({"_id": {"$not": _LIKE_OURS}}, {"_id": 1}):
                yield json.dumps(found["_id"], default=str)

    def holders(self) -> Iterator[Holder]:
        """Yield everybody over there with their balance, in the order of their ids."""
        with translated():
            yield from mongo_balances.holders(self._listing.store())

    def holder(self, email: str) -> Holder | None:
        """Return whoever has this address over there, or None."""
        with translated():
            return mongo_balances.holder(self._line.store(), email)

    def add_credits(self, user_id: str, amount: float, now: datetime) -> float:
        """Add to a balance, with the record of it; return what it is now."""
        return self._credits(mongo_balances.add, user_id, amount, now)

    def set_credits(self, user_id: str, amount: float, now: datetime) -> float:
        """Make a balance what it shall be; return that."""
        return self._credits(mongo_balances.set_to, user_id, amount, now)

    def close(self) -> None:
        """Close the connections, if any are open."""
        self._line.close()
        self._listing.close()

    def _credits(
        self, change: Callable[[Store, ObjectId, float, datetime], float], user_id: str, amount: float, now: datetime
    ) -> float:
        with translated():
            return change(self._line.store(), ObjectId(user_id), amount, now)


def _writes(person: ChatUser, *, forgets_password: bool) -> Iterator[UpdateOne]:
    this = {"_id": ObjectId(person.id)}
    yield UpdateOne(this, documents.update(person, forgets_password=forgets_password), upsert=True)
    if person.avatar:
        # A picture that somebody chose in the chat application is kept.
        others = {**this, "avatar": {"$not": {"$regex": _ONES_OWN_PICTURE}}}
        yield UpdateOne(others, {"$set": {"avatar": person.avatar}})


def _is_conflict(wrong: DuplicateKeyError | BulkWriteError) -> bool:
    if isinstance(wrong, DuplicateKeyError):
        return True
    failed = wrong.details.get("writeErrors", [])
    return bool(failed) and all(error["code"] == _DUPLICATE_KEY for error in failed)


def _of(user_id: str, field: str) -> dict[str, Any]:
    # Some collections keep the id as an ObjectId and some as text, and one and the same has done both.
    return {field: {"$in": [ObjectId(user_id), user_id]}}


def _remove(store: Store, collection: str, which: dict[str, Any]) -> int:
    return store[collection].delete_many(which).deleted_count


def _places(store: Store) -> Iterator[tuple[str, str]]:
    """Yield where something may belong to a person; releases differ in what they keep."""
    there = set(store.list_collection_names())
    return ((collection, whose) for collection, whose in documents.belongings() if collection in there)


def _leave_groups(store: Store, user_id: str) -> int:
    found = store["users"].find_one({"_id": ObjectId(user_id)}, {"idOnTheSource": 1}) or {}
    names = [ObjectId(user_id), user_id, *filter(None, [found.get("idOnTheSource")])]
    left = store["groups"].update_many({"memberIds": {"$in": names}}, {"$pull": {"memberIds": {"$in": names}}})
    return left.modified_count


def _close_shared_things(store: Store, user_id: str) -> int:
    """Remove what lets others in to the things that are about to go."""
    things = [
        found["_id"]
        for collection, whose in documents.SHARED_THINGS.items()
        for found in store[collection].find(_of(user_id, whose), {"_id": 1})
    ]
    return _remove(store, "aclentries", {"resourceId": {"$in": things}}) if things else 0
