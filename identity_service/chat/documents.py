"""
Our person as the chat application spells it, and where it keeps what belongs to a person.

Source: LibreChat, the schemas of `@librechat/data-schemas` (users, and every field that refers to one).
Leaves to others: MongoDB itself (mongo).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from identity_service.chat import provider_ids
from identity_service.chat.bridge import ChatUser

# What the chat application's models fill in for somebody new; from then on it is the chat application's.
_FIRST = {
    "plugins": [],
    "twoFactorEnabled": False,
    "termsAccepted": False,
    "termsAcceptedAt": None,
    "personalization": {"memories": True},
    "__v": 0,
}

Whose = Literal["user", "userId", "author", "createdBy", "owner", "principalId"]

# Where documents belong to a person, by the field that says to whom. Newer releases have more than older ones;
# in a collection that does not exist there is nothing to remove.
_OF_PEOPLE: Mapping[Whose, tuple[str, ...]] = {
    "user": (
        *("sessions", "conversations", "messages", "sharedlinks", "conversationtags", "presets", "chatprojects"),
        *("files", "toolcalls", "toolfavorites", "actions", "assistants", "balances", "agentapikeys"),
        *("schedules", "scheduleruns", "agenttriggerdeliveries", "agenttriggerlanesequences"),
        *("agentqueuedturns", "agentqueuedturnsequences", "passkeys"),
    ),
    "userId": ("tokens", "keys", "pluginauths", "memoryentries", "agentapikeys", "refreshtokenbridges", "passkeys"),
    "author": ("agents", "prompts", "promptgroups", "skills", "skillfiles", "mcpservers"),
    "createdBy": ("codeenvironments", "skillsynccredentials"),
    "owner": ("skillsyncstatuses",),
    "principalId": ("aclentries", "systemgrants", "configs"),
}

SHARED_THINGS: Mapping[str, Whose] = {
    **dict.fromkeys(("agents", "promptgroups", "skills", "mcpservers"), "author"),
    "codeenvironments": "createdBy",
    "sharedlinks": "user",
}
"""What one person makes and others may be let in to, through `aclentries.resourceId`; the field says whose it is."""

# The kinds of entry in `logs`, which stand before the person's id in its keys.
_LOGGED = (
    *("BANS", "ban", "general", "logins", "registrations", "reset_password_limit", "verify_email_limit"),
    *("concurrent", "message_limit", "non_browser", "token_balance", "file_upload_limit", "illegal_model_request"),
    *("convo_access", "tool_call_limit", "tts_limit", "stt_limit", "share_limit"),
)


def belongings() -> Iterator[tuple[str, Whose]]:
    """Yield each collection and field by which something belongs to a person; payments are not among them."""
    for whose, collections in _OF_PEOPLE.items():
        for collection in collections:
            yield collection, whose


def log_keys(user_id: str) -> list[str]:
    """Return the keys of `logs` under which something about this person may stand: bans and offences."""
    return [user_id, f"ban_cache:user:{user_id}", *(f"{kind}:{user_id}" for kind in _LOGGED)]


def update(person: ChatUser, *, forgets_password: bool) -> dict[str, Any]:
    """
    Return what makes the document of *person* true; it may exist already, or not.

    A provider's id that somebody does not have is absent and not null, for the unique index over it.
    `expiresAt` would let MongoDB remove a person who is still here, and `password` is the chat application's own
    hash: what is chosen here stays here, and an old one that no longer counts is taken away.
    """
    gone = {"expiresAt": "", **({"password": ""} if forgets_password else {})}
    return {
        "$set": {
            "email": person.email.lower(),
            "emailVerified": person.email_verified,
            "name": person.name,
            "username": person.username,
            "provider": person.provider,
            "role": person.role,
            **person.provider_ids,
        },
        "$max": {"updatedAt": person.updated_at},
        "$unset": gone,
        "$setOnInsert": {**_FIRST, "createdAt": person.created_at},
    }


def untying(known: provider_ids.Known) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    Return how a document looks that still has this identity, and what takes it away.

    Another id in the same field is one that we never tied, or that has come since, and it stays.
    """
    ids = provider_ids.fields([known])
    which: dict[str, Any] = dict(ids)
    if provider_ids.OPENID_ISSUER in ids:
        # Older documents do not name it, and are taken over with the issuer of their settings.
        named = provider_ids.bare(known.issuer)
        which[provider_ids.OPENID_ISSUER] = {"$in": [named, f"{named}/", None]}
    return which, {"$unset": dict.fromkeys(ids, "")}
