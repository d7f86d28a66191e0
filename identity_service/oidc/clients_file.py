"""
CLIENTS_FILE: clients that an operator writes down, in TOML under the names of RFC 7591.

    [[client]]
    client_id = "wiki"
    client_name = "The wiki"
    client_secret_file = "wiki.secret"
    redirect_uris = ["https://wiki.example.org/callback"]

Every mistake is told at once, by its place and name; what is written there is never repeated, for it may be a secret.
Law: RFC 7591 §2 (names), TOML 1.0.
Leaves to others: what may be registered (registration), bringing the table into line (flows.oidc.reconcile_clients).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.opaque import fingerprint
from identity_service.foundation.settings_kinds import refuse_pattern, refuse_short
from identity_service.oidc.registration import Wanted, mistakes, read

SETTING = "CLIENTS_FILE"

_LARGEST = 64 * 1024
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# Of the form of a person's id: an access token that a client gets for itself names the client as its subject.
_PERSON_ID = re.compile(r"[0-9a-f]{24}", re.IGNORECASE)
_OURS = frozenset({"first-party"})
_SECRETS = ("client_secret", "client_secret_file", "client_secret_fingerprint")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
# Not every client form-encodes it for the Basic scheme (RFC 6749 §2.3.1), so nothing in it may change by that.
_SECRET = re.compile(r"[!-$&-*,-~]+")
_LONGEST_SECRET = 128
_WITHOUT_SECRET = frozenset({"none", "private_key_jwt"})


@dataclass(frozen=True)
class Written:
    """A client as the file has it; of its secret only the fingerprint, empty if it has none."""

    client_id: str
    wanted: Wanted
    secret_fingerprint: str


@dataclass
class _Entry:
    """One table of the file, and what is wrong with it."""

    number: int
    table: Mapping[str, Any]
    folder: Path
    problems: list[str] = field(default_factory=list)

    @property
    def client_id(self) -> str:
        named = self.table.get("client_id")
        return named if isinstance(named, str) and _CLIENT_ID.fullmatch(named) else ""

    @property
    def metadata(self) -> dict[str, Any]:
        return {name: value for name, value in self.table.items() if name not in {"client_id", *_SECRETS}}

    def complain(self, sentence: str) -> None:
        place = f"client {self.number}" + (f" ({self.client_id})" if self.client_id else "")
        self.problems.append(f"{SETTING}, {place}: {sentence}")

    def written(self) -> Written | None:
        """Return the client, or None after complaints."""
        self._check_id()
        if "client_name" not in self.table:
            self.complain("client_name is required.")
        for mistake in mistakes(self.metadata, by_operator=True):
            self.complain(str(mistake))
        secret_fingerprint = self._secret_fingerprint()
        if self.problems:
            return None
        return Written(self.client_id, read(self.metadata, by_operator=True), secret_fingerprint)

    def _check_id(self) -> None:
        if not self.client_id:
            self.complain("client_id must be 1 to 64 letters, digits, dots, hyphens and underscores.")
        elif _PERSON_ID.fullmatch(self.client_id):
            self.complain("client_id must not have the form of a person's id, 24 hexadecimal characters.")
        elif self.client_id in _OURS:
            self.complain("client_id is the name of a client of our own.")

    def _secret_fingerprint(self) -> str:
        given = [name for name in _SECRETS if name in self.table]
        if self.table.get("token_endpoint_auth_method") in _WITHOUT_SECRET:
            if given:
                self.complain(f"{given[0]} is not for a client without a secret.")
            return ""
        if len(given) != 1:
            self.complain(f"one of {', '.join(_SECRETS)} is required, and no more than one.")
            return ""
        try:
            return self._kept(given[0], self.table[given[0]])
        except ValueError as wrong:
            self.complain(f"{given[0]} {wrong}")
            return ""

    def _kept(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a text.")  # noqa: TRY004 - one complaint among others
        if name == "client_secret_fingerprint":
            if not _FINGERPRINT.fullmatch(value):
                raise ValueError("must be the SHA-256 of the secret, 64 hexadecimal characters in lower case.")
            return value
        secret = _content(self.folder / value) if name == "client_secret_file" else value
        refuse_short(secret)
        refuse_pattern(secret)
        if len(secret) > _LONGEST_SECRET or not _SECRET.fullmatch(secret):
            raise ValueError(f"must be at most {_LONGEST_SECRET} characters of ASCII, without blanks, % and +.")
        return fingerprint(secret)


def read_clients(path: Path) -> tuple[Written, ...]:
    """
    Return the clients in the file at *path*, by id.

    Raises:
        Misconfigured: with a sentence for every mistake.
    """
    entries = [_Entry(number, table, path.parent) for number, table in enumerate(_tables(path), 1)]
    clients = [entry.written() for entry in entries]
    ids = [entry.client_id for entry in entries]
    for entry in entries:
        if entry.client_id and ids.index(entry.client_id) < entry.number - 1:
            entry.complain("client_id is that of a client further up.")
    problems = [problem for entry in entries for problem in entry.problems]
    if problems:
        raise Misconfigured(problems)
    return tuple(sorted(filter(None, clients), key=lambda written: written.client_id))


def _tables(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        document = tomllib.loads(_content(path))
    except tomllib.TOMLDecodeError as wrong:
        # The library's sentence may quote a name or a character; where it stands is enough.
        place = re.search(r"\(at [^()]*\)$", str(wrong))
        raise Misconfigured([f"{SETTING} is not TOML {place.group() if place else ''}".rstrip() + "."]) from wrong
    except ValueError as wrong:
        raise Misconfigured([f"{SETTING} {wrong}"]) from wrong
    tables = document.pop("client", [])
    if document or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise Misconfigured([f"{SETTING} must hold [[client]] tables and nothing else."])
    yield from tables


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError
        # One line break at the end, as every editor adds.
        return content.decode().removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError):
        raise ValueError("must name a readable text file of at most 64 KiB.") from None
