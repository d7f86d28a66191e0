"""
What an outside provider must do, and the identity that it returns.

A provider is a class in a file of its own under `providers/`; it says only what is special about it.
Law: RFC 9700 §2.1 and §4.4 (state, PKCE, one redirect address a provider, the issuer of an answer).
Leaves to others: how a code becomes an identity (code_flow, id_token), whose identity it is (links, flows.upstream).
"""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from identity_service.foundation.clock import Clock
from identity_service.foundation.outbound import Incoming, Outgoing
from identity_service.upstream.answers import cleaned

LONGEST_SUBJECT = 255
"""Characters (OpenID Connect Core 1.0 §2)."""

_LONGEST_ADDRESS = 2048


class Reason(StrEnum):
    """Why a provider's answer proves nothing."""

    DENIED = "the person or the provider said no"
    SILENT = "the provider did not answer"
    UNTRUSTED = "the answer does not hold"
    ROLE = "a role is missing"


class NotProven(Exception):
    """Nobody's identity is proven; `detail` is for the log."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        """Keep *reason* for the flow and *detail*, cut short because a stranger may have written it."""
        self.reason = reason
        self.detail = cleaned(detail, 200) or ""
        super().__init__(f"{reason}: {self.detail}")


class Line(Protocol):
    """The way to a provider: requests that share one time."""

    def fetch(self, request: Outgoing) -> Incoming:
        """Send *request* and return the answer."""
        ...


@dataclass(frozen=True)
class Trip:
    """
    What a provider needs to know of one way there and back; all three are secrets of this trip.

    With `is_again` the person has to show there once more who it is, and with `says_when` the provider to say when.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    is_again: bool = False
    says_when: bool = False


@dataclass(frozen=True)
class Callback:
    """What came back from a provider in the address or in a form; `user` is Apple's, on the first sign-in alone."""

    state: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    error_description: str = ""
    iss: str | None = None
    user: str = field(default="", repr=False)


@dataclass(frozen=True)
class Roles:
    """What the provider says about roles: administrator or not, None for nothing; and one role by name."""

    is_admin: bool | None = None
    named: str | None = None


@dataclass(frozen=True)
class Identity:
    """
    Who somebody is at a provider.

    Attributes:
        provider: Its name in addresses and settings.
        kind: What an account is said to come from: `google`, `openid` and so on, as LibreChat spells it.
        issuer: With `subject` the key; the address never identifies.
        subject: The provider's own unchangeable name for the person.
        email: None if the provider tells none.
        email_verified: True only if the provider itself says so of this very address.
        username: Empty if there is none; so is `name`.
        avatar: Where the picture is.
        roles: What follows from them for the account's role.
        follows_names: An account that came from here takes over its names at every sign-in, not at the first alone.
        id_token: Kept when signing out here is to sign out there.
    """

    provider: str
    kind: str
    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    username: str = ""
    name: str = ""
    avatar: str | None = None
    roles: Roles = field(default_factory=Roles)
    follows_names: bool = False
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Farewell:
    """How somebody signs out at a provider: its endpoint, and what says whose session is meant."""

    endpoint: str
    id_token: str = field(repr=False)


@dataclass(frozen=True)
class Given:
    """What an installation gives a provider: the name, the settings, the address to come back to, the time."""

    name: str
    client: Any
    redirect_uri: str
    clock: Clock


class Provider(ABC):
    """One configured provider."""

    name: ClassVar[str]
    """In addresses, settings and accounts; a class that serves several issuers has one instance for each."""

    label: ClassVar[str]
    """What people call it."""

    scopes: ClassVar[tuple[str, ...]] = ()
    """What is asked for, and no more than is needed."""

    comes_back_by_post: ClassVar[bool] = False
    """The provider lets the browser send a form (OAuth 2.0 Form Post Response Mode)."""

    client: Any

    def __init__(self, given: Given) -> None:
        """Take what the installation gives."""
        self.called = given.name
        self.client = given.client
        self.redirect_uri = given.redirect_uri
        self.clock = given.clock

    @classmethod
    def configured(cls, clients: Mapping[str, Any], openid: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG003
        """Return the settings of each instance that is switched on, by its name."""
        return {cls.name: clients[cls.name]} if cls.name in clients else {}

    @property
    def button(self) -> str:
        """What the button says."""
        return f"Continue with {self.label}"

    @property
    def title(self) -> str:
        """What the provider is called where its people are connected with it."""
        return self.label

    @property
    def image(self) -> str | None:
        """The picture on the button, if there is one."""
        return None

    @property
    def goes_at_once(self) -> bool:
        """Whether the sign-in page goes to this provider without a press."""
        return False

    @property
    def parting(self) -> Roles:
        """What follows for the role of an account that came from here and is connected no more."""
        return Roles()

    @property
    def key(self) -> str:
        """What stands beside a subject to make it unique; for most, the name is enough."""
        return self.name

    @abstractmethod
    def authorization_url(self, trip: Trip, line: Line) -> str:
        """Return where the browser goes; NotProven if the provider cannot be asked where that is."""

    @abstractmethod
    def identify(self, callback: Callback, trip: Trip, line: Line) -> Identity:
        """Return whose identity *callback* proves; NotProven if it proves none."""

    def farewell(self, identity: Identity) -> Farewell | None:  # noqa: ARG002 - most providers have none
        """Return how this person will sign out there, or None."""
        return None

    def known(self, subject: object, **told: Any) -> Identity:
        """
        Return an identity of this provider, from *told* by somebody else: cleaned, shortened, nothing made up.

        Raises:
            NotProven: there is no usable subject.
        """
        spelled = str(subject) if isinstance(subject, str | int) and not isinstance(subject, bool) else ""
        if not spelled or len(spelled) > LONGEST_SUBJECT or not spelled.isprintable():
            raise NotProven(Reason.UNTRUSTED, "no usable subject")
        email = cleaned(told.get("email"), 254)
        # The word is about these very letters, not about others that would be matched as the same address.
        is_that = email is not None and unicodedata.normalize("NFKC", email) == told.get("email")
        verified = told.get("email_verified") is True and is_that
        username, name = (cleaned(told.get(each), 80) or "" for each in ("username", "name"))
        avatar, issuer = _web_address(told.get("avatar")), str(told.get("issuer", self.key))
        return Identity(self.called, self.name, issuer, spelled, email, verified, username, name, avatar)


def _web_address(told: object) -> str | None:
    address = cleaned(told, _LONGEST_ADDRESS + 1) or ""  # a part of an address leads nowhere
    is_whole = address.startswith(("https://", "http://")) and " " not in address and len(address) <= _LONGEST_ADDRESS
    return address if is_whole else None
