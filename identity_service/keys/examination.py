"""
The examination: whether each signing key opens, and verifies what it signs.

Leaves to others: what is done about one that does not (the doctor).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, select

from identity_service.foundation import jose
from identity_service.foundation.database import Database
from identity_service.foundation.jose import BadKey, BadToken, Expect
from identity_service.foundation.vault import Broken, Vault
from identity_service.keys.tables import SigningKey

_TYP = "examination"


@dataclass(frozen=True)
class Examined:
    """
    A key, looked at closely.

    Attributes:
        kid: its name.
        algorithm: what it signs with.
        active_from: from when on it signs; None while it waits.
        opens: whether CREDS_KEY is the one that sealed it.
        works: whether its public half verifies what its private half signs.
    """

    kid: str
    algorithm: str
    active_from: datetime | None
    opens: bool
    works: bool


class Examination:
    """Looks at every signing key of this installation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Read keys from *database* and open them with *vault*."""
        self._database = database
        self._vault = vault

    def of_all(self) -> Iterator[Examined]:
        """Yield each key, oldest generation first."""
        # As text: what is none any more would keep the others from being read.
        public_jwk = cast(SigningKey.public_jwk, Text)
        columns = SigningKey.kid, SigningKey.algorithm, public_jwk, SigningKey.sealed, SigningKey.active_from
        in_order = select(*columns).order_by(SigningKey.algorithm, SigningKey.generation)
        for kid, algorithm, public, sealed, active_from in self._database.rows(in_order):
            try:
                pem = self._vault.open(sealed, f"signing key {kid}")
            except Broken:
                yield Examined(kid, algorithm, active_from, opens=False, works=False)
                continue
            works = _verifies(pem, kid, algorithm, public)
            yield Examined(kid, algorithm, active_from, opens=True, works=works)


def _verifies(pem: bytes, kid: str, algorithm: str, public_jwk: str) -> bool:
    try:
        public = json.loads(public_jwk)
        token = jose.sign({"kid": kid, "exp": 1}, jose.private_key(pem, algorithm, kid), algorithm=algorithm, typ=_TYP)
        expected = Expect(algorithm, _TYP, issuer=None, audience=None, claims={"kid": str}, is_foreign=True)
        return bool(jose.verify(token, lambda _: jose.public_key(public), expected, now=0)["kid"] == kid)
    except (BadKey, BadToken, ValueError):
        return False
