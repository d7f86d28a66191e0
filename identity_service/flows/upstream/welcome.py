"""
Whose account an outside identity opens: one that it is connected with, one that it may join, or a new one.

    connected                                        that account
    nobody has the address                           a new account, if registration is open and the domain allowed
    somebody has it, and
      a word is missing (see below)                  refused: sign in the old way, and connect there
      their address is verified as well              joined
      theirs was never verified                      it is the address owner's: password, sessions, connections end

Joining needs the provider's own word that the address is verified, ALLOW_ACCOUNT_LINKING, and that the account is not
connected with somebody else at the same provider already: an address may have been given to another person there.
Nobody comes to a role by such an address: an account that was never verified and is more than USER stays as it is.
Law: OWASP ASVS 5.0 §6.8.1 (no identity takes another's place), OpenID Connect Core 1.0 §5.7.
Leaves to others: that the identity is proven (upstream), the session (begin_session).
"""

from collections.abc import Callable
from dataclasses import dataclass

from identity_service.accounts.addresses import NotAnAddress, canonical, checked_within
from identity_service.accounts.profiles import AddressHeld, Profiles
from identity_service.accounts.users import ADMIN, USER, NewPerson, Person, Users
from identity_service.flows.begin_session import BeginSession, Proven
from identity_service.flows.first_proof import FirstProof
from identity_service.flows.notices import ADDRESS_CHANGED, PROVIDER_LINKED
from identity_service.flows.outcomes import FEDERATED, Active, SignedIn, Transaction, Visitor
from identity_service.foundation.errors import (
    AccountClosing,
    AccountExists,
    AddressNotAllowed,
    RegistrationClosed,
    StrangeArrival,
    UpstreamAddressMissing,
)
from identity_service.mail.letters import masked
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail
from identity_service.upstream.farewells import Farewells
from identity_service.upstream.links import Links
from identity_service.upstream.provider import Farewell, Identity, Roles

_CHOSEN_PICTURE = "manual=true"  # how the chat application marks a picture that the person has chosen
_LONGEST_NAME = 80  # in small letters, which may be more: the Turkish capital I becomes two


@dataclass(frozen=True)
class Policy:
    """What the operator allows: new accounts by kind of provider, joining, and which domains."""

    may_register: Callable[[str], bool]
    may_join: bool
    allowed_domains: frozenset[str]


@dataclass(frozen=True)
class Welcome:
    """From an outside identity to a session."""

    users: Users
    profiles: Profiles
    links: Links
    farewells: Farewells
    first_proof: FirstProof
    begin_session: BeginSession
    trail: Trail
    transaction: Transaction
    policy: Policy

    def of(
        self, identity: Identity, farewell: Farewell | None, visitor: Visitor, replaces: Active | None = None
    ) -> SignedIn:
        """
        Open a session for whoever *identity* is here.

        Raises:
            AccountExists, RegistrationClosed, UpstreamAddressMissing: there is no account for it.
            AccountClosing: there is, and it is going.
            Banned: as `BeginSession.of` says.
            AddressNotAllowed: its address is in no domain of the operator's list, whether there is an account or not;
                or nobody says that the new person may be reached there.
            StrangeArrival: the connection ended while somebody came by it.
        """
        self._follow_address(identity, visitor)
        with self.transaction():
            person = self._owner(identity, visitor)
            detail = {"provider": identity.provider}
            begun = self.begin_session.of(Proven(person, FEDERATED, detail), visitor, replaces)
            # Behind the hold: whoever takes the account or the connection away has done so, or ends this session too.
            if not self.links.used(identity, person.id):
                raise StrangeArrival(detail="the connection ended meanwhile")
            if farewell is not None:
                self.farewells.keep(begun.session.session_id, identity.provider, farewell)
        return self.begin_session.tokens(begun)

    def _owner(self, identity: Identity, visitor: Visitor) -> Person:
        # A second time, because whoever arrives at the same moment by the same identity may have been quicker.
        for _ in range(2):
            owner = self.links.owner(identity)
            if owner is not None:
                return self._found(owner.user_id, identity, visitor, follows=owner.is_origin)
            person = self._join(identity, visitor) or self._register(identity, visitor)
            if person is not None:
                return person
        raise AccountExists

    def _found(self, user_id: str, identity: Identity, visitor: Visitor, *, follows: bool) -> Person:
        person = self.users.by_id(user_id)
        if person is None:
            raise AccountClosing
        # Whatever address somebody has at a provider that they have only connected: it is the account's that counts. It
        # may be one that nobody could sign up with, such as those of a directory.
        if self.policy.allowed_domains:
            self._allowed(person.email)
        if follows:
            self._follow(person, identity, visitor)
        return self.users.by_id(user_id) or person

    def _join(self, identity: Identity, visitor: Visitor) -> Person | None:
        if identity.email is None:
            raise UpstreamAddressMissing
        person = self._at(identity.email)
        if person is None:
            return None
        if person.is_closing:
            raise AccountClosing
        if not (self.policy.may_join and identity.email_verified):
            raise AccountExists(detail=f"account {person.id}")
        if any(link.provider == identity.provider for link in self.links.of(person.id)):
            raise AccountExists(detail=f"account {person.id} is somebody else's at {identity.provider}")
        if not person.email_verified:
            self._claim(person, identity, visitor)
        self.begin_session.notices.post(PROVIDER_LINKED, person, visitor, provider=identity.provider)
        return self._tied(person.id, identity, visitor, is_origin=not person.email_verified)

    def _at(self, email: str) -> Person | None:
        """Return who has the address, and keeps it before the present transaction ends."""
        person = self.users.by_email(email)
        # Read again once it is held: until then it may have become another one, and whoever comes has this one alone.
        return self.users.by_email(email) if person and self.users.seize(person.id) else None

    def _claim(self, person: Person, identity: Identity, visitor: Visitor) -> None:
        """Let the owner of an address have the account that somebody made with it, and nobody else any more."""
        if person.role != USER or not self.profiles.claim(person.id, identity.kind):
            raise AccountExists(detail=f"account {person.id}")
        told = {"provider": identity.provider, **self.first_proof.clear(person.id, "claimed")}
        self._record("account.claimed", person.id, visitor, told)

    def _register(self, identity: Identity, visitor: Visitor) -> Person | None:
        if not self.policy.may_register(identity.kind):
            raise RegistrationClosed
        email = self._allowed(identity.email)
        # At a public provider anybody may name an address of the operator's domain; an OpenID issuer is their own.
        if self.policy.allowed_domains and identity.kind != "openid" and not identity.email_verified:
            raise AddressNotAllowed(detail=f"not verified by {identity.provider}")
        local = email.partition("@")[0]
        username = identity.username or local
        new = NewPerson(
            email,
            (identity.name or username)[:_LONGEST_NAME],
            username.lower()[:_LONGEST_NAME],
            None,
            identity.kind,
            USER,
            identity.email_verified,
        )
        person = self.users.add(new)
        if person is None:
            return None
        self._record("account.created", person.id, visitor, {"provider": identity.provider})
        return self._tied(person.id, identity, visitor, is_origin=True)

    def _tied(self, user_id: str, identity: Identity, visitor: Visitor, *, is_origin: bool) -> Person:
        if not self.links.tie(identity, user_id, is_origin=is_origin):
            raise StrangeArrival(detail="somebody was quicker")
        self._record("account.linked", user_id, visitor, {"provider": identity.provider})
        return self._found(user_id, identity, visitor, follows=is_origin)

    def _follow(self, person: Person, identity: Identity, visitor: Visitor) -> None:
        """Let name, picture and role of an account follow the provider that it came from."""
        told: dict[str, str | None] = {}
        if identity.avatar and _CHOSEN_PICTURE not in (person.avatar or ""):
            told["avatar"] = identity.avatar
        if identity.follows_names:
            username = (identity.username or person.username).lower()[:_LONGEST_NAME]
            told |= {"name": identity.name or person.name, "username": username}
        told["role"] = role_after(person.role, identity.roles)
        present = {name: getattr(person, name) for name in told}
        if told != present:
            self.profiles.describe(person.id, **told)
        if told["role"] != person.role:
            changed = {"provider": identity.provider, "from": person.role, "to": str(told["role"])}
            self._record("account.role_changed", person.id, visitor, changed)

    def _follow_address(self, identity: Identity, visitor: Visitor) -> None:
        """Let the address follow too; it is nobody else's, and counts as verified only if the provider says so."""
        owner = self.links.owner(identity)
        person = self.users.by_id(owner.user_id) if owner and owner.is_origin else None
        if person is None:
            return
        self.begin_session.gate.admit(visitor, person.id)  # who is not let in changes nothing either
        try:
            email = self._allowed(identity.email)
        except UpstreamAddressMissing:
            return
        if canonical(email) == canonical(person.email):
            if identity.email_verified and not person.email_verified:
                with self.transaction():
                    self.profiles.verify(person.id, email)
            return
        self._change_address(person, email, identity, visitor)

    def _change_address(self, person: Person, email: str, identity: Identity, visitor: Visitor) -> None:
        told = {"provider": identity.provider}
        try:
            with self.transaction():
                # Once more: whoever takes the account or the connection away may have done so by now.
                owner = self.links.owner(identity) if self.users.seize(person.id) else None
                if owner is None or owner.user_id != person.id:
                    return
                self.profiles.change_address(person.id, email, is_verified=identity.email_verified)
                self._record("account.address_changed", person.id, visitor, told)
                # As with every other change (verify_address); but nobody is written to at an address of mere hearsay.
                change = {"old_address": masked(person.email), "new_address": masked(email)}
                for to in (person.email, email) if identity.email_verified else (person.email,):
                    self.begin_session.notices.post(ADDRESS_CHANGED, person, visitor, to=to, **change)
        except AddressHeld:
            with self.transaction():
                self._record("account.address_changed", person.id, visitor, told, REFUSED)

    def _allowed(self, email: str | None) -> str:
        try:
            return checked_within(email or "", self.policy.allowed_domains)
        except NotAnAddress as wrong:
            raise UpstreamAddressMissing from wrong

    def _record(self, event: str, user_id: str, visitor: Visitor, told: dict[str, str], outcome: str = DONE) -> None:
        self.trail.record(Event(event, outcome, user_id, user_id, visitor.address, visitor.request_id, told))


def role_after(role: str, told: Roles) -> str:
    """Return the role of an account that has *role*, after a provider has *told* what it knows."""
    if told.is_admin:
        return ADMIN
    if told.is_admin is False and role == ADMIN:
        role = USER
    return told.named if told.named and role != ADMIN else role
