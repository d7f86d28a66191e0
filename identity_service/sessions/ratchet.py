"""
The refresh ratchet's row, and the two statements that turn it and look at it.

Leaves to others: what a turn means (refresh).
"""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update

from identity_service.sessions.tables import Session


class Row(NamedTuple):
    """What both statements return."""

    user_id: str
    client_id: str
    scope: str
    amr: str
    auth_time: int
    expires_at: int
    previous: str | None
    rotated_at: int
    n: int
    jti: str
    issued_at: int


OPENED = (
    "id",
    "user_id",
    "client_id",
    "parent_id",
    "browser",
    "is_offline",
    "scope",
    "amr",
    "auth_time",
    "created_at",
    "expires_at",
    "user_agent",
    "address",
    "current",
    "n",
    "jti",
    "issued_at",
    "rotated_at",
)
_COLUMNS = (
    Session.user_id,
    Session.client_id,
    Session.scope,
    Session.amr,
    Session.auth_time,
    Session.expires_at,
    Session.previous,
    Session.rotated_at,
    Session.n,
    Session.jti,
    Session.issued_at,
)
_ALIVE: tuple[Any, ...] = (
    Session.id == bindparam("session_id"),
    Session.ended_at.is_(None),
    Session.expires_at > bindparam("now"),
)
LOOK = select(*_COLUMNS).where(*_ALIVE)
TURN = (
    update(Session)
    .where(*_ALIVE, Session.current == bindparam("presented"), Session.client_id == bindparam("client_id"))
    .values(
        previous=Session.current,
        current=bindparam("next"),
        n=bindparam("next_n"),
        jti=bindparam("next_jti"),
        issued_at=bindparam("next_issued_at"),
        rotated_at=bindparam("now"),
    )
    .returning(*_COLUMNS)
)
