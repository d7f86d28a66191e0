"""
What happens when a client gives a token back.

An access token lives and dies with its session, and so does a refresh token: to revoke either ends the session of
the client, and with it every token that was issued in it. What a client got for itself has no session and is
remembered as spent. A token that is unknown, malformed or another client's is no business of the client's: nothing
happens, and it is told nothing.
Law: RFC 7009 §2.1 and §2.2.
Leaves to others: who asks (client_auth).
"""

from dataclasses import dataclass

from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.client_auth import SpentTokens, access_token_of
from identity_service.oidc.clients import Client
from identity_service.sessions.access import AccessTokens
from identity_service.sessions.client_access import ClientAccessTokens, ClientClaims
from identity_service.sessions.refresh import RefreshTokens
from identity_service.sessions.registry import Sessions


@dataclass(frozen=True)
class Revoke:
    """The end of tokens, by the client that has them."""

    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    own_tokens: ClientAccessTokens
    sessions: Sessions
    spent: SpentTokens
    endings: Endings
    trail: Trail
    clock: Clock
    transaction: Transaction

    def token(self, token: str, client: Client, visitor: Visitor) -> None:
        """
        Let *token* be good no more if it is *client*'s.

        Raises:
            DatabaseUnavailable: it may still be good.
        """
        own = self.own_tokens.read(token)
        if own is not None:
            self._spend(own, client, visitor)
            return
        session_id = self._session_of(token)
        if session_id is not None:
            self._end(session_id, client, visitor)

    def _session_of(self, token: str) -> str | None:
        read = self.refresh_tokens.read(token) or self.access_tokens.read(token)
        return read.session_id if read else None

    def _end(self, session_id: str, client: Client, visitor: Visitor) -> None:
        session = self.sessions.standing(session_id, to_microseconds(self.clock.now()))
        if session is None or session.client_id != client.client_id:
            return
        with self.transaction():
            if self.endings.one(session_id, "revoked"):
                self._record(client, session.user_id, visitor, {"session_id": session_id})

    def _spend(self, own: ClientClaims, client: Client, visitor: Visitor) -> None:
        if own.client_id != client.client_id:
            return
        with self.transaction():
            if self.spent.spend(access_token_of(own.client_id, own.jti, own.expires_at)):
                self._record(client, client.client_id, visitor, {})

    def _record(self, client: Client, subject: str, visitor: Visitor, detail: dict[str, str]) -> None:
        whence = (visitor.address, visitor.request_id)
        self.trail.record(Event("token.revoked", DONE, client.client_id, subject, *whence, detail))
