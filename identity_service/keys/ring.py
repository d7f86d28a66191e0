"""
The key ring: which key signs, which keys verify, and the key set that everybody may read.

Private keys are opened when they are first needed and stay in memory; the ring looks at the table once a second.
Law: RFC 7517 (JWK Set), OpenID Connect Core 1.0 §10.1.
"""

import json
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import select

from identity_service.foundation import jose
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.errors import DatabaseUnavailable, Misconfigured
from identity_service.foundation.jose import Key
from identity_service.foundation.vault import Broken, Vault
from identity_service.keys.rotation import CACHE_LIFE, Generation, Rotation, active
from identity_service.keys.tables import SigningKey

_GLANCE = timedelta(seconds=1)


@dataclass(frozen=True)
class KeySet:
    """The published keys as JSON, a tag that changes with them, and how many seconds they may be cached."""

    body: bytes
    tag: str
    max_age: int = int(CACHE_LIFE.total_seconds())


@dataclass(frozen=True)
class _Snapshot:
    looked_at: datetime
    keys: tuple[Generation, ...]
    published: dict[tuple[str, str], Generation]
    key_set: KeySet
    epoch: int


class KeyRing:
    """The signing keys of this installation, as they are now."""

    def __init__(self, database: Database, clock: Clock, vault: Vault, rotation: Rotation) -> None:
        """Read keys from *database* and open them with *vault*."""
        self._database = database
        self._clock = clock
        self._vault = vault
        self._rotation = rotation
        self._private: dict[str, Key] = {}
        self._public: dict[str, Key] = {}
        self._present: _Snapshot | None = None
        self._looking = threading.Lock()

    def signing(self, algorithm: str) -> Key:
        """
        Return the private key that signs with *algorithm* now.

        Raises:
            DatabaseUnavailable: there is none yet.
            Misconfigured: CREDS_KEY is not the one that sealed it.
        """
        snapshot = self._glance()
        key = active(snapshot.keys, algorithm, self._clock.now())
        if key is None:
            raise DatabaseUnavailable(f"There is no {algorithm} signing key yet. Run: make migrate")
        if key.kid not in self._private:
            self._private[key.kid] = self._opened(key)
        return self._private[key.kid]

    def verifying(self, kid: str, algorithm: str) -> Key | None:
        """Return the public key named *kid* if it is published for *algorithm*, else None."""
        published = self._glance().published.get((kid, algorithm))
        if published is None:
            return None
        if kid not in self._public:
            self._public[kid] = jose.public_key(published.public_jwk)
        return self._public[kid]

    def key_set(self) -> KeySet:
        """Return the published keys: those that sign, will sign, or have signed something still alive."""
        return self._glance().key_set

    def epoch(self) -> int:
        """Return a number that changes whenever the published keys change."""
        return self._glance().epoch

    def _glance(self) -> _Snapshot:
        present, now = self._present, self._clock.now()
        if present is not None and abs(now - present.looked_at) < _GLANCE:
            return present
        with self._looking:
            if self._present is present or self._present is None:
                self._present = self._look_again(now)
            return self._present

    def _look_again(self, now: datetime) -> _Snapshot:
        try:
            return self._look(now)
        except DatabaseUnavailable:
            if self._present is None:
                raise
            # A verifier that asks for the keys meanwhile is better served with those of a moment ago than with none.
            return replace(self._present, looked_at=self._clock.now())

    def _look(self, now: datetime) -> _Snapshot:
        keys = tuple(self._rotation.generations())
        published = [key for key in keys if not self._rotation.is_gone(key, keys, now)]
        body = json.dumps({"keys": [key.public_jwk for key in published]}, separators=(",", ":")).encode()
        tag = sha256(body).hexdigest()
        by_name = {(key.kid, key.algorithm): key for key in published}
        return _Snapshot(now, keys, by_name, KeySet(body, tag[:32]), int(tag[:12], 16))

    def _opened(self, key: Generation) -> Key:
        found = self._database.first(select(SigningKey.sealed).where(SigningKey.kid == key.kid))
        try:
            pem = self._vault.open(found[0] if found else b"", f"signing key {key.kid}")
        except Broken as wrong:
            raise Misconfigured(
                ["CREDS_KEY is not the one that sealed the signing keys in this database. Put the old value back."]
            ) from wrong
        # It was made here, and the seal says that it is still the same: to examine its numbers now would take as long
        # as a hundred signatures.
        pair = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        return jose.private_key(pair, key.algorithm, key.kid)
