"""
Passwords: hashed, verified, renewed; and the rules for choosing one.

Law: OWASP ASVS 5.0 6.2 and 11.4.2, NIST SP 800-63B-4 §3.1.1.2 (length, no composition rules, block-list).
Source of the bcrypt hashes: LibreChat's `users.password`, bcryptjs.
"""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, ParamSpec, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.bcrypt import BcryptHasher

from identity_service.accounts.argon2id import Argon2id
from identity_service.accounts.common_passwords import is_common
from identity_service.accounts.hashing import HashingQueue
from identity_service.foundation.opaque import Chance

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LONGEST = 128
"""Code points; a longer password is refused, never truncated."""

MEMORY_KIB, PASSES = 20476, 2
"""
The cost of a hash: one step above what OWASP asks for (19 MiB and two passes).

Linux hands 20 MiB out in ten huge pages instead of 300 to 800 steps, whichever way 19 MiB happen to lie, and the larger
hash takes no longer than the smaller one. One page less leaves room for one that an allocator adds.
"""

_BCRYPT_BYTES = 72
_BCRYPT_DECOY = "$2b${:02}$" + 53 * "."
"""A hash that no password has, for a cost."""

_SHORTEST_CONTEXT = 4
_OF_ITS_OWN = 12
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)
_NOT_A_LETTER = re.compile(r"[\W\d_]+")


class Checked(NamedTuple):
    """The verdict on a password; `renewed` is a hash to keep instead, if the old one is out of date."""

    is_right: bool
    renewed: str | None


class Passwords:
    """Hashes with Argon2id (m = 20 MiB, t = 2, p = 1) and still understands bcrypt."""

    def __init__(
        self,
        queue: HashingQueue,
        chance: Chance,
        dearest_old: Callable[[], int],
        *,
        shortest: int,
        context: Sequence[str] = (),
    ) -> None:
        """
        Prepare the hashers.

        Args:
            queue: where each hash waits for its turn.
            chance: makes the decoy and the salts.
            dearest_old: tells the cost of the dearest bcrypt hash that is left, 0 if there is none (old_hashes).
            shortest: code points a new password must have.
            context: words that make a password guessable here, such as the title of the application.
        """
        self._queue = queue
        self._argon2 = Argon2id(PASSES, MEMORY_KIB, chance)
        self._hasher = PasswordHash((self._argon2, BcryptHasher()))
        self._decoy = _decoy(chance)
        self._dearest_old = dearest_old
        self._shortest = shortest
        self._context = frozenset(_pieces(context))

    def hash(self, password: str) -> str:
        """Return the Argon2id hash of *password* in its encoded form."""
        return self._queue.run(self._at_work, self._hasher.hash, password)

    def verify(self, password: str, kept: str | None) -> Checked:
        """
        Say whether *password* is the one behind the hash *kept*; one that is longer than LONGEST is nobody's.

        With no hash at all the same work is done on a decoy, so that the time tells nothing. As long as somebody here
        has a bcrypt hash, whatever fails costs a check of either kind; what is right costs no more than its own.
        """
        return self._queue.run(self._at_work, self._check, password, kept)

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

    def _at_work(self, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            if not self._queue.is_waited_for:
                self._argon2.give_back()

    def _check(self, password: str, kept: str | None) -> Checked:
        against, typed = kept or self._decoy, password[:LONGEST]
        # What is too long is cut only to cost the same work: it is wrong, whatever comes of that.
        if not self._is_behind(typed, against) or kept is None or len(password) > LONGEST:
            self._even_out(typed, against)
            return Checked(is_right=False, renewed=None)
        return Checked(is_right=True, renewed=self._hasher.hash(password) if self._is_stale(kept) else None)

    def _is_behind(self, password: str, kept: str) -> bool:
        return self._matches(_as_bcryptjs_reads(password) if kept.startswith("$2") else password, kept)

    def _even_out(self, password: str, kept: str) -> None:
        """Do what the failed check has spared, so that it was one of Argon2id and one of the dearest bcrypt hash."""
        dearest, done, old = self._dearest_old(), _bcrypt_cost(kept), _as_bcryptjs_reads(password)
        if dearest and not done:
            self._matches(old, _BCRYPT_DECOY.format(dearest))
        elif dearest:
            self._matches(password, self._decoy)
            # Each step of cost doubles the work, so one of 8, 8 and 9 each are together one of 10.
            for cost in range(done, dearest):
                self._matches(old, _BCRYPT_DECOY.format(cost))

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


def _as_bcryptjs_reads(password: str) -> bytes:
    """Return the 72 bytes that bcryptjs reads, even if the last is half a letter; our library refuses more."""
    return password.encode()[:_BCRYPT_BYTES]


def _bcrypt_cost(kept: str) -> int:
    """Return the binary logarithm of the rounds of a bcrypt hash; 0 for any other."""
    found = _BCRYPT.fullmatch(kept)
    return int(found[1]) if found else 0


def _decoy(chance: Chance) -> str:
    """Return a well-formed hash that no password has, at no cost."""
    salt, digest = (base64.b64encode(chance.token_bytes(n)).rstrip(b"=").decode() for n in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${digest}"
