"""
What a request cannot do without: signatures, reads, durable writes, the password hash.

All of it on the server's core and with the server's memory settings. The limit of a door is one second divided by the
sum of its parts.
"""

import multiprocessing
import os
import sqlite3
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from identity_service.accounts.argon2id import Argon2id
from identity_service.accounts.passwords import MEMORY_KIB, PASSES
from identity_service.foundation.engine import open_engine
from identity_service.foundation.opaque import SystemChance

HASH = "Argon2id hash"

_CLAIMS = b'{"iss":"https://id.example.org","sub":"0123456789abcdef01234567","aud":"x","exp":1,"iat":1,"sid":"s"}'
_ROWS = 1000
_BATCHES = 9


class Parts:
    """A process that measures the parts, again and again; usable as a context manager."""

    def __init__(self, folder: Path, core: int) -> None:
        """Make the database file in *folder*, on the same disk as the service's, and measure on *core*."""
        context = multiprocessing.get_context("spawn")
        self._apart = ProcessPoolExecutor(1, context, initializer=_settle, initargs=(folder, core))

    def measure(self, seconds: float) -> dict[str, float]:
        """Measure all parts but the hash for about *seconds*, and return microseconds by name."""
        return self._apart.submit(_measure_here, seconds).result()

    def hash(self, seconds: float) -> float:
        """Measure the hash for about *seconds*, and return microseconds."""
        return self._apart.submit(_measure_hash, seconds).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._apart.shutdown()


def limit(*microseconds: float) -> float:
    """Return how many times a second all of these parts can be done, one after the other."""
    return 1_000_000 / sum(microseconds)


def _hash(hasher: Argon2id) -> None:
    """Hash on huge pages fresh from the system, as whoever finds nobody waiting does."""
    hasher.hash("correct horse")
    hasher.give_back()


_in_turns: dict[str, Callable[[], object]] = {}


def _settle(folder: Path, core: int) -> None:
    os.sched_setaffinity(0, {core})
    _in_turns.update({**_signatures(), **_database(folder)})


def _measure_here(seconds: float) -> dict[str, float]:
    return _in_turn(_in_turns, seconds)


def _measure_hash(seconds: float) -> float:
    return microseconds(partial(_hash, Argon2id(PASSES, MEMORY_KIB, SystemChance())), seconds)


def _in_turn(parts: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """
    Do one of each after the other for about *seconds*, and return the median of each.

    So a request does them. The same commit again and again finds the disk awake, and the same signature its own code in
    the cache: both take half as long, which no request will ever see.
    """
    took: dict[str, list[float]] = {name: [] for name in parts}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for name, part in parts.items():
            began = time.perf_counter()
            part()
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) * 1_000_000 for name, each in took.items()}


def microseconds(part: Callable[[], object], seconds: float) -> float:
    """Repeat *part* in batches for about *seconds*, and return the median of a batch, per repetition."""
    began = time.perf_counter()
    part()
    once = time.perf_counter() - began
    repetitions = max(1, int(seconds / _BATCHES / max(once, 1e-7)))
    batches = []
    for _ in range(_BATCHES):
        began = time.perf_counter()
        for _ in range(repetitions):
            part()
        batches.append((time.perf_counter() - began) / repetitions)
    return statistics.median(batches) * 1_000_000


def _signatures() -> dict[str, Callable[[], object]]:
    elliptic, shared, large = ECKey.generate_key("P-256"), OctKey.import_key(b"k" * 64), RSAKey.generate_key(3072)
    es256, hs256, rs256 = {"alg": "ES256", "typ": "at+jwt"}, {"alg": "HS256", "typ": "JWT"}, {"alg": "RS256"}
    signed = jws.serialize_compact(es256, _CLAIMS, elliptic, algorithms=["ES256"])
    shared_signed = jws.serialize_compact(hs256, _CLAIMS, shared, algorithms=["HS256"])
    return {
        "ES256 signature": lambda: jws.serialize_compact(es256, _CLAIMS, elliptic, algorithms=["ES256"]),
        "ES256 verification": lambda: jws.deserialize_compact(signed, elliptic, algorithms=["ES256"]),
        "RS256 signature, 3072 bits": lambda: jws.serialize_compact(rs256, _CLAIMS, large, algorithms=["RS256"]),
        "HS256 signature": lambda: jws.serialize_compact(hs256, _CLAIMS, shared, algorithms=["HS256"]),
        "HS256 verification": lambda: jws.deserialize_compact(shared_signed, shared, algorithms=["HS256"]),
    }


def _database(folder: Path) -> dict[str, Callable[[], object]]:
    """Return a read and a durable write of one row, on a connection with the service's own pragmas."""
    pooled = open_engine(f"sqlite:///{folder / 'parts.db'}").raw_connection()
    connection: sqlite3.Connection = pooled.driver_connection
    pooled.detach()
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE sessions (id TEXT PRIMARY KEY, current TEXT, n INTEGER, rotated_at INTEGER)")
    connection.execute("BEGIN")
    rows = [(f"{n:024x}", f"{n:064x}") for n in range(_ROWS)]
    connection.executemany("INSERT INTO sessions VALUES (?, ?, 0, 0)", rows)
    connection.execute("COMMIT")
    turn = iter(range(10**12))

    def read() -> object:
        key = f"{next(turn) * 7919 % _ROWS:024x}"
        return connection.execute("SELECT current, n FROM sessions WHERE id = ?", (key,)).fetchone()

    def commit() -> object:
        key = f"{next(turn) * 7919 % _ROWS:024x}"
        return connection.execute("UPDATE sessions SET n = n + 1 WHERE id = ? RETURNING n", (key,)).fetchone()

    return {"SQLite read": read, "SQLite commit, durable": commit}
