"""
The keys of an OpenID issuer: kept for a while, fetched again when one is missed, and that only now and then.

Law: OpenID Connect Core 1.0 §10.1.1 (an unknown key means that keys have changed), RFC 7517 §5.
Leaves to others: which keys are strong enough (foundation.foreign_keys), signatures (foundation.jose).
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from identity_service.foundation.clock import Clock
from identity_service.foundation.foreign_keys import ALGORITHMS, algorithm_of, foreign_key
from identity_service.foundation.jose import BadKey, BadToken, Claims, Key, foreign_claims, foreign_header
from identity_service.foundation.outbound import Outgoing, Unreachable
from identity_service.upstream.answers import BadAnswer, json_object
from identity_service.upstream.provider import Line, NotProven, Reason

_AGAIN = 2
_WINDOW = timedelta(minutes=1)
_MOST_KEYS = 64


@dataclass(frozen=True)
class Signed:
    """The claims of a token whose signature is good; `key_issuer` is whose the key is, if the set says so."""

    header: Claims
    claims: Claims
    key_issuer: str | None


class KeySets:
    """The key set of one issuer."""

    def __init__(self, clock: Clock, kept_for: timedelta) -> None:
        """Keep it for *kept_for*."""
        self._clock = clock
        self._kept_for = kept_for
        self._kept: tuple[str, datetime, list[dict[str, Any]]] | None = None
        self._again: list[datetime] = []
        self._counting = threading.Lock()

    def verified(self, token: str, address: str, line: Line) -> Signed:
        """
        Return what *token* says if a key of the set at *address* has signed it.

        Raises:
            NotProven: no key of the set has, not even of the one that the issuer has now; or it does not answer.
        """
        try:
            header = foreign_header(token)
        except BadToken as wrong:
            raise NotProven(Reason.UNTRUSTED, f"a token: {wrong}") from wrong
        if header.get("alg") not in ALGORITHMS:
            raise NotProven(Reason.UNTRUSTED, "a token signed with an algorithm that is not allowed")
        found = _matching(token, header, self._keys(address, line))
        if found is None and self._may_ask_again():
            found = _matching(token, header, self._fetched(address, line))
        if found is None:
            raise NotProven(Reason.UNTRUSTED, "a token that no key of its issuer has signed")
        return found

    def _keys(self, address: str, line: Line) -> list[dict[str, Any]]:
        kept = self._kept
        if kept is not None and kept[0] == address and timedelta(0) <= self._clock.now() - kept[1] < self._kept_for:
            return kept[2]
        return self._fetched(address, line)

    def _may_ask_again(self) -> bool:
        # Anybody can make up a key's name, and the issuer must not be asked for each.
        now = self._clock.now()
        with self._counting:
            self._again = [then for then in self._again if timedelta(0) <= now - then < _WINDOW]
            if len(self._again) >= _AGAIN:
                return False
            self._again.append(now)
        return True

    def _fetched(self, address: str, line: Line) -> list[dict[str, Any]]:
        try:
            keys = json_object(line.fetch(Outgoing("GET", address)), "the key set").get("keys")
        except Unreachable as fault:
            raise NotProven(Reason.SILENT, f"the key set: {fault.reason}; {fault.detail}") from fault
        except BadAnswer as fault:
            raise NotProven(Reason.UNTRUSTED, str(fault)) from fault
        if not isinstance(keys, list):
            raise NotProven(Reason.UNTRUSTED, "the key set holds no keys")
        usable = [key for key in keys[:_MOST_KEYS] if isinstance(key, dict)]
        self._kept = address, self._clock.now(), usable
        return usable


def _matching(token: str, header: Claims, keys: list[dict[str, Any]]) -> Signed | None:
    algorithm = str(header["alg"])
    for jwk, key in _candidates(header, keys):
        try:
            claims = foreign_claims(token, key, algorithm)
        except BadToken:
            continue
        issuer = jwk.get("issuer")
        return Signed(header, claims, issuer if isinstance(issuer, str) else None)
    return None


def _candidates(header: Claims, keys: list[dict[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Key]]:
    """Yield the keys that may have signed: the one that is named, or each of its kind if none is."""
    algorithm, kid = str(header["alg"]), header.get("kid")
    for jwk in keys:
        if kid is not None and jwk.get("kid") != kid:
            continue
        if kid is None and algorithm_of(jwk) not in {algorithm, "RS256" if algorithm == "PS256" else algorithm}:
            continue
        try:
            yield jwk, foreign_key(jwk, algorithm)
        except BadKey:
            continue
