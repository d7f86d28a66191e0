"""
What happens when an operator or a back end moderates: ban, unban, report violations; and why somebody is kept out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.users import Person, Users
from identity_service.flows.gate import Gate
from identity_service.flows.outcomes import By, Report, Taken, Transaction
from identity_service.flows.sign_out import Endings
from identity_service.foundation.clock import Clock
from identity_service.foundation.errors import BanUnknown, InvalidInput, UserUnknown, ViolationUnknown
from identity_service.foundation.networks import is_loopback, network_of, plain
from identity_service.foundation.opaque import fingerprint
from identity_service.moderation.bans import Ban, Bans, Sentence
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.moderation.violations import Offence, Violations

BY_HAND = "by hand"
"""The kind of a ban that somebody imposed."""

LONGEST_BAN = timedelta(days=36_500)


@dataclass(frozen=True)
class Moderate:
    """Bans by hand, and the reports of back ends."""

    users: Users
    bans: Bans
    violations: Violations
    gate: Gate
    endings: Endings
    trail: Trail
    transaction: Transaction
    clock: Clock

    def person(self, named: str) -> Person:
        """
        Return the person with this e-mail address or id.

        Raises:
            UserUnknown: there is none.
        """
        person = self.users.by_email(named) if "@" in named else self.users.by_id(named)
        if person is None:
            raise UserUnknown
        return person

    def network(self, address: str) -> str:
        """
        Return the network that *address* is banned by.

        Raises:
            InvalidInput: it is no IP address.
        """
        network = network_of(address)
        if not network:
            raise InvalidInput("address: This is no IP address.")
        return network

    def holder(self, named: str) -> str:
        """
        Return who is meant, in the form in which bans know them: a person, or the network of an IP address.

        Raises:
            UserUnknown: nobody has this address or id.
        """
        return network_of(named) or self.person(named).id

    def ban(self, holder: str, duration: timedelta | None, note: str, by: By) -> Ban:
        """
        Ban a person or a network in place of whatever ban there is; a person's sessions end.

        Args:
            holder: a user id or a network, as the methods above return it.
            duration: for how long; None for ever.
            note: why, for whoever asks later.
            by: who bans.

        Raises:
            InvalidInput: the address is this machine's own, or the duration cannot be.
            UserUnknown: the person went meanwhile.
        """
        if is_loopback(holder):
            raise InvalidInput("address: This is the machine itself.")
        if duration is not None and not timedelta(0) < duration <= LONGEST_BAN:
            raise InvalidInput("A ban lasts longer than nothing, and at most a hundred years: say for how long.")
        ends_at = None if duration is None else self.clock.now() + duration
        is_person = not network_of(holder)
        with self.transaction():
            if is_person and not self.users.seize(holder):
                raise UserUnknown
            ban = self.bans.replace(Sentence(holder, BY_HAND, 0, by.actor, ends_at, note))
            ended = self.endings.all(holder, "banned") if is_person else 0
            told = {"ends_at": ends_at.isoformat() if ends_at else "never", "sessions": str(ended), "note": note}
            self._record("ban.imposed", holder, told, by)
        return ban

    def unban(self, holder: str, by: By) -> None:
        """
        Lift the ban of a person or a network, and forget the scores that led to it.

        Otherwise the next small offence would ban again.

        Raises:
            BanUnknown: there is neither a ban nor a score.
        """
        with self.transaction():
            # In the order in which an offence takes them, so that neither waits for the other for ever.
            pardoned, lifted = self.violations.pardon(holder), self.bans.lift(holder)
            if not lifted and not pardoned:
                raise BanUnknown
            self._record("ban.lifted", holder, {"scores": str(pardoned)}, by)

    def report(self, reports: Sequence[Report], by: By) -> list[Taken]:
        """
        Take what a back end reports; each report stands and falls for itself.

        Raises:
            ViolationUnknown: one of them has a type that is not known; none of them was taken then.
            InvalidInput: one of them names neither a person nor an address; none of them was taken then.
        """
        for report in reports:
            if report.kind not in self.gate.kinds:
                raise ViolationUnknown(f"No violation has the type {report.kind[:32]!r}.")
            if not report.user_id and not network_of(report.address):
                raise InvalidInput("A violation needs a user_id or an address.")
        return [self._take(report, by) for report in reports]

    def _take(self, report: Report, by: By) -> Taken:
        if report.user_id and self.users.by_id(report.user_id) is None:
            return Taken("user_unknown", is_banned=False)
        name, score = self.gate.kinds[report.kind]
        address, network = plain(report.address), network_of(report.address)
        key = fingerprint(f"{by.actor}\0{report.key}") if report.key else None
        offence = Offence(name, score, report.user_id, address, network, by.actor, by.visitor.request_id, key)
        is_new = self.gate.charge(offence, by.visitor)
        is_banned = bool(report.user_id) and self.bans.holds(report.user_id)
        return Taken("recorded" if is_new else "repeated", is_banned)

    def _record(self, name: str, holder: str, told: dict[str, str], by: By) -> None:
        self.trail.record(Event(name, DONE, by.actor, holder, by.visitor.address, by.visitor.request_id, told))
