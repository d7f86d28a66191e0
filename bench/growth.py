"""
A database that has grown: many people, many sessions, written straight into SQLite in the service's own schema.
"""

import secrets
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.doors import MOST, Client, settle
from bench.serving import Site
from identity_service.app import create_app, services_of
from identity_service.foundation import jose
from identity_service.foundation.clock import from_microseconds
from identity_service.foundation.opaque import fingerprint
from identity_service.foundation.settings import load
from identity_service.sessions.access import Subject
from identity_service.sessions.registry import FIRST_PARTY
from identity_service.wiring import Services

#: How many different sessions are asked about, in a small database and in a large one.
ASKED_ABOUT = 1000

_WEEK = 7 * 24 * 3600
_NUMBERS = """
CREATE TEMP TABLE numbers AS
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :count)
SELECT n, printf('%08x%016x', 1700000000 + n / 10, n) AS id, 'person' || n AS name FROM counted
"""
_PEOPLE = """
INSERT INTO users (id, email, email_canonical, email_verified, name, username, provider, role, created_at, updated_at)
SELECT id, name || '@example.org', name || '@example.org', 1, name, name, 'local', 'USER', :now, :now FROM numbers
"""
_SESSIONS = """
INSERT INTO sessions (id, user_id, client_id, scope, amr, auth_time, created_at, expires_at, user_agent, address,
                      current, n, jti, issued_at, rotated_at)
SELECT id, id, :client, 'openid profile email', 'pwd', :now, :now, :now + :life, 'Mozilla/5.0', '192.0.2.1',
       lower(hex(randomblob(32))), 0, lower(hex(randomblob(10))), :now / 1000000, :now
FROM numbers
"""


@dataclass(frozen=True)
class Population:
    """A grown database, and what one needs to knock at its doors."""

    site: Site
    client: Client
    access_tokens: tuple[str, ...]
    refresh_tokens: tuple[bytes, ...]


def populate(count: int) -> Population:
    """Return a site of *count* people with a session each; the tokens belong to sessions from all over it."""
    site = Site()
    client = settle(site).client
    now = time.time_ns() // 1000
    # A real moment, on a whole second as refresh tokens count.
    now -= now % 1_000_000
    values = {"count": count, "now": now, "life": _WEEK * 1_000_000, "client": FIRST_PARTY}
    chosen = [1 + number * (count // ASKED_ABOUT) for number in range(ASKED_ABOUT)]
    services = services_of(create_app(load(site.environment, Path(site.folder))))
    with closing(sqlite3.connect(site.database)) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(_NUMBERS, values)
        database.execute(_PEOPLE, values)
        database.execute(_SESSIONS, values)
        refresh_tokens = tuple(_refresh_token(site, database, number, now) for number in chosen[:: ASKED_ABOUT // MOST])
    access_tokens = tuple(_access_token(services, number, now) for number in chosen)
    services.database.release()
    return Population(site, client, access_tokens, refresh_tokens[:MOST])


def _id(number: int) -> str:
    return f"{1_700_000_000 + number // 10:08x}{number:016x}"


def _access_token(services: Services, number: int, now: int) -> str:
    about = Subject(
        user_id=_id(number),
        session_id=_id(number),
        client_id=FIRST_PARTY,
        scope="openid profile email",
        amr="pwd",
        auth_time=from_microseconds(now),
        username=f"person{number}",
        email=f"person{number}@example.org",
        role="USER",
        provider="local",
    )
    return services.capabilities.access_tokens.issue(about)


def _refresh_token(site: Site, database: sqlite3.Connection, number: int, now: int) -> bytes:
    """Give the session with this *number* a refresh token whose plain form is known, and return it."""
    issued_at, jti = now // 1_000_000, secrets.token_urlsafe(20)
    claims = {
        "id": _id(number),
        "sessionId": _id(number),
        "n": 0,
        "jti": jti,
        "iat": issued_at,
        "exp": issued_at + _WEEK,
    }
    key = jose.symmetric(site.environment["JWT_REFRESH_SECRET"])
    token = jose.sign(claims, key, algorithm="HS256", typ="JWT")
    row = (fingerprint(token), jti, _id(number))
    database.execute("UPDATE sessions SET current = ?, jti = ? WHERE id = ?", row)
    return token.encode()
