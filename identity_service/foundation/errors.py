"""
Everything that can go wrong, as one tree.

    IdentityFault
    ├── Refused                       the person may not, or said something wrong
    │   ├── WrongCredentials          no such address, or not that password
    │   ├── InvalidInput              a field does not obey its rule
    │   ├── EmailUnverified           the address has not been verified yet
    │   ├── EmailLoginOff             ALLOW_EMAIL_LOGIN
    │   ├── RegistrationClosed        ALLOW_REGISTRATION
    │   ├── AddressNotAllowed         ALLOWED_EMAIL_DOMAINS
    │   ├── AccountClosing            a deletion has begun
    │   ├── SignInRequired            no access token, or none that is good
    │   ├── InvalidRefreshToken       not one of ours, or past its end
    │   ├── SessionEnded              signed out, expired or replayed
    │   │   └── SessionGone           the same, told to a client that tried once more
    │   ├── SessionUnknown            not one of this person's sessions
    │   ├── UserUnknown               the operator named nobody
    │   ├── AddressTaken              the operator named somebody who exists
    │   ├── ClientUnknown             the operator named no client
    │   ├── ConsentUnknown            the person has allowed that client nothing
    │   ├── StrangeArrival            back from a provider without a trip of this browser
    │   ├── UpstreamOff               no such provider is switched on
    │   ├── UpstreamDenied            the person or the provider said no
    │   ├── UpstreamSilent            the provider does not answer
    │   ├── UpstreamUntrusted         the provider's answer proves nothing
    │   ├── UpstreamRoleMissing       OPENID_REQUIRED_ROLE
    │   ├── UpstreamAddressMissing    the provider tells no address
    │   ├── AccountExists             an address that the provider's word alone does not open
    │   ├── LinkingOff                ALLOW_ACCOUNT_LINKING
    │   ├── FreshSignInRequired       the sign-in is too long ago for this
    │   ├── LinkTaken                 somebody else's connection
    │   ├── LinkUnknown               not connected to this provider
    │   ├── LastWayIn                 the connection is the only way in
    │   ├── PasswordResetOff          ALLOW_PASSWORD_RESET, or no mail
    │   ├── InvalidResetToken         used, out of date, or never ours
    │   ├── InvalidVerificationToken  the same for the link that proves an address
    │   ├── CurrentPasswordWrong      asked for before something that matters
    │   ├── EmailChangeOff            ALLOW_EMAIL_CHANGE
    │   ├── MailNotConfigured         no mail to send a letter with
    │   ├── LocalAccountRequired      a provider's account cannot do this
    │   ├── SameAddress               the new address is the present one
    │   ├── Banned                    the person or the address, for a while
    │   ├── ViolationUnknown          a back end reported what has no such name
    │   ├── BanUnknown                there is no such ban to lift
    │   ├── TooManyAttempts           LOGIN_MAX, REGISTER_MAX and the others
    │   └── AccountDeletionOff        ALLOW_ACCOUNT_DELETION
    ├── ProtocolError                 the client broke a rule; carries the RFC's word
    │   ├── InvalidRequest            RFC 6749 §5.2
    │   ├── InvalidClient             RFC 6749 §5.2
    │   ├── InvalidGrant              RFC 6749 §5.2
    │   ├── UnauthorizedClient        RFC 6749 §5.2
    │   ├── UnsupportedGrantType      RFC 6749 §5.2
    │   ├── InvalidScope              RFC 6749 §5.2
    │   ├── InvalidToken              RFC 6750 §3.1
    │   ├── InsufficientScope         RFC 6750 §3.1
    │   ├── InvalidRedirectURI        RFC 7591 §3.2.2
    │   ├── InvalidClientMetadata     RFC 7591 §3.2.2
    │   ├── UntrustedRequest          no client, or no address of it, to tell the error to
    │   ├── AuthorizationExpired      a sign-in for a client that took too long
    │   ├── CrossSite                 a form that another site sent
    │   ├── MalformedBody             not JSON, not a form, too deep, twice the same name
    │   ├── BodyTooLarge              more than 64 KiB
    │   ├── UnsupportedMediaType      neither JSON nor a form
    │   ├── NotFound                  no such door
    │   └── MethodNotAllowed          no such handle on this door
    ├── Unavailable                   a neighbour is down, or too many are waiting
    │   ├── TooBusy                   the queue for password hashing is full
    │   ├── Leaving                   this server is about to stop
    │   ├── DatabaseUnavailable       the database does not answer in time
    │   └── ChatUnavailable           the chat application's database does not
    ├── Unexpected                    a fault of ours; says nothing but its request id
    └── Misconfigured                 the start is refused, with every reason

Each leaf has a stable `code`, a public `message` and a private `detail`.
Only `web/replies.py` knows statuses.
"""

from collections.abc import Sequence

from identity_service.foundation.fault import IdentityFault
from identity_service.foundation.protocol_errors import (
    AuthorizationExpired,
    BodyTooLarge,
    CrossSite,
    InsufficientScope,
    InvalidClient,
    InvalidClientMetadata,
    InvalidGrant,
    InvalidRedirectURI,
    InvalidRequest,
    InvalidScope,
    InvalidToken,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    ProtocolError,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedMediaType,
    UntrustedRequest,
)
from identity_service.foundation.refusals import (
    AccountClosing,
    AccountDeletionOff,
    AddressNotAllowed,
    AddressTaken,
    Banned,
    BanUnknown,
    ClientUnknown,
    ConsentUnknown,
    CurrentPasswordWrong,
    EmailChangeOff,
    EmailLoginOff,
    EmailUnverified,
    FreshSignInRequired,
    InvalidInput,
    InvalidRefreshToken,
    InvalidResetToken,
    InvalidVerificationToken,
    LocalAccountRequired,
    MailNotConfigured,
    PasswordResetOff,
    Refused,
    RegistrationClosed,
    SameAddress,
    SessionEnded,
    SessionGone,
    SessionUnknown,
    SignInRequired,
    TooManyAttempts,
    UserUnknown,
    ViolationUnknown,
    WrongCredentials,
)
from identity_service.foundation.refusals_upstream import (
    AccountExists,
    LastWayIn,
    LinkingOff,
    LinkTaken,
    LinkUnknown,
    StrangeArrival,
    UpstreamAddressMissing,
    UpstreamDenied,
    UpstreamOff,
    UpstreamRoleMissing,
    UpstreamSilent,
    UpstreamUntrusted,
)

__all__ = [
    "AccountClosing",
    "AccountDeletionOff",
    "AccountExists",
    "AddressNotAllowed",
    "AddressTaken",
    "AuthorizationExpired",
    "BanUnknown",
    "Banned",
    "BodyTooLarge",
    "ChatUnavailable",
    "ClientUnknown",
    "ConsentUnknown",
    "CrossSite",
    "CurrentPasswordWrong",
    "DatabaseUnavailable",
    "EmailChangeOff",
    "EmailLoginOff",
    "EmailUnverified",
    "FreshSignInRequired",
    "IdentityFault",
    "InsufficientScope",
    "InvalidClient",
    "InvalidClientMetadata",
    "InvalidGrant",
    "InvalidInput",
    "InvalidRedirectURI",
    "InvalidRefreshToken",
    "InvalidRequest",
    "InvalidResetToken",
    "InvalidScope",
    "InvalidToken",
    "InvalidVerificationToken",
    "LastWayIn",
    "Leaving",
    "LinkTaken",
    "LinkUnknown",
    "LinkingOff",
    "LocalAccountRequired",
    "MailNotConfigured",
    "MalformedBody",
    "MethodNotAllowed",
    "Misconfigured",
    "NotFound",
    "PasswordResetOff",
    "ProtocolError",
    "Refused",
    "RegistrationClosed",
    "SameAddress",
    "SessionEnded",
    "SessionGone",
    "SessionUnknown",
    "SignInRequired",
    "StrangeArrival",
    "TooBusy",
    "TooManyAttempts",
    "UnauthorizedClient",
    "Unavailable",
    "Unexpected",
    "UnsupportedGrantType",
    "UnsupportedMediaType",
    "UntrustedRequest",
    "UpstreamAddressMissing",
    "UpstreamDenied",
    "UpstreamOff",
    "UpstreamRoleMissing",
    "UpstreamSilent",
    "UpstreamUntrusted",
    "UserUnknown",
    "ViolationUnknown",
    "WrongCredentials",
]


class Unavailable(IdentityFault):
    """Something we need does not answer; trying again later makes sense."""

    code = "unavailable"
    message = "The service is not available right now. Please try again."

    def __init__(self, message: str | None = None, *, detail: str = "", retry_after: int = 1) -> None:
        """Keep how many seconds the caller should wait."""
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class TooBusy(Unavailable):
    """The queue for password hashing is full."""

    code = "too_busy"
    message = "Too many people are signing in right now. Please try again."


class Leaving(Unavailable):
    """The server is about to stop, and another one takes over."""

    code = "leaving"
    message = "This server is about to stop. Please ask another one."


class DatabaseUnavailable(Unavailable):
    """The database does not answer in time."""

    code = "database_unavailable"
    message = "The database is not available right now. Please try again."


class ChatUnavailable(Unavailable):
    """The chat application's database does not answer in time."""

    code = "chat_unavailable"
    message = "The chat application's database is not available right now. Please try again."


class Unexpected(IdentityFault):
    """A fault of ours."""

    code = "unexpected"
    message = "An unknown error occurred."


class Misconfigured(IdentityFault):
    """The start is refused; `problems` names every reason, never a secret."""

    code = "misconfigured"

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep one sentence for each problem."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
