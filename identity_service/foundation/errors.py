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
    │   └── AddressTaken              the operator named somebody who exists
    ├── ProtocolError                 the client broke a rule; carries the RFC's word
    │   ├── InvalidRequest            RFC 6749 §5.2
    │   ├── InvalidClient             RFC 6749 §5.2
    │   ├── CrossSite                 a form that another site sent
    │   ├── MalformedBody             not JSON, not a form, too deep, twice the same name
    │   ├── BodyTooLarge              more than 64 KiB
    │   ├── UnsupportedMediaType      neither JSON nor a form
    │   ├── NotFound                  no such door
    │   └── MethodNotAllowed          no such handle on this door
    ├── Unavailable                   a neighbour is down, or too many are waiting
    │   ├── TooBusy                   the queue for password hashing is full
    │   └── DatabaseUnavailable       the database does not answer in time
    ├── Unexpected                    a fault of ours; says nothing but its request id
    └── Misconfigured                 the start is refused, with every reason

Each leaf has a stable `code`, a public `message` and a private `detail`.
Only `web/replies.py` knows statuses.
"""

from collections.abc import Sequence


class IdentityFault(Exception):
    """The root: a public message, a stable code, and a detail that only the log sees."""

    code = "fault"
    message = "Something went wrong."

    def __init__(self, message: str | None = None, *, detail: str = "") -> None:
        """Keep *message* for the caller and *detail* for the operator."""
        self.message = message or type(self).message
        self.detail = detail
        super().__init__(self.message)


class Refused(IdentityFault):
    """The person may not do this, or said something wrong."""


class WrongCredentials(Refused):
    """No such address or a wrong password; the two are never told apart."""

    code = "wrong_credentials"
    message = "Email or password is incorrect."


class InvalidInput(Refused):
    """A field does not obey its rule."""

    code = "invalid_input"
    message = "The input is not valid."


class EmailUnverified(Refused):
    """The address has not been verified yet."""

    code = "email_unverified"
    message = "Email not verified."


class EmailLoginOff(Refused):
    """Signing in with a password is switched off."""

    code = "email_login_off"
    message = "Email login is not allowed."


class RegistrationClosed(Refused):
    """Signing up is switched off."""

    code = "registration_closed"
    message = "Registration is not allowed."


class AddressNotAllowed(Refused):
    """The domain of the address is not on the operator's list."""

    code = "email_domain_not_allowed"
    message = "The email address provided cannot be used. Please use a different email address."


class AccountClosing(Refused):
    """The account is being deleted."""

    code = "account_closing"
    message = "This account is being deleted."


class SignInRequired(Refused):
    """No access token came, or none that is good."""

    code = "sign_in_required"
    message = "Unauthorized"


class InvalidRefreshToken(Refused):
    """The refresh token is not one of ours, or it is past its end."""

    code = "invalid_refresh_token"
    message = "Invalid refresh token"


class SessionEnded(Refused):
    """The session was signed out, has expired, or saw an old refresh token."""

    code = "session_ended"
    message = "Refresh token expired or not found for this user"


class SessionGone(SessionEnded):
    """The same, told to a client that already tried once more."""

    code = "session_gone"
    message = "No session found"


class SessionUnknown(Refused):
    """Not one of this person's sessions."""

    code = "session_unknown"
    message = "No such session."


class UserUnknown(Refused):
    """Nobody has this address."""

    code = "user_unknown"
    message = "No user with that email was found."


class AddressTaken(Refused):
    """Somebody has this address already."""

    code = "address_taken"
    message = "A user with that email already exists."


class ProtocolError(IdentityFault):
    """The client broke a rule of the protocol."""


class InvalidRequest(ProtocolError):
    """A parameter is missing, repeated or malformed (RFC 6749 §5.2)."""

    code = "invalid_request"
    message = "The request is not valid."


class InvalidClient(ProtocolError):
    """The client did not prove who it is (RFC 6749 §5.2)."""

    code = "invalid_client"
    message = "Client authentication failed."


class CrossSite(ProtocolError):
    """Another site sent this form, or nobody says who did."""

    code = "cross_site"
    message = "This form must be sent from our own page. Please open the page again."


class MalformedBody(ProtocolError):
    """The body cannot be read."""

    code = "malformed_body"
    message = "The body could not be read."


class BodyTooLarge(ProtocolError):
    """The body is larger than any door accepts."""

    code = "body_too_large"
    message = "The body is larger than 64 KiB."


class UnsupportedMediaType(ProtocolError):
    """The body is of a kind that this door does not read."""

    code = "unsupported_media_type"
    message = "This door reads another content type."


class NotFound(ProtocolError):
    """There is no such door."""

    code = "not_found"
    message = "Not found."


class MethodNotAllowed(ProtocolError):
    """The door exists but does not know this method."""

    code = "method_not_allowed"
    message = "Method not allowed."


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


class DatabaseUnavailable(Unavailable):
    """The database does not answer in time."""

    code = "database_unavailable"
    message = "The database is not available right now. Please try again."


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
