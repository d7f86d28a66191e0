"""
Sessions: who is signed in, where, since when, how; and when it ended.

A session ends at a moment that was fixed when it began, or earlier: nothing makes it longer.
Leaves to others: the refresh token's ratchet (refresh), access tokens (access), why it ends (flows).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.prepared import Prepared
from identity_service.sessions.tables import Session

FIRST_PARTY = "first-party"
"""The client behind LibreChat's own sign-in form."""

_LONGEST_AGENT = 256


@dataclass(frozen=True)
class Device:
    """One of a person's live sessions, as the person sees it."""

    id: str
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class Standing(NamedTuple):
    """A live session as a verifier sees it; instants are microseconds since 1970."""

    user_id: str
    client_id: str
    scope: str
    amr: str
    auth_time: int
    expires_at: int
    current: str
    previous: str | None
    rotated_at: int


class Sessions:
    """The sessions of this installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep sessions in *database*."""
        self._database = database
        self._clock = clock
        self._standing = Prepared(database, _STANDING)
        self._end_one = Prepared(database, _END.where(Session.id == bindparam("session_id")))
        self._end_others = Prepared(
            database, _END.where(Session.user_id == bindparam("whose"), Session.id != bindparam("spare"))
        )
        self._end_own = Prepared(
            database, _END.where(Session.id == bindparam("session_id"), Session.user_id == bindparam("whose"))
        )

    def standing(self, session_id: str, now: int) -> Standing | None:
        """Return the session if it is alive at *now*, in microseconds since 1970; else None. A hot path."""
        found = self._standing.run(session_id=session_id, now=now)
        return Standing(*found[0]) if found else None

    def devices(self, user_id: str) -> list[Device]:
        """Return the live sessions of a person, the one seen last first."""
        alive = _DEVICE.where(Session.user_id == user_id, *self._is_alive()).order_by(Session.rotated_at.desc())
        return [Device(*row) for row in self._database.rows(alive)]

    def end(self, session_id: str, because: str) -> bool:
        """End one session; False if it had ended already."""
        return self._end_one.change(session_id=session_id, because=because, now=self._now()) == 1

    def end_own(self, session_id: str, user_id: str, because: str) -> bool:
        """End one session if it is this person's; False if it is not, or had ended already."""
        return self._end_own.change(session_id=session_id, whose=user_id, because=because, now=self._now()) == 1

    def end_all(self, user_id: str, because: str, spare: str | None = None) -> int:
        """End every session of a person but *spare*; return how many ended."""
        return self._end_others.change(whose=user_id, spare=spare or "", because=because, now=self._now())

    def forget_expired(self, before: datetime, size: int = 500) -> int:
        """Remove up to *size* sessions that were over before *before*; return how many went."""
        over = select(Session.id).where(Session.expires_at < before).limit(size)
        return self._database.change(delete(Session).where(Session.id.in_(over)))

    def _now(self) -> int:
        return to_microseconds(self._clock.now())

    def _is_alive(self) -> tuple[Any, ...]:
        return Session.ended_at.is_(None), Session.expires_at > self._clock.now()


def is_presentable(standing: Standing, fingerprint: str, now: int, leeway: timedelta) -> bool:
    """Say whether a refresh token with *fingerprint* is the session's current one, or the one just before it."""
    if fingerprint == standing.current:
        return True
    age = timedelta(microseconds=now - standing.rotated_at)
    return fingerprint == standing.previous and age <= leeway


def shortened(user_agent: str) -> str:
    """Return as much of *user_agent* as a session keeps."""
    return user_agent[:_LONGEST_AGENT]


def end_of(now: datetime, lifetime: timedelta) -> datetime:
    """Return the absolute end of a session that begins at *now*, on a whole second as tokens count."""
    microseconds = to_microseconds(now + lifetime)
    return (now + lifetime) - timedelta(microseconds=microseconds % 1_000_000)


_DEVICE: Any = select(
    Session.id,
    Session.user_agent,
    Session.address,
    Session.created_at,
    Session.rotated_at,
    Session.expires_at,
)

_END = (
    update(Session)
    .where(Session.ended_at.is_(None), Session.expires_at > bindparam("now"))
    .values(ended_at=bindparam("now"), ended_because=bindparam("because"))
)

_STANDING: Any = select(
    Session.user_id,
    Session.client_id,
    Session.scope,
    Session.amr,
    Session.auth_time,
    Session.expires_at,
    Session.current,
    Session.previous,
    Session.rotated_at,
).where(
    Session.id == bindparam("session_id"),
    Session.ended_at.is_(None),
    Session.expires_at > bindparam("now"),
)
