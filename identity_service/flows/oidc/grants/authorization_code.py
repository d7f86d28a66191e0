"""
A client redeems the code that the browser has brought it.

The claim is committed whatever comes after it, so a code that was stolen can be tried once and not again: not with
another address, not with another verifier. That costs an honest client nothing, for it knows both; and whoever tries
with the name of another client has not touched the code at all.
Law: RFC 6749 §4.1.3 and §10.5, RFC 7636 §4.6, RFC 9700 §2.1.1, §4.5 and §4.8; OpenID Connect Core 1.0 §3.1.3.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from identity_service.accounts.users import Person, Users
from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.flows.oidc.issue import IssueForClient, Reach
from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds
from identity_service.foundation.errors import InvalidGrant, InvalidRequest
from identity_service.moderation.trail import REFUSED, Event, Trail
from identity_service.oidc.clients import Client, Clients
from identity_service.oidc.codes import Claimed, Codes, IssuedCode, Replayed, is_verifier_of
from identity_service.oidc.details import REFRESH_TOKEN
from identity_service.oidc.scopes import OFFLINE_ACCESS, RequestedClaims
from identity_service.sessions.refresh import Opening, RefreshTokens, Rotated
from identity_service.sessions.registry import Sessions


class _Begun(NamedTuple):
    session: Rotated
    person: Person
    issued: IssuedCode


class _Refused(NamedTuple):
    why: str


@dataclass(frozen=True)
class AuthorizationCodeGrant:
    """From a code to a client's session; one with offline access lasts for *lifetime*."""

    clients: Clients
    users: Users
    codes: Codes
    sessions: Sessions
    endings: Endings
    refresh_tokens: RefreshTokens
    issue: IssueForClient
    trail: Trail
    clock: Clock
    transaction: Transaction
    lifetime: timedelta

    def redeem(self, request: TokenRequest, client: Client, visitor: Visitor, /) -> Granted:
        """
        Use the code up and begin the client's session below the browser's.

        Raises:
            InvalidRequest: there is no code.
            InvalidGrant: for every other reason, and after a replay what the code had produced is over.
        """
        if not request.code:
            raise InvalidRequest("code is missing.")
        with self.transaction():
            outcome = self._spend(request, client, visitor)
        # Only now, after the commit: an exception would give the code back, and take the alarm with it.
        if isinstance(outcome, _Refused):
            raise InvalidGrant(detail=outcome.why)
        issued = outcome.issued
        requested = RequestedClaims.from_mapping(issued.claims).id_token
        reach = Reach(issued.scope, issued.nonce, requested)
        granted = self.issue.tokens(client, outcome.session, outcome.person, reach)
        return granted if _may_refresh(client, issued) else replace(granted, refresh_token=None)

    def _spend(self, request: TokenRequest, client: Client, visitor: Visitor) -> _Begun | _Refused:
        if not self.clients.hold(client.client_id):
            return _Refused("the client has just been removed")
        # The person before the code, as at a new sign-in: else the two would wait for each other.
        whose = self.codes.whose(request.code, client.client_id)
        person = self.users.by_id(whose) if self.users.hold(whose) else None
        verdict = self.codes.claim(request.code, client.client_id)
        if verdict is None:
            return _Refused("the code never was, has expired, or is another client's")
        if isinstance(verdict, Replayed):
            self._sound_alarm(verdict, client, visitor)
            return _Refused("the code has been used before")
        why_not = _misfit(request, verdict.issued)
        return _Refused(why_not) if why_not else self._begin(verdict, person, visitor)

    def _begin(self, claimed: Claimed, person: Person | None, visitor: Visitor) -> _Begun | _Refused:
        issued, now = claimed.issued, self.clock.now()
        if person is None:
            return _Refused("the person is going or gone")
        parent = self.sessions.hold(issued.parent_id, to_microseconds(now))
        if parent is None or parent.user_id != person.id:
            return _Refused("the session in which the code was asked for is over")
        is_offline = OFFLINE_ACCESS in issued.scope.split()
        session = self.refresh_tokens.begin(
            Opening(
                person.id,
                issued.client_id,
                issued.scope,
                issued.amr,
                visitor.user_agent,
                visitor.address,
                self.lifetime,
                parent_id=issued.parent_id,
                is_offline=is_offline,
                auth_time=issued.auth_time,
                ends_at=None if is_offline else from_microseconds(parent.expires_at),
            )
        )
        self.codes.produced(claimed.fingerprint, session.session_id)
        return _Begun(session, person, issued)

    def _sound_alarm(self, replayed: Replayed, client: Client, visitor: Visitor) -> None:
        """End what the first use has produced (RFC 6749 §4.1.2): one of the two was not the client's."""
        if replayed.session_id and self.endings.one(replayed.session_id, "code replay"):
            detail = {"session_id": replayed.session_id, "user_agent": visitor.user_agent[:256]}
            whence = (visitor.address, visitor.request_id)
            self.trail.record(Event("code.replayed", REFUSED, client.client_id, replayed.user_id, *whence, detail))


def _misfit(request: TokenRequest, issued: IssuedCode) -> str:
    """Say why a request does not fit the code; empty if it does."""
    if request.redirect_uri and request.redirect_uri != issued.redirect_uri:
        return "another redirect_uri"
    if issued.code_challenge is None:
        if request.code_verifier:
            # Somebody has taken the challenge out of the authorization request (RFC 9700 §4.8.2).
            return "a verifier without a challenge"
        # With PKCE the address may be left out, as OAuth 2.1 does; without it RFC 6749 §4.1.3 asks for it.
        return "" if request.redirect_uri else "neither redirect_uri nor PKCE"
    return "" if is_verifier_of(request.code_verifier, issued.code_challenge) else "not the verifier"


def _may_refresh(client: Client, issued: IssuedCode) -> bool:
    return OFFLINE_ACCESS in issued.scope.split() or REFRESH_TOKEN in client.details.grant_types
