"""
Passwords: hashed, verified, renewed; and the rules for choosing one.

Law: OWASP ASVS 5.0 6.2 and 11.4.2, NIST SP 800-63B-4 §3.1.1.2 (length, no composition rules, block-list).
Source of the bcrypt hashes: LibreChat's `users.password`, bcryptjs.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.bcrypt import BcryptHasher

from identity_service.accounts.argon2id import Argon2id
from identity_service.accounts.common_passwords import is_common
from identity_service.accounts.hashing import HashingQueue
from identity_service.foundation.opaque import Chance

LONGEST = 128
"""Code points; a longer password is refused, never truncated."""

MEMORY_KIB, PASSES, LANES = 20476, 2, 1
"""
The cost of a hash: one step above what OWASP asks for (19 MiB and two passes).

With the page that the allocator adds it is 20 MiB, a whole number of huge pages. Linux hands those out in ten steps
instead of 300 to 800, whichever way 19 MiB happen to lie, and the larger hash takes no longer than the smaller one.
"""

_BCRYPT_BYTES = 72
_SHORTEST_CONTEXT = 4
_OF_ITS_OWN = 12
_NOT_A_LETTER = re.compile(r"[\W\d_]+")


class Checked(NamedTuple):
    """The verdict on a password; `renewed` is a hash to keep instead, if the old one is out of date."""

    is_right: bool
    renewed: str | None


class Passwords:
    """Hashes with Argon2id (m = 20 MiB, t = 2, p = 1) and still understands bcrypt."""

    def __init__(self, queue: HashingQueue, chance: Chance, *, shortest: int, context: Sequence[str] = ()) -> None:
        """
        Prepare the hashers.

        Args:
            queue: where each hash waits for its turn.
            chance: makes the decoy; salts come from the hashing library.
            shortest: code points a new password must have.
            context: words that make a password guessable here, such as the title of the application.
        """
        self._queue = queue
        self._argon2 = Argon2id(PASSES, MEMORY_KIB, LANES)
        self._hasher = PasswordHash((self._argon2, BcryptHasher()))
        self._decoy = _decoy(chance)
        self._shortest = shortest
        self._context = frozenset(_pieces(context))

    def hash(self, password: str) -> str:
        """Return the Argon2id hash of *password* in its encoded form."""
        return self._queue.run(self._hasher.hash, password)

    def verify(self, password: str, kept: str | None) -> Checked:
        """
        Say whether *password* is the one behind the hash *kept*.

        With no hash at all the same work is done on a decoy, so that the time tells nothing.
        """
        return self._queue.run(self._verify, password, kept)

    def close(self) -> None:
        """End the threads that hash; a process that is about to fork can take none along."""
        self._queue.close()

    def broken_rule(self, password: str, about_person: Sequence[str] = ()) -> str | None:
        """
        Return what is wrong with a new *password* in words for the person, or None.

        Args:
            password: as typed; every code point counts as one character.
            about_person: what names this person, such as the address and the name; every part of it counts.
        """
        if len(password) < self._shortest:
            return f"must be at least {self._shortest} characters"
        if len(password) > LONGEST:
            return f"must be at most {LONGEST} characters"
        if not password.strip():
            return "cannot be only spaces"
        if "\0" in password:
            return "cannot contain a null character"
        if is_common(password):
            return "is one of the most used passwords"
        if self._is_guessable(password, about_person):
            return "is too close to your own name or address, or to the name of this application"
        return None

    def _verify(self, password: str, kept: str | None) -> Checked:
        try:
            return self._check(password, kept)
        finally:
            if not self._queue.is_waited_for:
                self._argon2.give_back()

    def _check(self, password: str, kept: str | None) -> Checked:
        if kept is None:
            self._matches(password, self._decoy)
            return Checked(is_right=False, renewed=None)
        if kept.startswith("$2"):
            # bcryptjs reads 72 bytes and ignores the rest; the library used here refuses to.
            is_right = self._matches(password.encode()[:_BCRYPT_BYTES], kept)
        else:
            is_right = self._matches(password, kept)
        return Checked(is_right, self._hasher.hash(password) if is_right and self._is_stale(kept) else None)

    def _matches(self, password: str | bytes, kept: str) -> bool:
        try:
            return self._hasher.verify(password, kept)
        except (ValueError, UnknownHashError):
            return False

    def _is_stale(self, kept: str) -> bool:
        return kept.startswith("$2") or self._argon2.check_needs_rehash(kept)

    def _is_guessable(self, password: str, about_person: Sequence[str]) -> bool:
        # What everybody knows counts for nothing, so without it there must be enough left.
        rest, known = password.casefold(), self._context.union(_pieces(about_person))
        for word in sorted(known, key=len, reverse=True):
            rest = rest.replace(word, "")
        is_mentioned = len(rest) < len(password.casefold())
        return is_mentioned and len("".join(rest.split())) < _OF_ITS_OWN


def _pieces(words: Sequence[str]) -> Iterator[str]:
    """Yield each word and the parts that it has between signs, as far as they are long enough to be known again."""
    for word in words:
        folded = word.casefold().strip()
        parts = (folded, "".join(folded.split()), *_NOT_A_LETTER.split(folded))
        yield from (part for part in parts if len(part) >= _SHORTEST_CONTEXT)


def _decoy(chance: Chance) -> str:
    """Return a well-formed hash that no password has, at no cost."""
    salt, digest = (base64.b64encode(chance.token_bytes(n)).rstrip(b"=").decode() for n in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}"
