"""
Bans: who may not come in, until when.

A person and a network are banned apart. There is one ban of each at a time, and one conditional write imposes it.
Leaves to others: who deserves one, and what ends with it (flows.gate), what the score says (violations).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, or_, select, update

from identity_service.foundation.clock import Clock, to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.memory import keep
from identity_service.foundation.networks import network_of
from identity_service.foundation.opaque import Chance, object_id
from identity_service.foundation.prepared import Prepared
from identity_service.moderation.tables import Ban as Row

_GLANCE = 500_000
"""Microseconds; what was seen of a network holds that long, so a ban is felt everywhere within a second."""

_REMEMBERED = 4096


@dataclass(frozen=True)
class Sentence:
    """Who is to be banned, why, by whom, and until when; for ever without an end."""

    holder: str
    kind: str
    score: int
    actor: str
    ends_at: datetime | None
    note: str = ""


@dataclass(frozen=True)
class Ban:
    """A ban; `holder` is a user id or a network."""

    id: str
    holder: str
    kind: str
    score: int
    actor: str
    note: str
    imposed_at: datetime
    ends_at: datetime | None

    @property
    def user_id(self) -> str | None:
        """The person, None if it is a network that is banned."""
        return None if network_of(self.holder) else self.holder

    @property
    def address(self) -> str | None:
        """The network, None if it is a person who is banned."""
        return network_of(self.holder) or None


class _Glance(NamedTuple):
    at: int
    ends_at: int | None
    is_banned: bool


class Bans:
    """The bans of this installation."""

    def __init__(self, database: Database, clock: Clock, chance: Chance) -> None:
        """Keep bans in *database*."""
        self._database = database
        self._clock = clock
        self._chance = chance
        self._look = Prepared(database, _LOOK)
        self._seen: dict[str, _Glance] = {}

    def impose(self, sentence: Sentence) -> Ban | None:
        """Ban, inside the flow's transaction; None if there is a ban in force already, which stays as it is."""
        return self._put(sentence, ~_in_force(self._clock.now()))

    def replace(self, sentence: Sentence) -> Ban:
        """Ban, inside the flow's transaction, in place of whatever ban there is."""
        imposed = self._put(sentence, None)
        assert imposed is not None  # noqa: S101 - nothing stands in the way of this write
        return imposed

    def lift(self, holder: str) -> bool:
        """End the ban of *holder*, inside the flow's transaction; False if none is in force."""
        now = self._clock.now()
        lifted = self._database.change(update(Row).where(Row.holder == holder, _in_force(now)).values(ends_at=now))
        self._forget_glance(holder)
        return lifted == 1

    def holds(self, holder: str) -> bool:
        """Say whether *holder* is banned, as the present transaction or the last commit has it."""
        return bool(self._look.run(holder=holder, now=to_microseconds(self._clock.now())))

    def holds_at_a_glance(self, network: str) -> bool:
        """Say whether a network is banned, as it was at most half a second ago. A hot path."""
        now = to_microseconds(self._clock.now())
        seen = self._seen.get(network)
        if seen is None or not 0 <= now - seen.at < _GLANCE:
            found = self._look.run(holder=network, now=now)
            seen = keep(self._seen, network, _Glance(now, found[0][0] if found else None, bool(found)), _REMEMBERED)
        return seen.is_banned and (seen.ends_at is None or seen.ends_at > now)

    def of(self, holder: str) -> Ban | None:
        """Return the ban of *holder* that is in force, or None."""
        found = self._database.first(_BAN.where(Row.holder == holder, _in_force(self._clock.now())))
        return Ban(*found) if found else None

    def last_of(self, holder: str) -> Ban | None:
        """Return the ban of *holder* that is in force or was the last, or None."""
        found = self._database.first(_BAN.where(Row.holder == holder))
        return Ban(*found) if found else None

    def in_force(self) -> list[Ban]:
        """Return every ban in force, the newest first."""
        found = _BAN.where(_in_force(self._clock.now())).order_by(Row.imposed_at.desc(), Row.holder)
        return [Ban(*row) for row in self._database.rows(found)]

    def forget_ended(self, before: datetime, size: int) -> int:
        """Remove up to *size* bans that ended before *before*; return how many went."""
        over = select(Row.holder).where(Row.ends_at < before).limit(size)
        return self._database.change(delete(Row).where(Row.holder.in_(over)))

    def _put(self, sentence: Sentence, unless: Any) -> Ban | None:
        now = self._clock.now()
        values: dict[str, Any] = {
            "holder": sentence.holder,
            "id": object_id(now, self._chance),
            "kind": sentence.kind,
            "score": sentence.score,
            "actor": sentence.actor,
            "note": sentence.note,
            "imposed_at": now,
            "ends_at": sentence.ends_at,
        }
        changed = {name: value for name, value in values.items() if name != "holder"}
        putting = self._database.insert(Row).values(**values)
        done = self._database.change(
            putting.on_conflict_do_update(index_elements=[Row.holder], set_=changed, where=unless)
        )
        self._forget_glance(sentence.holder)
        return Ban(**values) if done == 1 else None

    def _forget_glance(self, holder: str) -> None:
        def forget() -> None:
            self._seen.pop(holder, None)

        self._database.after_commit(forget)


def _in_force(now: datetime) -> Any:
    return or_(Row.ends_at.is_(None), Row.ends_at > now)


_BAN: Any = select(Row.id, Row.holder, Row.kind, Row.score, Row.actor, Row.note, Row.imposed_at, Row.ends_at)
_LOOK = select(Row.ends_at).where(
    Row.holder == bindparam("holder"), or_(Row.ends_at.is_(None), Row.ends_at > bindparam("now"))
)
