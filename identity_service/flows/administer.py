"""
What only an operator may do: add people and clients, change keys, tidy up.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from identity_service.accounts.addresses import NotAnAddress, checked
from identity_service.accounts.passwords import Passwords
from identity_service.accounts.users import ADMIN, USER, NewPerson, Person, Users
from identity_service.flows.outcomes import NewAccount, Transaction
from identity_service.foundation.clock import Clock
from identity_service.foundation.errors import AddressTaken, ClientUnknown, InvalidInput
from identity_service.foundation.opaque import Chance, text
from identity_service.keys.rotation import ALGORITHMS, Planned, Rotation
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc import registration
from identity_service.oidc.clients import FILE, Client, Clients, Registered

_GENERATED_BYTES = 15
_BATCH = 500
_LONGEST_NAME = 80
_LONGEST_ROLE = 64
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


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
            InvalidInput: no address, a name or role that does not fit, or a password that breaks a rule.
            AddressTaken: somebody has the address, in whatever spelling.
        """
        try:
            email = checked(wanted.email)
        except NotAnAddress as wrong:
            raise InvalidInput("Invalid email address!") from wrong
        local_part = email.partition("@")[0]
        name = _fitting("Name", wanted.name or local_part, _LONGEST_NAME)
        username = _fitting("Username", (wanted.username or local_part).lower(), _LONGEST_NAME)
        role = None if wanted.role is None else _role(wanted.role)
        broken = self.passwords.broken_rule(wanted.password, (email, name, username)) if wanted.password else None
        if broken:
            raise InvalidInput(f"Password {broken}")
        generated = None if wanted.password else text(self.chance.token_bytes(_GENERATED_BYTES))
        kept = self.passwords.hash(generated or wanted.password)
        new = NewPerson(email, name, username, kept, role=role, email_verified=wanted.is_verified)
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

    def create_client(
        self, name: str, redirect_uris: tuple[str, ...] = (), metadata: Mapping[str, Any] | None = None
    ) -> Registered:
        """
        Add a client; its secret is in the answer and nowhere else, None if it has none.

        Args:
            name: what people are shown.
            redirect_uris: where an answer may go; without any it verifies sessions, and asks for itself.
            metadata: everything else, under the names of RFC 7591 and our own.

        Raises:
            InvalidInput: a name that does not fit.
            InvalidRedirectURI: a redirect address cannot be.
            InvalidClientMetadata: something else cannot be.
        """
        _fitting("Name", name, _LONGEST_NAME)
        told = {**(metadata or {}), "client_name": name, "redirect_uris": list(redirect_uris)}
        wanted = registration.read(told, by_operator=True)
        with self.transaction():
            registered = self.clients.register(wanted.name, wanted.redirect_uris, wanted.details)
            self.trail.record(Event("client.created", DONE, "operator", registered.client.client_id))
        return registered

    def find_client(self, client_id: str) -> Client:
        """
        Return the client with this id.

        Raises:
            ClientUnknown: there is none.
        """
        client = self.clients.by_id(client_id) if _CLIENT_ID.fullmatch(client_id) else None
        if client is None:
            raise ClientUnknown
        return client

    def rotate_client_secret(self, client_id: str, overlap: timedelta) -> Registered:
        """
        Give a client a new secret; the present one works for *overlap* from now, and the one before that no more.

        Raises:
            ClientUnknown: there is no such client.
            InvalidInput: it has no secret, or one that stands in CLIENTS_FILE.
        """
        client = self.find_client(client_id)
        if client.origin == FILE:
            raise InvalidInput("The secret of this client stands in CLIENTS_FILE: change it there.")
        if not client.has_secret:
            raise InvalidInput("This client has no secret.")
        with self.transaction():
            rotated = self.clients.rotate_secret(client_id, overlap)
            if rotated is not None:
                self.trail.record(Event("client.secret_rotated", DONE, "operator", client_id))
        if rotated is None:
            raise ClientUnknown
        return rotated

    def list_clients(self) -> list[Client]:
        """Return every client, oldest first."""
        return self.clients.all()

    def lacks_keys(self) -> bool:
        """Say whether the first signing keys are still to be made: a first start may have been cut short before."""
        return bool(self.rotation.lacking())

    def prepare_keys(self, algorithms: Sequence[str] = ALGORITHMS) -> bool:
        """Make the first signing keys of *algorithms* where there are none; False if none were missing."""
        rows = self.rotation.make_first(algorithms)
        if rows:
            with self.transaction():
                self.rotation.add_first(rows)
        return bool(rows)

    def rotate_keys(self, *, at_once: bool = False) -> list[Planned]:
        """Let the waiting signing keys sign, as soon as every verifier can know them, and make new ones to wait."""
        successors = self.rotation.make_successors()
        with self.transaction():
            planned = self.rotation.advance(successors, at_once=at_once)
            for plan in planned:
                if not plan.was_planned_already:
                    self.trail.record(Event("key.planned", DONE, "operator", plan.kid))
        return planned


def _role(text: str) -> str:
    """Return a role; one that differs from ours by its letters' case would look like it, and be none."""
    ours = text.upper()
    if ours in (ADMIN, USER) and text != ours:
        raise InvalidInput(f"Role must be {ours}, in capitals, or one of your own with another name")
    return _fitting("Role", text, _LONGEST_ROLE)


def _fitting(what: str, text: str, longest: int) -> str:
    if not 0 < len(text) <= longest or not text.isprintable():
        raise InvalidInput(f"{what} must be 1 to {longest} printable characters")
    return text
