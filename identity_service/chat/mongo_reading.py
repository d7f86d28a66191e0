"""
A running chat application's database, read and never written. Imported only by whoever takes people over.

Leaves to others: what a document means (adoption).
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from identity_service.chat.adoption import PROVIDER_IDS, Account, LiveBan, account
from identity_service.chat.mongo_line import LISTING_MS, Line, translated

_BATCH = 1000
_BAN = "BANS:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGHEST = (1 << 31) - 1  # what every database takes for a score

_READ = (
    *("email", "emailVerified", "name", "username", "password", "provider", "role", "avatar", "tenantId"),
    *("twoFactorEnabled", "totpSecret", "backupCodes", "createdAt", "updatedAt", *PROVIDER_IDS),
)


class MongoReading:
    """What adopting asks of MongoDB: only finds and counts."""

    def __init__(self, uri: str) -> None:
        """Take the address; nothing is opened before the first question."""
        self._line = Line(uri, LISTING_MS, retryWrites=False)

    def count(self) -> int:
        """Return how many people there are, about."""
        with translated():
            return self._line.store()["users"].estimated_document_count()

    def accounts(self) -> Iterator[Account]:
        """Yield everybody, in the order of their ids."""
        with translated():
            found = self._line.store()["users"].find({}, dict.fromkeys(_READ, 1), batch_size=_BATCH).sort("_id", 1)
            for document in found:
                whose = document["_id"]
                if isinstance(whose, ObjectId):
                    yield account(document, str(whose), whose.generation_time)
                else:
                    yield account(document, None, _EPOCH)

    def bans(self, now: datetime) -> Iterator[LiveBan]:
        """Yield the bans that are in force."""
        with translated():
            for document in self._line.store()["logs"].find({"key": {"$regex": f"^{_BAN}"}}):
                found = _ban(document)
                if found is not None and found.ends_at > now:
                    yield found

    def close(self) -> None:
        """Close the connections, if any are open."""
        self._line.close()


def _ban(document: dict[str, Any]) -> LiveBan | None:
    """Read a ban; None for what is none: the collection is a general store of somebody else's."""
    try:
        told = json.loads(document["value"])
        value = told["value"]
        ends_at = value.get("expiresAt") or told["expires"]
        score = min(int(value.get("violation_count") or 0), _HIGHEST)
        return LiveBan(document["key"].removeprefix(_BAN), _EPOCH + timedelta(milliseconds=float(ends_at)), score)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
