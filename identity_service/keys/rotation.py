"""
Next, active, retired: when signing keys change roles.

A key is published before it signs, for as long as a verifier may cache the key set, and stays published
after it signed, for as long as anything it signed may live. So no verifier ever meets an unknown key.
Law: OpenID Connect Core 1.0 §10.1.1 (rotation), RFC 7517 (keys), RFC 7638 (names).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import JSONDecodeError
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import delete, insert, select, update

from identity_service.foundation import jose
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.prepared import Prepared, reader
from identity_service.foundation.vault import Vault
from identity_service.keys.tables import SigningKey

ALGORITHMS = ("ES256", "RS256")
CACHE_LIFE = timedelta(minutes=5)
"""How long a verifier may cache the key set."""

_MARGIN = timedelta(minutes=1)
"""Until every worker publishes a new key: making it takes a while, rings look once a second, clocks differ a little."""

_RSA_BITS = 3072

_GENERATION = (
    SigningKey.kid,
    SigningKey.algorithm,
    SigningKey.generation,
    SigningKey.public_jwk,
    SigningKey.published_at,
    SigningKey.active_from,
)


class Generation(NamedTuple):
    """A key without its private part."""

    kid: str
    algorithm: str
    generation: int
    public_jwk: dict[str, Any]
    published_at: datetime
    active_from: datetime | None


@dataclass(frozen=True)
class Planned:
    """What a rotation decided for one algorithm: *kid* signs from *active_from* on."""

    algorithm: str
    kid: str
    active_from: datetime
    was_planned_already: bool


class Rotation:
    """Makes keys and lets them follow one another."""

    def __init__(self, database: Database, clock: Clock, vault: Vault, longest_token: timedelta) -> None:
        """Keep a retired key published until *longest_token* after it last signed."""
        self._database = database
        self._clock = clock
        self._vault = vault
        self._longest_token = longest_token
        self._generations = Prepared(
            database, select(*_GENERATION).order_by(SigningKey.algorithm, SigningKey.generation)
        )
        self._read = reader(database, _GENERATION)

    def generations(self) -> list[Generation]:
        """
        Return every key, oldest generation first.

        Raises:
            DatabaseUnavailable: the row of one is damaged, or none can be read.
        """
        try:
            return [Generation(*self._read(row)) for row in self._generations.run()]
        except JSONDecodeError as damaged:
            raise DatabaseUnavailable("A signing key in the database is damaged. Put a copy back.") from damaged

    def lacking(self, algorithms: Sequence[str] = ALGORITHMS) -> list[str]:
        """Return which of *algorithms* have no key yet."""
        have = {key.algorithm for key in self.generations()}
        return [algorithm for algorithm in algorithms if algorithm not in have]

    def make_first(self, algorithms: Sequence[str] = ALGORITHMS) -> list[dict[str, Any]]:
        """
        Return new rows, an active and a next key, for each of *algorithms* that has none yet.

        Making RSA keys takes a second, so nobody should hold a transaction meanwhile.
        """
        now = self._clock.now()
        return [
            self._new(algorithm, generation, now, active_from=now if generation == 1 else None)
            for algorithm in self.lacking(algorithms)
            for generation in (1, 2)
        ]

    def add_first(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add the rows that `make_first` made; where somebody else was quicker, theirs stay."""
        for row in rows:
            self._database.change(self._database.insert(SigningKey).values(row).on_conflict_do_nothing())

    def make_successors(self) -> list[dict[str, Any]]:
        """Return a new row for each algorithm, to wait behind the key that waits now."""
        newest = {key.algorithm: key.generation for key in self.generations()}
        now = self._clock.now()
        return [self._new(algorithm, generation + 1, now) for algorithm, generation in newest.items()]

    def advance(self, successors: Sequence[dict[str, Any]], *, at_once: bool = False) -> list[Planned]:
        """
        Let the waiting key of each algorithm sign, as soon as every verifier can know it.

        Args:
            successors: what `make_successors` made; they wait next.
            at_once: do not wait for caches, and withdraw the keys before; for the day a private key has leaked.

        Returns:
            What is planned, an algorithm each. A plan that is still to come is kept as it is.
        """
        return [self._advance(row, at_once=at_once) for row in successors]

    def forget_retired(self) -> int:
        """Remove the keys that nothing alive was signed with; return how many went."""
        keys, now = self.generations(), self._clock.now()
        gone = [key.kid for key in keys if self.is_gone(key, keys, now)]
        return self._database.change(delete(SigningKey).where(SigningKey.kid.in_(gone))) if gone else 0

    def is_gone(self, key: Generation, all_keys: Sequence[Generation], now: datetime) -> bool:
        """Say whether *key* has been retired for so long that nothing it signed can be alive."""
        retired_at = _retired_at(key, all_keys, now)
        return retired_at is not None and retired_at + self._longest_token < now

    def _advance(self, successor: dict[str, Any], *, at_once: bool) -> Planned:
        now = self._clock.now()
        algorithm = successor["algorithm"]
        line = [key for key in self.generations() if key.algorithm == algorithm]
        coming = [key for key in line if key.active_from is not None and key.active_from > now]
        if coming and not at_once:
            return Planned(algorithm, coming[0].kid, _certain(coming[0].active_from), was_planned_already=True)
        waiting = coming[0] if coming else next(key for key in line if key.active_from is None)
        active_from = now if at_once else max(now, _known_everywhere_at(waiting, line))
        mine = update(SigningKey).where(
            SigningKey.kid == waiting.kid, SigningKey.active_from.is_not_distinct_from(waiting.active_from)
        )
        if self._database.change(mine.values(active_from=active_from)) == 0:
            # Somebody else was quicker; their plan is decided upon again.
            return self._advance(successor, at_once=at_once)
        if not coming:
            row = {**successor, "generation": line[-1].generation + 1}
            self._database.change(insert(SigningKey).values(row))
        if at_once:
            # Whoever holds a leaked key must not be believed for another second.
            before = delete(SigningKey).where(SigningKey.algorithm == algorithm)
            self._database.change(before.where(SigningKey.generation < waiting.generation))
        return Planned(algorithm, waiting.kid, active_from, was_planned_already=False)

    def _new(
        self, algorithm: str, generation: int, now: datetime, active_from: datetime | None = None
    ) -> dict[str, Any]:
        pair: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if algorithm == "ES256":
            pair = ec.generate_private_key(ec.SECP256R1())
        else:
            pair = rsa.generate_private_key(65537, _RSA_BITS)
        pem = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = jose.public_jwk(pair, algorithm)
        return {
            "kid": public["kid"],
            "algorithm": algorithm,
            "generation": generation,
            "public_jwk": public,
            "sealed": self._vault.seal(pem, f"signing key {public['kid']}"),
            "published_at": now,
            "active_from": active_from,
        }


def active(keys: Sequence[Generation], algorithm: str, now: datetime) -> Generation | None:
    """Return the key of *algorithm* that signs at *now*: the newest that has begun."""
    planned = [key for key in keys if key.algorithm == algorithm and key.active_from is not None]
    begun = [key for key in planned if _certain(key.active_from) <= now]
    # When not even the first has begun, a clock was put back, here or where it was made: it signs all the same.
    return max(begun or planned[:1], key=lambda key: key.generation, default=None)


def _retired_at(key: Generation, keys: Sequence[Generation], now: datetime) -> datetime | None:
    followers = [
        _certain(other.active_from)
        for other in keys
        if other.algorithm == key.algorithm
        and other.generation > key.generation
        and other.active_from is not None
        and other.active_from <= now
    ]
    return min(followers) if followers else None


def _known_everywhere_at(key: Generation, line: Sequence[Generation]) -> datetime:
    """Return when no cached key set can lack *key*; the keys of the first start were never published apart."""
    first = min(other.published_at for other in line)
    return key.published_at if key.published_at == first else key.published_at + CACHE_LIFE + _MARGIN


def _certain(instant: datetime | None) -> datetime:
    if instant is None:
        raise ValueError("a key that has not begun has no beginning")
    return instant
