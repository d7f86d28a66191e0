"""
What only an operator may do: add people and clients, change keys, tidy up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.addresses import NotAnAddress, checked
from identity_service.accounts.passwords import Passwords
from identity_service.accounts.users import NewPerson, Person, Users
from identity_service.flows.outcomes import NewAccount, Transaction
from identity_service.foundation.clock import Clock
from identity_service.foundation.errors import AddressTaken, InvalidInput
from identity_service.foundation.opaque import Chance, text
from identity_service.keys.rotation import Planned, Rotation
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.clients import Client, Clients, Registered
from identity_service.sessions.registry import Sessions

_GENERATED_BYTES = 15
_KEPT_AFTER_END = timedelta(days=1)
_BATCH = 500
_LONGEST_NAME = 80
_LONGEST_ROLE = 64


@dataclass(frozen=True)
class Created:
    """A new account; `generated_password` is shown once, None if the operator chose it."""

    person: Person
    generated_password: str | None


@dataclass(frozen=True)
class Administer:
    """The operator's own flows."""

    users: Users
    passwords: Passwords
    sessions: Sessions
    clients: Clients
    rotation: Rotation
    trail: Trail
    transaction: Transaction
    clock: Clock
    chance: Chance

    def create_user(self, wanted: NewAccount) -> Created:
        """
        Add an account.

        Raises:
            InvalidInput: no address, a name that does not fit, or a password that breaks a rule.
            AddressTaken: somebody has the address, in whatever spelling.
        """
        try:
            email = checked(wanted.email)
        except NotAnAddress as wrong:
            raise InvalidInput("Invalid email address!") from wrong
        local_part = email.partition("@")[0]
        name = _fitting("Name", wanted.name or local_part, _LONGEST_NAME)
        username = _fitting("Username", (wanted.username or local_part).lower(), _LONGEST_NAME)
        if wanted.role is not None:
            _fitting("Role", wanted.role, _LONGEST_ROLE)
        broken = self.passwords.broken_rule(wanted.password, (email, local_part)) if wanted.password else None
        if broken:
            raise InvalidInput(f"Password {broken}")
        generated = None if wanted.password else text(self.chance.token_bytes(_GENERATED_BYTES))
        kept = self.passwords.hash(generated or wanted.password)
        new = NewPerson(email, name, username, kept, role=wanted.role, email_verified=wanted.is_verified)
        with self.transaction():
            person = self.users.add(new)
            if person is not None:
                self.trail.record(Event("account.created", DONE, "operator", person.id))
        if person is None:
            raise AddressTaken
        return Created(person, generated)

    def people(self) -> Iterator[Person]:
        """Yield every person, oldest first, a batch at a time."""
        batch = self.users.page(size=_BATCH)
        while batch:
            yield from batch
            batch = self.users.page(batch[-1].id, _BATCH)

    def create_client(self, name: str, redirect_uris: tuple[str, ...] = ()) -> Registered:
        """
        Add a confidential client; its secret is in the answer and nowhere else.

        Raises:
            InvalidInput: a name that does not fit.
        """
        _fitting("Name", name, _LONGEST_NAME)
        with self.transaction():
            registered = self.clients.register(name, redirect_uris)
            self.trail.record(Event("client.created", DONE, "operator", registered.client.client_id))
        return registered

    def list_clients(self) -> list[Client]:
        """Return every client, oldest first."""
        return self.clients.all()

    def prepare_keys(self) -> None:
        """Make the first signing keys where there are none."""
        rows = self.rotation.make_first()
        if rows:
            with self.transaction():
                self.rotation.add_first(rows)

    def rotate_keys(self, *, at_once: bool = False) -> list[Planned]:
        """Let the waiting signing keys sign, as soon as every verifier can know them, and make new ones to wait."""
        successors = self.rotation.make_successors()
        with self.transaction():
            planned = self.rotation.advance(successors, at_once=at_once)
            for plan in planned:
                if not plan.was_planned_already:
                    self.trail.record(Event("key.planned", DONE, "operator", plan.kid))
        return planned

    def tidy(self) -> dict[str, int]:
        """Remove what nothing depends on any more, in small batches; return how much of each went."""
        return {"sessions": self._forget_sessions(), "signing_keys": self._forget_keys()}

    def _forget_sessions(self) -> int:
        before = self.clock.now() - _KEPT_AFTER_END
        total, went = 0, _BATCH
        while went == _BATCH:
            with self.transaction():
                went = self.sessions.forget_expired(before, _BATCH)
            total += went
        return total

    def _forget_keys(self) -> int:
        with self.transaction():
            return self.rotation.forget_retired()


def _fitting(what: str, text: str, longest: int) -> str:
    if not 0 < len(text) <= longest or not text.isprintable():
        raise InvalidInput(f"{what} must be 1 to {longest} printable characters")
    return text
