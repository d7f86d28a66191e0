"""
What happens when a back end asks whether somebody is signed in.

One decision for every door: the token must be ours, its session alive, its person in good standing.
Law: RFC 7662 §4 (an inactive token reveals nothing), RFC 9068 §4.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple

from identity_service.accounts.users import Person, Users
from identity_service.flows.outcomes import Active
from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.memory import keep
from identity_service.foundation.opaque import fingerprint
from identity_service.sessions.access import AccessTokens
from identity_service.sessions.refresh import RefreshTokens
from identity_service.sessions.registry import FIRST_PARTY, Sessions, Standing, is_presentable

_REMEMBERED = 2048


class _Seen(NamedTuple):
    revision: object
    epoch: int
    until: int
    active: Active


class _Standing(NamedTuple):
    session: Standing
    person: Person


@dataclass(frozen=True)
class Verify:
    """Says whether a token is alive, and whose it is; tokens for another `audience` are another one's to verify."""

    users: Users
    sessions: Sessions
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    clock: Clock
    leeway: timedelta
    revision: Callable[[], object]
    audience: str = ""
    remembered: dict[str, _Seen] = field(default_factory=dict)

    def of(self, access_tokens: AccessTokens, audience: str = "") -> "Verify":
        """Return the same for other *access_tokens*, with a memory of its own, so that none passes for one of ours."""
        return replace(self, access_tokens=access_tokens, audience=audience, remembered={})

    def access_token(self, token: str) -> Active | None:
        """
        Return who *token* stands for, or None for every token that is not a good access token.

        A verdict is given again, the very same object, only while nobody, in any process, has changed what it rests
        on and no key has gone: a session that has ended is felt at once. Without a cheap way to know that, all is
        read each time.
        """
        revision = self.revision()
        seen = self.remembered.get(token)
        if seen is not None and seen.revision == revision and seen.epoch == self.access_tokens.epoch():
            return seen.active if seen.until > to_microseconds(self.clock.now()) else None
        return self._look(token, revision)

    def browser_session(self, refresh_token: str) -> Active | None:
        """Return whose browser session *refresh_token* is, without turning the ratchet; None for that of a client."""
        presented = self.refresh_tokens.read(refresh_token)
        if presented is None:
            return None
        now = to_microseconds(self.clock.now())
        good = self._standing(presented.session_id, now)
        if good is None or not is_presentable(good.session, presented.fingerprint, now, self.leeway):
            return None
        return _of_a_browser(good, presented.session_id, now)

    def by_browser(self, cookie: str) -> Active | None:
        """Return whose browser session it is that *cookie*, an opaque secret, stands for; or None."""
        now = to_microseconds(self.clock.now())
        session_id = self.sessions.of_browser(fingerprint(cookie), now) if cookie else None
        good = self._standing(session_id, now) if session_id else None
        return _of_a_browser(good, session_id, now) if good and session_id else None

    def holder(self, token: str, refresh_token: str, browser: str) -> str:
        """Return whose token or cookie one of these is, good or over, or nothing; what is not ours is nobody's."""
        if token:
            claims = self.access_tokens.read(token)
            return claims.user_id if claims else ""
        presented = self.refresh_tokens.read(refresh_token) if refresh_token else None
        if presented is not None:
            return presented.user_id
        return self.sessions.holder_of_browser(fingerprint(browser)) if browser else ""

    def _look(self, token: str, revision: object) -> Active | None:
        self.remembered.pop(token, None)
        epoch = self.access_tokens.epoch()
        claims = self.access_tokens.read(token)
        if claims is None:
            return None
        good = self._standing(claims.session_id, to_microseconds(self.clock.now()))
        if good is None or good.person.id != claims.user_id:
            return None
        active = replace(
            _active(good, claims.session_id, claims.issued_at, claims.expires_at),
            # The other dialect's tokens name no scope.
            scope=claims.scope or good.session.scope,
            audience=self.audience,
        )
        if revision is not None:
            until = min(claims.expires_at * 1_000_000, good.session.expires_at)
            keep(self.remembered, token, _Seen(revision, epoch, until, active), _REMEMBERED)
        return active

    def _standing(self, session_id: str, now: int) -> _Standing | None:
        session = self.sessions.standing(session_id, now)
        person = self.users.by_id(session.user_id) if session else None
        if session is None or person is None or person.is_closing:
            return None
        return _Standing(session, person)


def _of_a_browser(good: _Standing, session_id: str, now: int) -> Active | None:
    # A client's session is a client's, whoever shows its refresh token.
    if good.session.client_id != FIRST_PARTY:
        return None
    return _active(good, session_id, now // 1_000_000, good.session.expires_at // 1_000_000)


def _active(good: _Standing, session_id: str, issued_at: int, expires_at: int) -> Active:
    session = good.session
    return Active(
        person=good.person,
        session_id=session_id,
        client_id=session.client_id,
        scope=session.scope,
        amr=tuple(session.amr.split()),
        auth_time=session.auth_time // 1_000_000,
        issued_at=issued_at,
        expires_at=expires_at,
    )
