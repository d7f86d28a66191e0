"""
Sessions: who is signed in, where, since when, how; and when it ended.

A session ends at a moment that was fixed when it began, or earlier: nothing makes it longer.
With a browser's session end those of the clients below it, except where offline access was given.
Leaves to others: the refresh token's ratchet (refresh), access tokens (access), why it ends (flows).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, or_, select, update

from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.networks import network_of
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


class Ended(NamedTuple):
    """A session that has just ended, and whose client may want to know."""

    id: str
    client_id: str
    user_id: str


class Sessions:
    """The sessions of this installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep sessions in *database*."""
        self._database = database
        self._clock = clock
        self._standing = Prepared(database, _STANDING)
        self._of_browser = Prepared(database, _OF_BROWSER)
        self._hold = Prepared(database, _STANDING.with_for_update(read=True))
        self._of_person = Prepared(database, _OF_PERSON.limit(1))
        self._from_there = Prepared(database, _OF_PERSON.where(*_THERE).limit(1))

    def standing(self, session_id: str, now: int) -> Standing | None:
        """Return the session if it is alive at *now*, in microseconds since 1970; else None. A hot path."""
        found = self._standing.run(session_id=session_id, now=now)
        return Standing(*found[0]) if found else None

    def devices(self, user_id: str) -> list[Device]:
        """Return the live sessions of a person's browsers, the one seen last first."""
        own = Session.user_id == user_id, Session.client_id == FIRST_PARTY
        alive = _DEVICE.where(*own, *self._is_alive()).order_by(Session.rotated_at.desc())
        return [Device(*row) for row in self._database.rows(alive)]

    def is_from_elsewhere(self, user_id: str, user_agent: str, address: str) -> bool:
        """Say whether a person has had sessions of browsers, and none with this browser at this address."""
        asked = {"user_id": user_id, "user_agent": shortened(user_agent), "address": address}
        return not self._from_there.run(**asked) and bool(self._of_person.run(user_id=user_id))

    def hold(self, session_id: str, now: int) -> Standing | None:
        """Return the session as `standing` does, and keep it from ending before the present transaction ends."""
        found = self._hold.run(session_id=session_id, now=now)
        return Standing(*found[0]) if found else None

    def of_browser(self, browser: str, now: int) -> str | None:
        """Return the id of the live session whose browser cookie has the fingerprint *browser*, or None."""
        found = self._of_browser.run(browser=browser, now=now)
        return str(found[0][0]) if found else None

    def holder_of_browser(self, browser: str) -> str:
        """Return whose session has the fingerprint *browser*, alive or over, or nothing."""
        found = self._database.first(select(Session.user_id).where(Session.browser == browser))
        return str(found[0]) if found else ""

    def end(self, session_id: str, because: str) -> list[Ended]:
        """End one session and those below it; return what ended, nothing if it had ended already."""
        return self._end_with_those_below(because, Session.id == session_id)

    def end_own(self, session_id: str, user_id: str, because: str, client_id: str | None = None) -> list[Ended]:
        """
        End one session if it is this person's, and with this client; return what ended.

        Nothing ends if it is somebody else's, or had ended already.
        """
        whose = (Session.user_id == user_id, *(() if client_id is None else (Session.client_id == client_id,)))
        return self._end_with_those_below(because, Session.id == session_id, *whose)

    def end_all(self, user_id: str, because: str, spare: str | None = None) -> list[Ended]:
        """End every session of a person but *spare* and those below it; return what ended."""
        spared = (Session.id != spare, or_(Session.parent_id.is_(None), Session.parent_id != spare)) if spare else ()
        ended = self._ended(because, Session.user_id == user_id, *spared)
        # Once more: the first statement did not see a session that somebody was just beginning below one of these.
        return ended + self._ended_below(ended, because)

    def end_of_client(self, client_id: str, because: str, user_id: str | None = None) -> list[Ended]:
        """End every session of a client, or only those that one person has with it; return what ended."""
        whose = () if user_id is None else (Session.user_id == user_id,)
        return self._ended(because, Session.client_id == client_id, *whose)

    def offline_below(self, ended: list[Ended]) -> list[Ended]:
        """Return the sessions with offline access that live on below those that have *ended*."""
        parents = [session.id for session in ended if session.client_id == FIRST_PARTY]
        if not parents:
            return []
        below = select(Session.id, Session.client_id, Session.user_id).where(
            Session.parent_id.in_(parents), Session.is_offline.is_(True), *self._is_alive()
        )
        return [Ended(*row) for row in self._database.rows(below)]

    def at_clients(self, user_id: str) -> list[tuple[str, str, datetime]]:
        """Return client, scope and beginning of each live session that a person has with an application."""
        theirs = select(Session.client_id, Session.scope, Session.created_at).where(
            Session.user_id == user_id, Session.client_id != FIRST_PARTY, *self._is_alive()
        )
        return [(row[0], row[1], row[2]) for row in self._database.rows(theirs.order_by(Session.created_at.desc()))]

    def people_at(self, network: str, since: datetime) -> set[str]:
        """Return who began a session of a browser from *network* after *since*, or has one from there that is alive."""
        places = (
            select(Session.user_id, Session.address)
            .distinct()
            .where(_is_fresh(since, self._clock.now()), Session.client_id == FIRST_PARTY, self._is_maybe_in(network))
        )
        return {user_id for user_id, address in self._database.rows(places) if network_of(address) == network}

    def was_at(self, user_id: str, network: str, since: datetime, before: datetime) -> bool:
        """Say whether a person began one of a browser from *network* after *since*, or had one alive at *before*."""
        places = select(Session.address).where(
            Session.user_id == user_id,
            Session.client_id == FIRST_PARTY,
            Session.created_at < before,
            _is_fresh(since, before),
        )
        return any(network_of(address) == network for (address,) in self._database.rows(places))

    def adopt(self, old_parent: str, new_parent: str) -> bool:
        """Let the clients' sessions below one browser session go on below its successor; False if it has ended."""
        # The parent first, as whoever ends it does: else the two would wait for each other.
        alive = select(Session.id).where(Session.id == old_parent, *self._is_alive())
        if not self._database.rows(alive.with_for_update()):
            return False
        below = update(Session).where(Session.parent_id == old_parent, *self._is_alive())
        self._database.change(below.values(parent_id=new_parent))
        return True

    def forget_expired(self, before: datetime, size: int = 500) -> int:
        """Remove up to *size* sessions that were over before *before*; return how many went."""
        over = select(Session.id).where(Session.expires_at < before).limit(size)
        return self._database.change(delete(Session).where(Session.id.in_(over)))

    def _end_with_those_below(self, because: str, *which: Any) -> list[Ended]:
        ended = self._ended(because, *which)
        return ended + self._ended_below(ended, because, Session.is_offline.is_(False))

    def _ended_below(self, ended: list[Ended], because: str, *which: Any) -> list[Ended]:
        parents = [session.id for session in ended if session.client_id == FIRST_PARTY]
        return self._ended(because, Session.parent_id.in_(parents), *which) if parents else []

    def _ended(self, because: str, *which: Any) -> list[Ended]:
        end = update(Session).where(*which, *self._is_alive())
        ending = end.values(ended_at=self._clock.now(), ended_because=because)
        found = self._database.rows(ending.returning(Session.id, Session.client_id, Session.user_id))
        return [Ended(*row) for row in found]

    def _is_maybe_in(self, network: str) -> Any:
        # An IPv4 network is one address. Those of an IPv6 one have many spellings, alike up to the first zero.
        if not network.endswith("/64"):
            return Session.address == network
        alike = "".join(f"{part}:" for part in takewhile(lambda part: part not in ("", "0"), network.split(":")))
        if not self._database.is_sqlite:
            return Session.address.startswith(alike)
        # For LIKE it would read all sessions, while nobody else can write.
        return Session.address.op("GLOB")(f"{alike}*")

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


def _is_fresh(since: datetime, at: datetime) -> Any:
    # However long sessions live, who is signed in is there.
    is_alive = and_(Session.expires_at > at, or_(Session.ended_at.is_(None), Session.ended_at > at))
    return or_(Session.created_at > since, is_alive)


_DEVICE: Any = select(
    Session.id,
    Session.user_agent,
    Session.address,
    Session.created_at,
    Session.rotated_at,
    Session.expires_at,
)

_OF_BROWSER = select(Session.id).where(
    Session.browser == bindparam("browser"), Session.ended_at.is_(None), Session.expires_at > bindparam("now")
)

_OF_PERSON = select(Session.id).where(Session.user_id == bindparam("user_id"), Session.client_id == FIRST_PARTY)
_THERE = Session.user_agent == bindparam("user_agent"), Session.address == bindparam("address")

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
