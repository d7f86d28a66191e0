"""
People who come from somewhere else with their id and their password, many at a time.

Source: LibreChat's `users`; its bcrypt hashes verify here (passwords) and are renewed at the next sign-in.
Leaves to others: where they come from (chat), what else they bring (flows.adopt).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from identity_service.accounts.addresses import NotAnAddress, canonical
from identity_service.accounts.tables import Milestone, User
from identity_service.accounts.users import ADMIN, FIRST_ACCOUNT
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database

_OLD_HASH = "$2"
_LONGEST_ADDRESS = 320


@dataclass(frozen=True)
class Newcomer:
    """A person as they are to be taken over."""

    id: str
    email: str
    email_verified: bool
    name: str
    username: str
    password_hash: str | None
    provider: str
    role: str
    avatar: str | None
    created_at: datetime
    updated_at: datetime


class Took(NamedTuple):
    """
    What became of some newcomers, by id.

    `added` are new here, `known` were here already, those in `renewed` had chosen another password over there since,
    and the address of those in `taken` is somebody else's here.
    """

    added: set[str]
    known: set[str]
    renewed: set[str]
    taken: set[str]


class Adoption:
    """Takes people over; whoever is here already stays as they are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take them into *database*."""
        self._database = database
        self._clock = clock

    def take(self, newcomers: Sequence[Newcomer]) -> Took:
        """Add whoever is not here yet, inside the flow's transaction; after somebody came nobody is the first."""
        if not newcomers:
            return Took(set(), set(), set(), set())
        # The values apart from the statement: to write it out for each batch would cost ten times as much.
        adding = self._database.insert(User).on_conflict_do_nothing().returning(User.id)
        added = {row[0] for row in self._database.rows(adding, [_row(one) for one in newcomers])}
        there = {one.id: one for one in newcomers if one.id not in added}
        rows = self._database.rows(select(User.id, User.password_hash).where(User.id.in_(there)))
        hashes: dict[str, str | None] = dict(tuple(row) for row in rows)
        renewed = {user_id for user_id, kept in hashes.items() if self._renew(user_id, kept, there[user_id])}
        if added:
            reached = {"name": FIRST_ACCOUNT, "reached_at": self._clock.now()}
            self._database.change(self._database.insert(Milestone).values(reached).on_conflict_do_nothing())
        return Took(added, set(hashes), renewed, there.keys() - hashes.keys())

    def is_here(self, user_id: str) -> bool:
        """Say whether this is somebody's id here."""
        return self._database.first(select(User.id).where(User.id == user_id)) is not None

    def has_administrator(self) -> bool:
        """Say whether anybody here is an administrator."""
        return self._database.first(select(User.id).where(User.role == ADMIN).limit(1)) is not None

    def _renew(self, user_id: str, kept: str | None, newcomer: Newcomer) -> bool:
        # A hash of ours means that the person has signed in here, and what is chosen here counts.
        fresh = newcomer.password_hash
        if kept is None or fresh is None or kept == fresh or not kept.startswith(_OLD_HASH):
            return False
        stale = update(User).where(User.id == user_id, User.password_hash == kept)
        return self._database.change(stale.values(password_hash=fresh)) == 1


def is_address(text: str) -> bool:
    """Say whether *text* can be an address here; much may be one that nobody could sign up with."""
    try:
        return max(len(canonical(text)), len(text)) <= _LONGEST_ADDRESS
    except NotAnAddress:
        return False


def _row(one: Newcomer) -> dict[str, object]:
    return {**one.__dict__, "email_canonical": canonical(one.email)}
