"""
Which outside identity is whom: the key is issuer and subject, and an address never is.

Law: OpenID Connect Core 1.0 §5.7.
Leaves to others: who may be connected with whom (flows.upstream).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.prepared import Prepared
from identity_service.upstream.provider import Identity
from identity_service.upstream.tables import IdentityLink


class Owner(NamedTuple):
    """Whose an identity is; the account came from it if `is_origin`."""

    user_id: str
    is_origin: bool


class Link(NamedTuple):
    """A connection as its person sees it."""

    provider: str
    email: str | None
    created_at: datetime
    last_used_at: datetime | None


Ended = Callable[[str, Sequence[tuple[str, str, str]]], None]
"""Hears whose connections have ended, with provider, issuer and subject of each."""


class Links:
    """The connections of this installation."""

    def __init__(
        self, database: Database, clock: Clock, changed: Callable[[str], None] | None = None, ended: Ended | None = None
    ) -> None:
        """Keep them in *database*; *changed* hears whose is a new one, and *ended* whose are no more."""
        self._database = database
        self._clock = clock
        self._changed = changed
        self._ended = ended
        self._identities = Prepared(database, _IDENTITIES)

    def owner(self, identity: Identity) -> Owner | None:
        """Return whose *identity* is, or None."""
        whose = select(IdentityLink.user_id, IdentityLink.is_origin)
        found = self._database.first(whose.where(*_this(identity)))
        return Owner(*found) if found else None

    def tie(self, identity: Identity, user_id: str, *, is_origin: bool) -> bool:
        """
        Connect *identity* with an account.

        Returns:
            False if it is connected already, or the account is with another identity of the same provider.
        """
        row = {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "user_id": user_id,
            "provider": identity.provider,
            "email": identity.email,
            "is_origin": is_origin,
            "created_at": self._clock.now(),
        }
        tying = self._database.insert(IdentityLink).on_conflict_do_nothing()
        is_tied = self.owner(identity) is None and self._database.change(tying, row) == 1
        if is_tied and self._changed is not None:
            self._changed(user_id)
        return is_tied

    def used(self, identity: Identity, user_id: str) -> bool:
        """Note that *user_id* has just signed in by *identity*; False if it is not theirs any more."""
        seen = update(IdentityLink).where(*_this(identity), IdentityLink.user_id == user_id)
        return self._database.change(seen.values(last_used_at=self._clock.now(), email=identity.email)) == 1

    def of(self, user_id: str) -> list[Link]:
        """Return the connections of an account, the oldest first."""
        columns = (IdentityLink.provider, IdentityLink.email, IdentityLink.created_at, IdentityLink.last_used_at)
        mine = select(*columns).where(IdentityLink.user_id == user_id).order_by(IdentityLink.created_at)
        return [Link(*row) for row in self._database.rows(mine)]

    def identities(self, user_id: str) -> list[tuple[str, str, str]]:
        """Return provider, issuer and subject of each connection of an account, the oldest first."""
        return [(provider, issuer, subject) for provider, issuer, subject in self._identities.run(user_id=user_id)]

    def is_origin(self, user_id: str, provider: str) -> bool:
        """Say whether an account came from its identity at *provider*."""
        theirs = IdentityLink.user_id == user_id, IdentityLink.provider == provider
        origin = select(IdentityLink.user_id).where(*theirs, IdentityLink.is_origin.is_(True))
        return self._database.first(origin) is not None

    def untie(self, user_id: str, provider: str) -> bool:
        """Take a connection away; False if there is none."""
        return self._end(user_id, IdentityLink.provider == provider) > 0

    def untie_all(self, user_id: str) -> int:
        """Take every connection of an account away; return how many went."""
        return self._end(user_id)

    def _end(self, user_id: str, *which: Any) -> int:
        ending = delete(IdentityLink).where(IdentityLink.user_id == user_id, *which).returning(*_NAMED)
        ended = [(provider, issuer, subject) for provider, issuer, subject in self._database.rows(ending)]
        if ended and self._ended is not None:
            self._ended(user_id, ended)
        return len(ended)


_NAMED = (IdentityLink.provider, IdentityLink.issuer, IdentityLink.subject)
_MINE = IdentityLink.user_id == bindparam("user_id")
_IDENTITIES = select(*_NAMED).where(_MINE).order_by(IdentityLink.created_at)


def _this(identity: Identity) -> tuple[Any, Any]:
    # With and without a slash behind it, it is one issuer with one discovery document; LibreChat keeps it without.
    bare = identity.issuer.rstrip("/")
    return IdentityLink.issuer.in_((bare, f"{bare}/")), IdentityLink.subject == identity.subject
