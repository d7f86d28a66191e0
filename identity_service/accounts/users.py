"""
People: find, add, change, remove; the first local one is the administrator.

An address is unique by its canonical form, whatever happens at the same time.
Leaves to others: passwords (passwords), sessions, what a person is told.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import bindparam, delete, func, select, update

from identity_service.accounts.addresses import NotAnAddress, canonical
from identity_service.accounts.tables import Milestone, User
from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.opaque import Chance, object_id
from identity_service.foundation.prepared import Prepared

LOCAL = "local"
ADMIN = "ADMIN"
USER = "USER"
FIRST_ACCOUNT = "first_account"
"""The milestone after which nobody becomes administrator by being the first."""


@dataclass(frozen=True)
class Person:
    """A person as everybody else sees one; the hash of the password stays behind."""

    id: str
    email: str
    email_verified: bool
    name: str
    username: str
    provider: str
    role: str
    avatar: str | None
    created_at: datetime
    updated_at: datetime
    is_closing: bool


@dataclass(frozen=True)
class NewPerson:
    """What is known of a person who is about to be added; `role` None means what the first-account rule says."""

    email: str
    name: str
    username: str
    password_hash: str | None
    provider: str = LOCAL
    role: str | None = None
    email_verified: bool = False


class Heard(Protocol):
    """Hears of whoever is new or has changed, inside the flow's transaction, so that others can be told after it."""

    def __call__(self, user_id: str, *, forgets_password: bool = False) -> None:
        """Take note of *user_id*; with *forgets_password*, a copy of the hash elsewhere opens nothing any more."""
        ...


def unheard(user_id: str, *, forgets_password: bool = False) -> None:
    """Take no notice: nobody has to be told."""


class Credentials(NamedTuple):
    """
    A person with the kept hash of the password, None for somebody who has no password.

    `changed_at` is when the person last chose one, in microseconds since 1970; a renewed hash is no new password.
    """

    person: Person
    password_hash: str | None
    changed_at: int | None


class Users:
    """The people of this installation."""

    def __init__(self, database: Database, clock: Clock, chance: Chance, changed: Heard | None = None) -> None:
        """Keep people in *database*; *changed* hears the id of whoever is new or has changed, before the commit."""
        self._database = database
        self._changed = changed or unheard
        self._clock = clock
        self._chance = chance
        adding = database.insert(User).on_conflict_do_nothing(index_elements=[User.email_canonical])
        reaching = database.insert(Milestone).on_conflict_do_nothing()
        self._by_id = Prepared(database, _PERSON.where(_THIS))
        self._with_hash = Prepared(database, _WITH_HASH.where(User.email_canonical == bindparam("spelled")))
        self._hold = Prepared(database, _HOLD)
        self._seize = Prepared(database, select(User.id).where(_THIS).with_for_update())
        self._add = Prepared(database, adding, columns=_ADDED)
        self._reach = Prepared(database, reaching, columns=("name", "reached_at"))
        self._set_role = Prepared(database, update(User).where(_THIS).values(role=bindparam("new_role")))
        self._renew = Prepared(database, _RENEW)

    def by_id(self, user_id: str) -> Person | None:
        """Return the person with this id as last committed, or None. A hot path."""
        found = self._by_id.run(user_id=user_id)
        return _from_driver(found[0]) if found else None

    def by_email(self, email: str) -> Person | None:
        """Return the person whose address is *email* in any spelling, or None."""
        found = self.credentials(email)
        return found.person if found else None

    def credentials(self, email: str) -> Credentials | None:
        """Return the person whose address is *email* in any spelling, with the hash; what is no address is nobody's."""
        try:
            spelled = canonical(email)
        except NotAnAddress:
            return None
        found = self._with_hash.run(spelled=spelled)
        return Credentials(_from_driver(found[0][:-2]), *found[0][-2:]) if found else None

    def add(self, new: NewPerson) -> Person | None:
        """
        Add a person; None if somebody has the address, in whatever spelling.

        The first account ever, if it is a local one, becomes administrator: one row that is inserted
        once decides, so that it never happens again, even when every account has gone.
        """
        now = self._clock.now()
        user_id = object_id(now, self._chance)
        role = new.role or USER
        added = self._add.change(
            id=user_id,
            email=new.email,
            email_canonical=canonical(new.email),
            email_verified=new.email_verified,
            name=new.name,
            username=new.username.lower(),
            password_hash=new.password_hash,
            provider=new.provider,
            role=role,
            created_at=to_microseconds(now),
            updated_at=to_microseconds(now),
        )
        if not added:
            return None
        if self._is_first(now) and new.provider == LOCAL and new.role is None:
            role = ADMIN
            self._set_role.change(user_id=user_id, new_role=role)
        self._changed(user_id)
        return Person(
            id=user_id,
            email=new.email,
            email_verified=new.email_verified,
            name=new.name,
            username=new.username.lower(),
            provider=new.provider,
            role=role,
            avatar=None,
            created_at=now,
            updated_at=now,
            is_closing=False,
        )

    def renew_hash(self, user_id: str, old: str | None, new: str) -> bool:
        """Replace the password hash *old* by *new*; False if it is no longer *old*."""
        return self._renew.change(user_id=user_id, old=old, new=new, now=to_microseconds(self._clock.now())) == 1

    def hold(self, user_id: str) -> bool:
        """Keep the person from going before the present transaction ends; False if they are going or gone."""
        return bool(self._hold.run(user_id=user_id))

    def seize(self, user_id: str) -> bool:
        """Keep everybody else from holding the person before the present transaction ends; False if they are gone."""
        return bool(self._seize.run(user_id=user_id))

    def begin_closing(self, user_id: str) -> bool:
        """Mark the account as going, so that nobody signs in to it; False if it is marked or gone already."""
        marked = update(User).where(User.id == user_id, User.closing_at.is_(None))
        return self._database.change(marked.values(closing_at=self._clock.now())) == 1

    def remove(self, user_id: str) -> bool:
        """Remove the person; False if nobody has this id."""
        return self._database.change(delete(User).where(User.id == user_id)) == 1

    def page(self, after: str = "", size: int = 500) -> list[Person]:
        """Return up to *size* people whose id is greater than *after*, oldest first."""
        rows = self._database.rows(_PERSON.where(User.id > after).order_by(User.id).limit(size))
        return [Person(*row) for row in rows]

    def count(self) -> int:
        """Return how many people there are."""
        found = self._database.first(select(func.count()).select_from(User))
        return int(found[0]) if found else 0

    def has_had_any(self) -> bool:
        """Say whether there ever was an account, so that nobody becomes administrator by being the first."""
        return self._database.first(select(Milestone.name).where(Milestone.name == FIRST_ACCOUNT)) is not None

    def _is_first(self, now: datetime) -> bool:
        return self._reach.change(name=FIRST_ACCOUNT, reached_at=to_microseconds(now)) == 1


_PERSON: Any = select(
    User.id,
    User.email,
    User.email_verified,
    User.name,
    User.username,
    User.provider,
    User.role,
    User.avatar,
    User.created_at,
    User.updated_at,
    User.closing_at.is_not(None),
)

_THIS = User.id == bindparam("user_id")
_ADDED = (
    "id",
    "email",
    "email_canonical",
    "email_verified",
    "name",
    "username",
    "password_hash",
    "provider",
    "role",
    "created_at",
    "updated_at",
)
_HOLD = select(User.id).where(_THIS, User.closing_at.is_(None)).with_for_update(read=True)
_RENEW = (
    update(User)
    .where(_THIS, User.password_hash == bindparam("old"))
    .values(password_hash=bindparam("new"), updated_at=bindparam("now"))
)
_WITH_HASH: Any = _PERSON.add_columns(User.password_hash, User.credentials_changed_at)


def _from_driver(row: tuple[Any, ...]) -> Person:
    """Build a person from what the driver stores: 0 and 1 for booleans, microseconds for instants."""
    user_id, email, verified, name, username, provider, role, avatar, created_at, updated_at, is_closing = row
    return Person(
        user_id,
        email,
        bool(verified),
        name,
        username,
        provider,
        role,
        avatar,
        from_microseconds(created_at),
        from_microseconds(updated_at),
        bool(is_closing),
    )
