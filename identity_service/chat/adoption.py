"""
What is read from a running chat application when its people are taken over; nothing is written there.

Source: LibreChat's `users` and `logs`.
Leaves to others: reading them from MongoDB (mongo_reading), what its seals hold (old_seals).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

PROVIDER_IDS = (
    *("googleId", "facebookId", "openidId", "samlId", "ldapId", "githubId", "discordId", "appleId"),
    "openidIssuer",
)


class SecondFactor(NamedTuple):
    """A second factor as it is kept over there: a secret under a seal, and fingerprints with whether each is used."""

    sealed_secret: str
    backup_codes: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class Account:
    """
    A person as found over there, with nothing checked; what was missing is empty.

    `id` is None when it is not an ObjectId; `second_factor` when it is off.
    """

    id: str | None
    shown_id: str
    email: str
    email_verified: bool
    name: str
    username: str
    password_hash: str
    provider: str
    role: str
    avatar: str
    tenant: str
    created_at: datetime
    updated_at: datetime
    provider_ids: Mapping[str, str] = field(default_factory=dict)
    second_factor: SecondFactor | None = None


class LiveBan(NamedTuple):
    """A ban in force; `holder` is a user id or an address."""

    holder: str
    ends_at: datetime
    score: int


class Reading(Protocol):
    """A running chat application, read and never written; each may raise ChatUnavailable."""

    def count(self) -> int:
        """Return how many people there are, about."""
        ...

    def accounts(self) -> Iterator[Account]:
        """Yield everybody, in the order of their ids."""
        ...

    def bans(self, now: datetime) -> Iterator[LiveBan]:
        """Yield the bans that are in force."""
        ...

    def close(self) -> None:
        """Close the connections, if any are open."""
        ...


def account(document: Mapping[str, Any], user_id: str | None, born_at: datetime) -> Account:
    """Return what *document* says; *born_at* counts where it does not say when it was made."""
    created_at = _instant(document.get("createdAt")) or born_at
    return Account(
        id=user_id,
        shown_id=str(document.get("_id")),
        email=_text(document.get("email")).strip(),
        email_verified=document.get("emailVerified") is True,
        name=_text(document.get("name")).strip(),
        username=_text(document.get("username")).strip(),
        password_hash=_text(document.get("password")),
        provider=_text(document.get("provider")) or "local",
        role=_text(document.get("role")) or "USER",
        avatar=_text(document.get("avatar")),
        tenant=_text(document.get("tenantId")),
        created_at=created_at,
        updated_at=_instant(document.get("updatedAt")) or created_at,
        provider_ids={name: _text(document[name]) for name in PROVIDER_IDS if _text(document.get(name))},
        second_factor=_second_factor(document),
    )


def _second_factor(document: Mapping[str, Any]) -> SecondFactor | None:
    if document.get("twoFactorEnabled") is not True:
        return None
    told = document.get("backupCodes")
    codes = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    kept = [(_text(one.get("codeHash")), one.get("used") is True) for one in codes]
    return SecondFactor(_text(document.get("totpSecret")), kept)


def _text(value: object) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) and value.tzinfo is not None else None
