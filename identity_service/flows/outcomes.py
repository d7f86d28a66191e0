"""
What flows are given and how they end.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from identity_service.accounts.users import Person

Transaction: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Opens a transaction for a `with` block; only flows call it."""


@dataclass(frozen=True)
class Visitor:
    """Where a request comes from; `address` is the client's, behind the proxies that are trusted."""

    address: str
    user_agent: str
    request_id: str


@dataclass(frozen=True)
class Registration:
    """What somebody typed into the sign-up form; lengths and characters of the names are checked already."""

    name: str
    username: str
    email: str
    password: str


@dataclass(frozen=True)
class NewAccount:
    """What an operator says of a new account; without a password one is made up."""

    email: str
    name: str = ""
    username: str = ""
    password: str = ""
    role: str | None = None
    is_verified: bool = True


@dataclass(frozen=True)
class SignedIn:
    """A person has a session: a short access token, and a refresh token until `expires_at`."""

    person: Person
    session_id: str
    access_token: str
    refresh_token: str
    expires_at: datetime


@dataclass(frozen=True)
class Active:
    """A token or browser session is good right now; instants are seconds since 1970."""

    person: Person
    session_id: str
    client_id: str
    scope: str
    amr: tuple[str, ...]
    auth_time: int
    issued_at: int
    expires_at: int
