"""
Who may come in, and what a breach costs.

A person and an address are judged apart, by what each has done; an address that somebody merely types in a form is
nothing to either. Where an address is banned, whoever signed in from it before the ban is still judged as a person:
a neighbour pays for nobody.
Leaves to others: counting tries (web.limits), what an operator decides (moderate), who is there at all (sign_in).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from identity_service.accounts.users import ADMIN, Users
from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation import logs
from identity_service.foundation.clock import Clock
from identity_service.foundation.errors import Banned
from identity_service.foundation.networks import is_loopback
from identity_service.moderation.bans import Bans, Sentence
from identity_service.moderation.kinds import Kind
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail
from identity_service.moderation.violations import Offence, Violations
from identity_service.sessions.registry import Sessions

OURSELVES = "identity"
"""Who acts when nobody does: the service itself."""

_RECENTLY = timedelta(days=7)


class ProxyTruth(Protocol):
    """What is known of the way by which requests come."""

    def is_confirmed(self) -> bool:
        """Say whether TRUST_PROXY fits what is seen, so that an address really is its visitor's."""
        ...

    def is_proxy(self, address: str) -> bool:
        """Say whether *address* is that of a proxy."""
        ...


@dataclass(frozen=True)
class BanRules:
    """Whether violations lead to bans, for how long, and how many other people keep an address from being banned."""

    is_on: bool
    duration: timedelta
    shared_address_max: int


@dataclass(frozen=True)
class Gate:
    """The one place where it is decided whether somebody is kept out."""

    users: Users
    sessions: Sessions
    endings: Endings
    violations: Violations
    bans: Bans
    kinds: Mapping[str, Kind]
    rules: BanRules
    truth: ProxyTruth
    trail: Trail
    transaction: Transaction
    clock: Clock

    def bars(self, visitor: Visitor) -> bool:
        """Say whether the visitor's address is banned, as it was half a second ago. A hot path."""
        network = visitor.network
        if not network or not self.bans.holds_at_a_glance(network):
            return False
        # Behind a proxy that nobody counts in, the address of one is the address of all.
        return self.truth.is_confirmed()

    def admit(self, visitor: Visitor, user_id: str = "") -> None:
        """
        Let a visitor pass, or the person whom the visitor has proven to be.

        Raises:
            Banned: the person is; or the address is, and the person is not at home there.
        """
        if user_id and self.bans.holds(user_id):
            raise Banned(detail=f"person {user_id}")
        if self.bars(visitor) and not (user_id and self._is_at_home(user_id, visitor.network)):
            raise Banned(detail=f"network {visitor.network}")

    def admit_at_a_glance(self, visitor: Visitor, user_id: str = "") -> None:
        """
        Let somebody pass whose session is alive, or a stranger: a person with a ban has no session. A hot path.

        Raises:
            Banned: as `admit`.
        """
        if self.bars(visitor):
            self.admit(visitor, user_id)

    def breach(self, kind: str, visitor: Visitor, user_id: str = "") -> None:
        """
        Write down that a limit was broken, and ban whoever has broken too many; committed when it returns.

        Args:
            kind: one of `moderation.kinds`.
            visitor: who broke it.
            user_id: the person behind the visitor if that is proven; never one who was merely named.
        """
        name, score = self.kinds[kind]
        self.charge(
            Offence(name, score, user_id, visitor.address, visitor.network, OURSELVES, visitor.request_id), visitor
        )

    def charge(self, offence: Offence, reporter: Visitor) -> bool:
        """Write down an offence and let follow what follows; False if it was reported before."""
        with self.transaction():
            if not self.violations.record(offence):
                return False
            if offence.score and offence.user_id:
                self._charge_person(offence, reporter)
            if offence.score and offence.network:
                self._charge_network(offence, reporter)
        return True

    def _charge_person(self, offence: Offence, reporter: Visitor) -> None:
        tally = self.violations.add(offence.user_id, offence.kind, offence.score)
        if not tally.has_consequence or not self.rules.is_on:
            return
        # Held against sessions that are just beginning: they are seen here, or they see the ban (begin_session).
        person = self.users.by_id(offence.user_id) if self.users.seize(offence.user_id) else None
        if person is None:
            return
        if person.role == ADMIN:
            self._spare(offence.user_id, offence, tally.after, "administrator", reporter)
        elif self.rules.duration and not self._ban(offence.user_id, offence, tally.after, reporter):
            return
        else:
            ended = self.endings.all(person.id, "banned")
            if not self.rules.duration:
                told = {"type": offence.kind, "score": str(tally.after), "sessions": str(ended)}
                self._record("sessions.ended_by_score", DONE, person.id, reporter, told)

    def _charge_network(self, offence: Offence, reporter: Visitor) -> None:
        tally = self.violations.add(offence.network, offence.kind, offence.score)
        if not tally.has_consequence or not self.rules.is_on or not self.rules.duration:
            return
        reason = self._why_spared(offence)
        if reason:
            self._spare(offence.network, offence, tally.after, reason, reporter)
        else:
            self._ban(offence.network, offence, tally.after, reporter)

    def _why_spared(self, offence: Offence) -> str:
        if is_loopback(offence.address):
            return "loopback"
        if self.truth.is_proxy(offence.address):
            return "proxy"
        others = self.sessions.people_at(offence.network, self.clock.now() - _RECENTLY) - {offence.user_id}
        if len(others) > self.rules.shared_address_max:
            return "shared address"
        return "" if self.truth.is_confirmed() else "TRUST_PROXY is not confirmed"

    def _ban(self, holder: str, offence: Offence, score: int, reporter: Visitor) -> bool:
        ends_at = self.clock.now() + self.rules.duration
        imposed = self.bans.impose(Sentence(holder, offence.kind, score, OURSELVES, ends_at))
        if imposed is None:
            return False
        told = {"type": offence.kind, "score": str(score), "ends_at": ends_at.isoformat()}
        self._record("ban.imposed", DONE, holder, reporter, told)
        return True

    def _spare(self, holder: str, offence: Offence, score: int, reason: str, reporter: Visitor) -> None:
        logs.logger().warning("ban.spared", holder=holder, type=offence.kind, score=score, reason=reason)
        told = {"type": offence.kind, "score": str(score), "reason": reason}
        self._record("ban.spared", REFUSED, holder, reporter, told)

    def _record(self, name: str, outcome: str, holder: str, reporter: Visitor, told: dict[str, str]) -> None:
        where = reporter.address, reporter.request_id
        self.trail.record(Event(name, outcome, OURSELVES, holder, *where, told))

    def _is_at_home(self, user_id: str, network: str) -> bool:
        ban = self.bans.of(network)
        return ban is None or self.sessions.was_at(user_id, network, ban.imposed_at - _RECENTLY, ban.imposed_at)
