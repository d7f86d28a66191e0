"""
What happens when somebody connects the own account with a provider, looks at the connections, or ends one.

Law: OWASP ASVS 5.0 §7.5.1 (a fresh sign-in before the ways into an account change).
"""

from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.profiles import Profiles
from identity_service.accounts.users import LOCAL, Users
from identity_service.flows.notices import PROVIDER_LINKED, PROVIDER_UNLINKED, Notices
from identity_service.flows.outcomes import Active, Connection, Transaction, Visitor
from identity_service.flows.sign_out import Endings
from identity_service.flows.upstream.welcome import role_after
from identity_service.foundation.clock import Clock, to_microseconds, to_seconds
from identity_service.foundation.errors import (
    FreshSignInRequired,
    LastWayIn,
    LinkingOff,
    LinkTaken,
    LinkUnknown,
    StrangeArrival,
)
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.sessions.registry import Sessions
from identity_service.upstream.catalog import Catalog
from identity_service.upstream.departures import Wish
from identity_service.upstream.links import Links
from identity_service.upstream.provider import Identity

FRESH = timedelta(minutes=15)
"""How long ago a sign-in may be for the ways into an account to be changed."""


@dataclass(frozen=True)
class Connect:
    """The connections between accounts and providers, as their people manage them."""

    catalog: Catalog
    links: Links
    profiles: Profiles
    sessions: Sessions
    endings: Endings
    users: Users
    notices: Notices
    trail: Trail
    transaction: Transaction
    clock: Clock
    is_open: bool
    is_password_a_way_in: bool

    def begin(self, active: Active) -> Wish:
        """
        Return what a trip carries along that is to connect the account of *active*.

        Raises:
            LinkingOff: ALLOW_ACCOUNT_LINKING is off.
            FreshSignInRequired: the sign-in is longer ago than FRESH.
        """
        if not self.is_open:
            raise LinkingOff
        self._insist_on_freshness(active)
        return Wish(is_from_here=True, user_id=active.person.id, session_id=active.session_id)

    def complete(self, identity: Identity, wish: Wish, visitor: Visitor, browser: Active | None) -> None:
        """
        Connect *identity* with the account for which the trip was begun.

        Raises:
            StrangeArrival: the session in which it was begun is over, or somebody else sits there now.
            LinkTaken: the identity is somebody else's, or the account is another identity's of the same provider.
        """
        with self.transaction():
            # Held: whoever ends the session or takes the account away was first, or finds what is connected here.
            is_there = self.users.hold(wish.user_id)
            standing = self.sessions.hold(wish.session_id, to_microseconds(self.clock.now())) if is_there else None
            is_theirs = standing is not None and standing.user_id == wish.user_id
            if not is_theirs or (browser is not None and browser.person.id != wish.user_id):
                raise StrangeArrival(detail="the session that asked for it is over")
            owner = self.links.owner(identity)
            if owner is not None and owner.user_id == wish.user_id:
                return
            if not self.links.tie(identity, wish.user_id, is_origin=False):
                raise LinkTaken
            told = {"provider": identity.provider, "issuer": identity.issuer}
            self._record("account.linked", PROVIDER_LINKED, wish.user_id, visitor, told)

    def end(self, provider: str, active: Active, visitor: Visitor) -> None:
        """
        End the connection with *provider*, and every other session: whoever came by it may sit in one.

        An account that came from there comes from what still opens it, and has no role because of it any more.

        Raises:
            FreshSignInRequired: the sign-in is longer ago than FRESH.
            LinkUnknown: there is none.
            LastWayIn: without it nobody could sign in any more.
        """
        self._insist_on_freshness(active)
        user_id = active.person.id
        with self.transaction():
            # It also keeps two connections from being ended at the same moment, each because of the other.
            has_password = self.profiles.has_password(user_id) and self.is_password_a_way_in
            issuers = {name: issuer for name, issuer, _ in self.links.identities(user_id)}
            others = [name for name in issuers if name != provider]
            ways = [self.catalog.kind(name) for name in others if self.catalog.get(name)]
            is_origin = self.links.is_origin(user_id, provider)
            if not self.links.untie(user_id, provider):
                raise LinkUnknown
            if not (has_password or ways):
                raise LastWayIn
            gone = self.catalog.kind(provider)
            if gone not in map(self.catalog.kind, others):
                # Were it still said to come from there, LibreChat would let in whoever has the address there.
                self.profiles.comes_from(user_id, gone, LOCAL if has_password else ways[0])
            if is_origin:
                self._leave_role(user_id, provider, visitor)
            ended = self.endings.all(user_id, "connection ended", active.session_id)
            told = {"provider": provider, "issuer": issuers.get(provider, ""), "sessions": str(ended)}
            self._record("account.unlinked", PROVIDER_UNLINKED, user_id, visitor, told)

    def of(self, active: Active) -> list[Connection]:
        """Return the connections of the account."""
        return [
            Connection(link.provider, self._label(link.provider), link.email, link.created_at, link.last_used_at)
            for link in self.links.of(active.person.id)
        ]

    def possible(self, active: Active) -> list[tuple[str, str]]:
        """Return name and label of each provider that the account could be connected with."""
        if not self.is_open:
            return []
        connected = {link.provider for link in self.links.of(active.person.id)}
        return [(each.called, each.title) for each in self.catalog if each.called not in connected]

    def _leave_role(self, user_id: str, name: str, visitor: Visitor) -> None:
        """Take away the role that an issuer gave: whoever leaves it would keep what it can take away no more."""
        provider, person = self.catalog.get(name), self.users.by_id(user_id)
        role = role_after(person.role, provider.parting) if provider and person else None
        if person is None or role is None or role == person.role:
            return
        self.profiles.describe(user_id, role=role)
        told = {"provider": name, "from": person.role, "to": role}
        where = visitor.address, visitor.request_id
        self.trail.record(Event("account.role_changed", DONE, user_id, user_id, *where, told))

    def _label(self, name: str) -> str:
        provider = self.catalog.get(name)
        return provider.title if provider else name

    def _insist_on_freshness(self, active: Active) -> None:
        if to_seconds(self.clock.now()) - active.auth_time > FRESH.total_seconds():
            raise FreshSignInRequired

    def _record(self, event: str, letter: str, user_id: str, visitor: Visitor, told: dict[str, str]) -> None:
        where = visitor.address, visitor.request_id
        self.trail.record(Event(event, DONE, user_id, user_id, *where, told))
        person = self.users.by_id(user_id)
        if person is not None:
            self.notices.post(letter, person, visitor, provider=self._label(told["provider"]))
