"""
What flows are given and how they end.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from identity_service.accounts.users import Person
from identity_service.foundation.fault import IdentityFault
from identity_service.foundation.networks import network_of
from identity_service.moderation import windows
from identity_service.upstream.departures import Wish as Wish  # noqa: PLC0414 - doors say it too
from identity_service.upstream.provider import Callback as Callback  # noqa: PLC0414 - as above

Transaction: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Opens a transaction for a `with` block; only flows call it."""

Bucket: TypeAlias = windows.Bucket
"""What is counted together, and how much of it passes within a window."""

Full: TypeAlias = windows.Full
"""A bucket that lets nothing pass until then."""

FEDERATED = "fed"
"""The `amr` of whoever has proven elsewhere who it is. Whatever they did there counts as one factor here."""


@dataclass(frozen=True)
class Visitor:
    """
    Where a request comes from.

    Attributes:
        address: the client's, behind the proxies that are trusted.
        languages: what the person likes to read, as Accept-Language says it.
        is_on_our_pages: the request is a form of our own pages and no call of the chat application's.
    """

    address: str
    user_agent: str
    request_id: str
    languages: str = ""
    is_on_our_pages: bool = False

    @property
    def network(self) -> str:
        """What the address is counted and banned by: an IPv4 address itself, of an IPv6 address its /64."""
        return network_of(self.address)


@dataclass(frozen=True)
class Registration:
    """What somebody typed into the sign-up form; lengths and characters of the names are checked already."""

    name: str
    username: str
    email: str
    password: str


@dataclass(frozen=True)
class NewAccount:
    """What an operator says of a new account; without a password one is made up."""

    email: str
    name: str = ""
    username: str = ""
    password: str = ""
    role: str | None = None
    is_verified: bool = True


@dataclass(frozen=True)
class Recovered:
    """A person has chosen a new password, by a link that was sent to them."""

    person: Person


@dataclass(frozen=True)
class SignedIn:
    """
    A person has a session: a short access token, and a refresh token until `expires_at`.

    `browser` is the secret by which the browser is known from now on; empty when the session is an old one.
    """

    person: Person
    session_id: str
    access_token: str
    refresh_token: str
    expires_at: datetime
    browser: str = ""


@dataclass(frozen=True)
class Active:
    """
    A token or browser session is good right now; instants are seconds since 1970.

    `scope` is that of the token, which may be narrower than its session's; without an `audience` none is told. What is
    `hidden` of username, email and role is not for whoever asks.
    """

    person: Person
    session_id: str
    client_id: str
    scope: str
    amr: tuple[str, ...]
    auth_time: int
    issued_at: int
    expires_at: int
    audience: str = ""
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActiveClient:
    """A token that a client got for itself is good right now; there is no person behind it."""

    client_id: str
    scope: str
    issued_at: int
    expires_at: int
    audience: str


@dataclass(frozen=True)
class Asking:
    """
    The application on whose behalf a page is shown.

    `scopes` are sentences; `targets` are the kinds of address at which the way that begins on the page may end. What an
    application may do that `stays` goes on when the person has signed out here. Where it
    `asks_each_time`, no answer is remembered.
    """

    client_id: str
    name: str
    targets: tuple[str, ...]
    host: str
    scopes: tuple[str, ...]
    is_self_registered: bool
    policy_uri: str | None
    tos_uri: str | None
    stays: bool = False
    asks_each_time: bool = False


@dataclass(frozen=True)
class ShowSignIn:
    """
    The person has to sign in, or to choose an account, before the request in `continuation` goes on.

    With `is_again` being signed in is not enough, and with `insists` being signed in at a provider is not either.
    """

    continuation: str
    asking: Asking
    login_hint: str
    is_again: bool
    insists: bool = False


@dataclass(frozen=True)
class ShowConsent:
    """The person has to decide what the application may know."""

    continuation: str
    asking: Asking


@dataclass(frozen=True)
class Reply:
    """
    What goes back to the application, by way of the browser (OAuth 2.0 Multiple Response Types §2.1).

    Unless `goes_at_once` the person is told what is wrong, and goes back or not: nobody vouches for an application that
    has registered itself, and an error alone should send nobody to it (RFC 9700 §4.11.2).
    """

    redirect_uri: str
    response_mode: str
    parameters: Mapping[str, str]
    client_name: str
    landing_places: tuple[str, ...] = ()
    goes_at_once: bool = True


Decision: TypeAlias = ShowSignIn | ShowConsent | Reply
"""What happens next with an authorization request."""


@dataclass(frozen=True)
class SignedOut:
    """
    Where the browser goes after a sign-out: an address and the state that is added to it, or nowhere.

    `landing_places` as `targets` of Asking.
    """

    target: tuple[str, str]
    client_name: str
    landing_places: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConfirmSignOut:
    """Nobody has proven that the person wants to sign out, so the person is asked."""

    continuation: str
    goal: SignedOut


@dataclass(frozen=True)
class AllowedClient:
    """What a person has allowed an application; `scopes` are sentences, `scope` the words of the protocol."""

    client_id: str
    client_name: str
    scopes: tuple[str, ...]
    scope: tuple[str, ...]
    granted_at: datetime


@dataclass(frozen=True)
class Button:
    """A way in by way of a provider, as pages show it; `kind` is what such accounts are said to come from."""

    name: str
    kind: str
    label: str
    image: str | None
    goes_at_once: bool


@dataclass(frozen=True)
class Leaving:
    """Somebody is on the way to a provider: the browser goes to `address`, and keeps `sealed` until it is back."""

    address: str
    state: str
    sealed: str


@dataclass(frozen=True)
class Arrived:
    """
    Somebody is back from a provider.

    `wish` says what the trip was for. Without a session and without a fault, an account has been connected.
    """

    wish: Wish
    signed_in: SignedIn | None = None
    fault: IdentityFault | None = None


@dataclass(frozen=True)
class Connection:
    """A provider that an account is connected with, as its person sees it."""

    name: str
    label: str
    email: str | None
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class By:
    """Who moderates: `operator`, or the client with this id; and from where."""

    actor: str
    visitor: Visitor


@dataclass(frozen=True)
class Report:
    """A violation as a back end saw it: by a person, from an address, or both; a `key` makes a repeat harmless."""

    kind: str
    user_id: str = ""
    address: str = ""
    key: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of a report: `recorded`, `repeated` or `user_unknown`; and whether the person is banned now."""

    outcome: str
    is_banned: bool
