"""
Somebody for the chat application, as we know them and as it keeps them.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from identity_service.chat.bridge import ChatUser

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
ADA = ChatUser(
    id="69b52a1d0000000000000001",
    email="Ada@Example.org",
    email_verified=True,
    name="Ada Lovelace",
    username="ada",
    provider="local",
    role="ADMIN",
    avatar=None,
    created_at=NOW,
    updated_at=NOW,
)
GRACE = replace(ADA, id="69b52a1d0000000000000002", email="grace@example.org", name="Grace Hopper", role="USER")
ADAS_ID = ObjectId(ADA.id)


def document(**told: Any) -> dict[str, Any]:
    """Return a person as the chat application keeps one who signed up there."""
    usual = {
        "_id": ADAS_ID,
        "name": "Ada",
        "username": "ada",
        "email": "ada@example.org",
        "emailVerified": False,
        "password": "$2a$10$" + "x" * 53,
        "provider": "local",
        "role": "USER",
        "plugins": ["calculator"],
        "termsAccepted": True,
        "personalization": {"memories": False},
        "favorites": [{"agentId": "a"}],
        "expiresAt": NOW + timedelta(days=7),
        "createdAt": NOW - timedelta(days=9),
        "updatedAt": NOW - timedelta(days=9),
        "__v": 3,
    }
    return {**usual, **told}
