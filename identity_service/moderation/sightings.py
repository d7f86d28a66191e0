"""
Sightings: by which way requests come, and whether TRUST_PROXY says the same.

Behind a proxy that nobody counts in, everybody has the proxy's address, and a ban of one would be a ban of all. So what
is seen of addresses is remembered: a few rows, whatever the traffic. What a visitor can write into a header is never
enough to make the difference alone.
Leaves to others: when they are written (flows.observe), what follows from a doubt (flows.gate, doctor).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network

from sqlalchemy import bindparam, delete, select

from identity_service.foundation.clock import Clock, from_microseconds, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.networks import network_of
from identity_service.foundation.prepared import Prepared
from identity_service.moderation.tables import Sighting

_REMEMBERED = timedelta(days=7)
_DOUBTED = timedelta(days=1)
"""How long a bad sign counts, once it comes no more."""

_WRITTEN_EVERY = timedelta(minutes=10)
_GLANCE = timedelta(seconds=5)
_MOST_WAYS = 1024
_MOST_NAMED = 16
_LONGEST = 128
_CROWD = 3
"""So many different networks must come with entries that only proxies add, before it is more than somebody's idea."""

_PUBLIC, _PRIVATE, _PROXY, _UNEXPECTED, _DIRECT = "public", "private ", "proxy ", "unexpected", "direct"
_NEIGHBOURS = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")
) + tuple(ip_network(text) for text in ("fc00::/7", "fe80::/10", "::1/128"))


class Sightings:
    """What this installation has seen of the way by which requests come; each process adds what it sees."""

    def __init__(self, database: Database, clock: Clock, hops: int) -> None:
        """Judge by *hops*, which is TRUST_PROXY: what was seen under another number does not count."""
        self._clock = clock
        self._hops = hops
        self._ways: set[tuple[str, str, str]] = set()
        self._through: set[str] = set()
        self._surplus: set[str] = set()
        self._exact: set[str] = set()
        self._seen: dict[str, datetime] = {}
        self._written: dict[str, datetime] = {}
        self._told: tuple[datetime, Mapping[str, datetime]] | None = None
        row = database.insert(Sighting)
        latest = row.on_conflict_do_update(index_elements=["kind"], set_={"seen_at": row.excluded.seen_at})
        self._write = Prepared(database, latest, columns=("kind", "seen_at"))
        self._forget = Prepared(database, delete(Sighting).where(Sighting.seen_at < bindparam("since")))
        self._look = Prepared(
            database, select(Sighting.kind, Sighting.seen_at).where(Sighting.seen_at >= bindparam("since"))
        )

    def note(self, peer: str, visitor: str, forwarded: str) -> None:
        """
        Remember one request; for a way that is known already this is one look-up.

        Args:
            peer: the address that the connection came from.
            visitor: the address that the request counts as.
            forwarded: its X-Forwarded-For, empty without one.
        """
        way = peer, visitor, forwarded[-_LONGEST:]
        if way in self._ways:
            return
        if len(self._ways) >= _MOST_WAYS:
            self._ways.clear()
        self._ways.add(way)
        now = self._clock.now()
        for kind in self._kinds(*way):
            if kind not in self._seen:
                if self._has_enough_like(kind):
                    continue
                self._told = None
            self._seen[kind] = now

    def is_confirmed(self) -> bool:
        """Say whether TRUST_PROXY fits what is seen, so that an address really is its visitor's."""
        return not self.doubts()

    def is_proxy(self, address: str) -> bool:
        """Say whether a proxy with this address brings requests."""
        return f"{_PROXY}{address}" in self._evidence()

    def doubts(self) -> tuple[str, ...]:
        """Return what speaks against TRUST_PROXY as it is, in sentences for an operator; nothing if all is well."""
        seen = self._evidence()
        found = []
        if self.is_contradicted():
            found.append(
                f"Requests come with more entries in X-Forwarded-For than TRUST_PROXY says, which is {self._hops}: "
                "set it to the number of proxies before this service."
            )
        private = [kind.removeprefix(_PRIVATE) for kind in seen if kind.startswith(_PRIVATE)]
        if _PUBLIC not in seen and len(private) == 1:
            found.append(
                f"All recent requests count as coming from the one private address {private[0]}: "
                "TRUST_PROXY must be the number of proxies before this service."
            )
        if _PUBLIC not in seen and not private:
            found.append(
                f"TRUST_PROXY is {self._hops}, but no recent request came through that many proxies."
                if _DIRECT in seen
                else "No request has been seen yet, so TRUST_PROXY is not confirmed."
            )
        return tuple(found)

    def is_contradicted(self) -> bool:
        """Say whether requests have come lately that cannot have come if TRUST_PROXY were right."""
        seen = self._evidence()
        return _UNEXPECTED in seen and seen[_UNEXPECTED] > self._clock.now() - _DOUBTED

    def has_seen_any(self) -> bool:
        """Say whether any request is remembered, of whatever process."""
        return bool(self._evidence())

    def pending(self) -> dict[str, datetime]:
        """Return what this process has seen and not written down lately; it looks at every way anew from here on."""
        self._ways.clear()
        now = self._clock.now()
        return {
            kind: at
            for kind, at in list(self._seen.items())
            if kind not in self._written or at >= self._written[kind] + _WRITTEN_EVERY
            if now - at < _WRITTEN_EVERY
        }

    def write(self, pending: Mapping[str, datetime]) -> None:
        """Write down what was *pending*, and drop what is long past, inside the flow's transaction."""
        now = self._clock.now()
        for kind, at in pending.items():
            self._write.change(kind=f"{self._hops} {kind}", seen_at=to_microseconds(at))
            self._written[kind] = at
        self._forget.change(since=to_microseconds(now - _REMEMBERED))

    def _kinds(self, peer: str, visitor: str, forwarded: str) -> Iterable[str]:
        entries = forwarded.count(",") + 1 if forwarded else 0
        if entries < self._hops:
            return [_DIRECT]
        kinds = [f"{_PRIVATE}{visitor}" if _is_neighbour(visitor) else _PUBLIC] if visitor else []
        if self._hops:
            kinds.append(f"{_PROXY}{peer}")
        if entries and not self._hops and _is_neighbour(peer) and len(self._through) < _CROWD:
            self._through.add(forwarded)
        if self._is_unexpected(peer, visitor, has_surplus=entries > self._hops):
            kinds.append(_UNEXPECTED)
        return kinds

    def _is_unexpected(self, peer: str, visitor: str, *, has_surplus: bool) -> bool:
        if has_surplus and not self._hops and _is_neighbour(peer):
            # One value alone is somebody's trial, such as the doctor's own.
            return len(self._through) >= _CROWD
        (self._surplus if has_surplus else self._exact).add(network_of(visitor))
        if len(self._surplus) + len(self._exact) > _MOST_WAYS:
            self._surplus.clear()
            self._exact.clear()
        return has_surplus and len(self._surplus) >= max(_CROWD, len(self._exact) + 1)

    def _has_enough_like(self, kind: str) -> bool:
        word = kind.partition(" ")[0]
        return sum(seen.partition(" ")[0] == word for seen in list(self._seen)) >= _MOST_NAMED

    def _evidence(self) -> Mapping[str, datetime]:
        now = self._clock.now()
        told = self._told
        if told is not None and abs(now - told[0]) < _GLANCE:
            return told[1]
        mark = f"{self._hops} "
        found = self._look.run(since=to_microseconds(now - _REMEMBERED))
        rows = {kind.removeprefix(mark): from_microseconds(at) for kind, at in found if kind.startswith(mark)}
        mine = {kind: at for kind, at in list(self._seen.items()) if at >= now - _REMEMBERED}
        evidence = {**rows, **mine}
        self._told = now, evidence
        return evidence


@lru_cache(maxsize=4096)
def _is_neighbour(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _NEIGHBOURS if network.version == found.version)
