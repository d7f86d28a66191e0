"""
Argon2id, on memory that goes from one hash to the next while people wait for theirs.

To have 20 MiB mapped and cleared by the system, only to give them back, is a twentieth of a hash. Nothing is read from
what another hash has left: libargon2 wipes its memory when it has done.
Law: RFC 9106.
Leaves to others: what a hash costs and when nobody waits (passwords), who is next (hashing).
"""

import hmac
import mmap
import re
from binascii import Error, a2b_base64, b2a_base64
from collections import deque
from contextlib import suppress
from typing import Any, NamedTuple

from argon2.low_level import ARGON2_VERSION, Type, core, ffi
from pwdlib.hashers.argon2 import Argon2Hasher

from identity_service.foundation.opaque import Chance

_SALT, _DIGEST = 16, 32
"""Bytes, as RFC 9106 §4 recommends them."""

_HUGE_PAGE = 2 * 1024 * 1024
_USUAL = re.compile(
    rf"\$argon2id\$v={ARGON2_VERSION}\$m=(\d{{1,7}}),t=(\d{{1,4}}),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)", re.ASCII
)


class Argon2id(Argon2Hasher):
    """pwdlib's Argon2 hasher, which makes and verifies hashes of the usual form, in one lane, on memory of its own."""

    def __init__(self, time_cost: int, memory_cost: int, chance: Chance) -> None:
        """Hash with *time_cost* passes over *memory_cost* KiB; *chance* makes the salts."""
        super().__init__(time_cost, memory_cost, 1, _DIGEST, _SALT)
        self._cost, self._chance = (memory_cost, time_cost), chance
        self._memory = _Memory()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """Return the hash of *password*, as a PHC string; without a *salt* it has a new one."""
        grain = self._chance.token_bytes(_SALT) if salt is None else salt
        digest = self._digest(password, *self._cost, grain, _DIGEST)
        if digest is None:
            return super().hash(password, salt=grain)
        form = "$argon2id$v={}$m={},t={},p=1${}${}"
        return form.format(ARGON2_VERSION, *self._cost, _encode(grain), _encode(digest))

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 - pwdlib's name
        """Say whether *password* is the one behind *hash*; what is not of the usual form is left to the library."""
        usual = _USUAL.fullmatch(hash) if isinstance(hash, str) else None
        if usual:
            with suppress(Error):
                kept = _decode(usual[4])
                found = self._digest(password, int(usual[1]), int(usual[2]), _decode(usual[3]), len(kept))
                if found is not None:
                    return hmac.compare_digest(found, kept)
        return super().verify(password, hash)

    def give_back(self) -> None:
        """Give the system what no hash is using just now."""
        self._memory.idle.clear()

    def _digest(self, password: str | bytes, memory_cost: int, passes: int, salt: bytes, length: int) -> bytes | None:
        """Return the digest, None if libargon2 refuses; the arguments are those of RFC 9106 §3.1."""
        typed = password.encode() if isinstance(password, str) else password
        digest = ffi.new("uint8_t[]", length)
        inputs = ffi.from_buffer("uint8_t[]", typed), ffi.from_buffer("uint8_t[]", salt)
        context = ffi.new("argon2_context *")
        context.out, context.outlen = digest, length
        (context.pwd, context.salt), context.pwdlen, context.saltlen = inputs, len(typed), len(salt)
        context.version, context.lanes, context.threads = ARGON2_VERSION, 1, 1
        context.t_cost, context.m_cost = passes, memory_cost
        context.allocate_cbk, context.free_cbk = self._memory.allocate, self._memory.free
        return bytes(ffi.buffer(digest)) if core(context, Type.ID.value) == 0 else None


class _Piece(NamedTuple):
    """Memory from the system; `start` is where it begins to consist of whole huge pages."""

    mapped: mmap.mmap
    start: Any
    size: int


class _Memory:
    """What hashes have used, and the two functions by which libargon2 asks for it and leaves it."""

    def __init__(self) -> None:
        self.idle: deque[_Piece] = deque()
        self._lent: dict[int, _Piece] = {}
        # Where the system forbids code to be made while a program runs, libargon2 has the memory that it always has.
        self.allocate, self.free = ffi.NULL, ffi.NULL
        with suppress(MemoryError, OSError):
            self.allocate = ffi.callback("int(uint8_t **, size_t)", self._lend, error=-1)
            self.free = ffi.callback("void(uint8_t *, size_t)", self._take_back)

    def _lend(self, place: Any, size: int) -> int:
        piece = None
        with suppress(IndexError):
            piece = self.idle.pop()
        if piece is None or piece.size != size:
            piece = _map(size)
        self._lent[int(ffi.cast("uintptr_t", piece.start))] = piece
        place[0] = piece.start
        return 0

    def _take_back(self, memory: Any, _size: int) -> None:
        self.idle.append(self._lent.pop(int(ffi.cast("uintptr_t", memory))))


def _map(size: int) -> _Piece:
    mapped = mmap.mmap(-1, size + _HUGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(AttributeError, OSError):  # not every system has huge pages
        mapped.madvise(mmap.MADV_HUGEPAGE)
    address = ffi.cast("uintptr_t", ffi.from_buffer(mapped))
    whole = -int(address) % _HUGE_PAGE
    return _Piece(mapped, ffi.from_buffer("uint8_t[]", mapped) + whole, size)


def _encode(octets: bytes) -> str:
    """Encode in base64 without padding, as PHC strings have it."""
    return b2a_base64(octets, newline=False).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Decode base64 without padding, as PHC strings have it."""
    return a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
