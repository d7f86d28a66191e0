"""
What each person has allowed each client, remembered until it is withdrawn.

Law: OpenID Connect Core 1.0 §3.1.2.4.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.prepared import Prepared
from identity_service.oidc.tables import Consent, OAuthClient


class Allowed(NamedTuple):
    """What a person has allowed a client."""

    client_id: str
    client_name: str
    scopes: tuple[str, ...]
    granted_at: datetime


class Consents:
    """The consents of this installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep consents in *database*."""
        self._database = database
        self._clock = clock
        self._scopes = Prepared(database, _SCOPES)

    def scopes(self, user_id: str, client_id: str) -> frozenset[str]:
        """Return what the person has allowed the client so far. A hot path."""
        found = self._scopes.run(whose=user_id, client=client_id)
        return frozenset(found[0][0].split()) if found else frozenset()

    def remember(self, user_id: str, client_id: str, scopes: Iterable[str]) -> None:
        """Add *scopes* to what the person has allowed the client."""
        allowed = " ".join(sorted({*self.scopes(user_id, client_id), *scopes}))
        row = {"user_id": user_id, "client_id": client_id, "scope": allowed, "granted_at": self._clock.now()}
        kept = self._database.insert(Consent).values(row)
        again = {"scope": kept.excluded.scope, "granted_at": kept.excluded.granted_at}
        self._database.change(kept.on_conflict_do_update(index_elements=["user_id", "client_id"], set_=again))

    def of(self, user_id: str) -> list[Allowed]:
        """Return everything that a person has allowed, the latest first."""
        columns = (Consent.client_id, OAuthClient.name, Consent.scope, Consent.granted_at)
        mine = select(*columns).join(OAuthClient, OAuthClient.client_id == Consent.client_id)
        rows = self._database.rows(mine.where(Consent.user_id == user_id).order_by(Consent.granted_at.desc()))
        return [Allowed(row[0], row[1], tuple(row[2].split()), row[3]) for row in rows]

    def withdraw(self, user_id: str, client_id: str) -> bool:
        """Forget what the person has allowed the client; False if that was nothing."""
        this = delete(Consent).where(Consent.user_id == user_id, Consent.client_id == client_id)
        return self._database.change(this) == 1


_SCOPES = select(Consent.scope).where(Consent.user_id == bindparam("whose"), Consent.client_id == bindparam("client"))
