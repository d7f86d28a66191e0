"""
What happens when an operator asks why somebody is kept out: what was done, what it weighs now, and what follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from identity_service.accounts.users import Person, Users
from identity_service.flows.gate import BanRules
from identity_service.foundation.errors import InvalidInput, UserUnknown
from identity_service.foundation.networks import network_of
from identity_service.moderation.bans import Ban, Bans
from identity_service.moderation.trail import Entry, Search, Trail
from identity_service.moderation.violations import Recorded, Standing, Violations


@dataclass(frozen=True)
class Offended:
    """A violation, and what is left of its score."""

    recorded: Recorded
    points_left: float


@dataclass(frozen=True)
class Explanation:
    """
    Everything that speaks for or against somebody.

    `named` is how an operator names them in a command; `ban` is in force, or the last one there was.
    """

    named: str
    holder: str
    person: Person | None
    ban: Ban | None
    is_banned: bool
    standings: list[Standing]
    violations: list[Offended]
    trail: list[Entry]


@dataclass(frozen=True)
class Request:
    """What one request led to, and who was concerned."""

    request_id: str
    trail: list[Entry]
    violations: list[Offended]
    concerned: list[Explanation]


@dataclass(frozen=True)
class Explain:
    """Says why, and how it ends."""

    users: Users
    bans: Bans
    violations: Violations
    trail: Trail
    rules: BanRules

    def of(self, named: str) -> Explanation | Request:
        """
        Explain a person (an e-mail address or id), an IP address, or a request by its id.

        Raises:
            InvalidInput: nothing was named; what has no request's id is not all of one request.
            UserUnknown: nobody and nothing has this name.
        """
        if not named:
            raise InvalidInput("Say about whom: an e-mail address, an id, an IP address or the id of a request.")
        network = network_of(named)
        if network:
            return self._of_holder(named, network, None)
        person = self.users.by_email(named) if "@" in named else self.users.by_id(named)
        if person is not None:
            return self._of_holder(person.email, person.id, person)
        return self._of_request(named)

    def trail_of(
        self, since: datetime | None, until: datetime | None, actor: str = "", subject: str = ""
    ) -> Iterator[Entry]:
        """Yield entries of the trail, oldest first: from *since* on, before *until*, by *actor*, about *subject*."""
        return self.trail.search(Search(since, until, self._named(actor), self._named(subject)))

    def _named(self, named: str) -> str:
        if "@" not in named:
            return network_of(named) or named
        person = self.users.by_email(named)
        if person is None:
            raise UserUnknown
        return person.id

    def _of_request(self, request_id: str) -> Request:
        entries, recorded = self.trail.of_request(request_id), self.violations.of_request(request_id)
        if not entries and not recorded:
            raise UserUnknown("Nobody has this address, and no request with this id has left a trace.")
        holders = [entry.event.subject for entry in entries]
        for each in recorded:
            holders += [each.offence.user_id, each.offence.network]
        concerned = [self._of_concerned(holder) for holder in dict.fromkeys(filter(None, holders))]
        return Request(request_id, entries, self._left(recorded), [each for each in concerned if each])

    def _of_concerned(self, holder: str) -> Explanation | None:
        if network_of(holder):
            return self._of_holder(holder.removesuffix("/64"), holder, None)
        person = self.users.by_id(holder)
        return self._of_holder(person.email, holder, person) if person else None

    def _of_holder(self, named: str, holder: str, person: Person | None) -> Explanation:
        return Explanation(
            named,
            holder,
            person,
            self.bans.last_of(holder),
            self.bans.of(holder) is not None,
            self.violations.standings(holder),
            self._left(self.violations.of_holder(holder)),
            self.trail.about(holder),
        )

    def _left(self, recorded: list[Recorded]) -> list[Offended]:
        return [Offended(each, self.violations.points_left(each)) for each in recorded]
