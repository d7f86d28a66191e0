"""
What happens once somebody has proven who it is, in whatever way: a session begins in this browser.

Law: OWASP ASVS 5.0 7.2.4 (a new session at each sign-in, the old one dead), 6.3.5 (people learn of odd sign-ins).
Leaves to others: the proof (sign_in and whatever else ends here).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.users import Person, Users
from identity_service.flows.gate import Gate
from identity_service.flows.issue import Issue
from identity_service.flows.notices import NEW_DEVICE, Notices
from identity_service.flows.outcomes import Active, SignedIn, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.foundation.errors import AccountClosing
from identity_service.foundation.opaque import Chance, mint
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.sessions.refresh import Opening, RefreshTokens, Rotated
from identity_service.sessions.registry import FIRST_PARTY

SCOPE = "openid profile email"
"""What a first-party access token may be used for."""


@dataclass(frozen=True)
class Proven:
    """Who somebody has proven to be, and how: `amr` as in RFC 8176, with spaces between; `detail` is for the trail."""

    person: Person
    amr: str
    detail: Mapping[str, str]


@dataclass(frozen=True)
class Begun:
    """A session that has begun; `browser` is the secret by which the browser is known from now on."""

    person: Person
    session: Rotated
    browser: str


@dataclass(frozen=True)
class BeginSession:
    """The one place where sessions of browsers begin."""

    users: Users
    refresh_tokens: RefreshTokens
    endings: Endings
    issue: Issue
    trail: Trail
    gate: Gate
    lifetime: timedelta
    chance: Chance
    notices: Notices

    def of(self, proven: Proven, visitor: Visitor, replaces: Active | None) -> Begun:
        """
        Begin a session, inside the transaction that a flow has opened.

        The session that the browser had, *replaces*, ends: with everything below it if it was another person's, and
        handing that on if it was the same person's.

        Raises:
            AccountClosing: the account began to go while the proof was being checked.
            Banned: the person is, or the address and the person is not at home there.
        """
        person, browser = proven.person, mint(self.chance)
        if not self.users.hold(person.id):
            raise AccountClosing
        # Behind the hold: whoever bans this person now waits, and ends this session too.
        self.gate.admit(visitor, person.id)
        if self.notices.is_on and self._is_new_device(person, visitor, replaces):
            self.notices.post(NEW_DEVICE, person, visitor)
        session = self.refresh_tokens.begin(
            Opening(
                person.id,
                FIRST_PARTY,
                SCOPE,
                proven.amr,
                visitor.user_agent,
                visitor.address,
                self.lifetime,
                browser.fingerprint,
            )
        )
        if replaces is not None:
            self._replace(replaces, person.id, session.session_id)
        where = visitor.address, visitor.request_id
        self.trail.record(Event("signed_in", DONE, person.id, person.id, *where, dict(proven.detail)))
        return Begun(person, session, browser.plain)

    def tokens(self, begun: Begun) -> SignedIn:
        """Return the tokens of a session that has begun; called after the commit, because signing takes its time."""
        return self.issue.first_party(begun.session, begun.person, begun.browser)

    def _is_new_device(self, person: Person, visitor: Visitor, replaces: Active | None) -> bool:
        """Say whether the person was here before, but never as this visitor and not in this browser."""
        if replaces is not None and replaces.person.id == person.id:
            return False
        return self.endings.sessions.is_from_elsewhere(person.id, visitor.user_agent, visitor.address)

    def _replace(self, old: Active, user_id: str, session_id: str) -> None:
        if old.person.id == user_id:
            self.endings.hand_on(user_id, old.session_id, session_id)
        self.endings.one(old.session_id, "replaced")
