"""
Signing out at the provider too: what a session needs for it, and the address where the browser goes.

Law: OpenID Connect RP-Initiated Logout 1.0 §2. Source: LibreChat, `OPENID_USE_END_SESSION_ENDPOINT` and its companions.
Leaves to others: that the session ends here first (flows).
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import select

from identity_service.foundation.database import Database
from identity_service.foundation.vault import Broken, Vault
from identity_service.upstream.provider import Farewell
from identity_service.upstream.tables import UpstreamSession


@dataclass(frozen=True)
class Manner:
    """How a provider's people sign out there: whose client they were, where they land, how long an address may be."""

    client_id: str
    landing: str
    longest: int


@dataclass(frozen=True)
class Kept:
    """What is known of a session that came from a provider."""

    provider: str
    farewell: Farewell


class Farewells:
    """The sessions of this installation whose people can sign out at a provider."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep in *database* what *vault* has sealed."""
        self._database = database
        self._vault = vault

    def keep(self, session_id: str, provider: str, farewell: Farewell) -> None:
        """Remember for the end of a session how it ends there."""
        row = {
            "session_id": session_id,
            "provider": provider,
            "endpoint": farewell.endpoint,
            "sealed_id_token": self._vault.seal(farewell.id_token.encode(), _label(session_id)),
        }
        self._database.change(self._database.insert(UpstreamSession).values(row))

    def of(self, session_id: str) -> Kept | None:
        """Return how the session ends at its provider; None for one that did not come from there."""
        columns = (UpstreamSession.provider, UpstreamSession.endpoint, UpstreamSession.sealed_id_token)
        found = self._database.first(select(*columns).where(UpstreamSession.session_id == session_id))
        if found is None:
            return None
        provider, endpoint, sealed = found
        try:
            id_token = self._vault.open(sealed, _label(session_id)).decode()
        except Broken:  # another CREDS_KEY by now: whoever signs out there is asked instead
            id_token = ""
        return Kept(provider, Farewell(endpoint, id_token))


def address_of(farewell: Farewell, manner: Manner, login_hint: str) -> str:
    """
    Return where the browser goes to sign out there.

    An ID token that would make the address too long is left out; then the client and *login_hint* say whom it is about.
    """
    landing = {"post_logout_redirect_uri": manner.landing}
    known = {**landing, "id_token_hint": farewell.id_token} if farewell.id_token else landing
    whole = _with_query(farewell.endpoint, known if farewell.id_token else {**landing, "client_id": manner.client_id})
    if len(whole) <= manner.longest:
        return whole
    return _with_query(farewell.endpoint, {**landing, "client_id": manner.client_id, "logout_hint": login_hint})


def _with_query(address: str, parameters: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"


def _label(session_id: str) -> str:
    return f"ID token of session {session_id}"
