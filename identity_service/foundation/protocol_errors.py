"""
What a client can do wrong, in the words of the RFCs: one branch of the tree that `errors` draws.

Law: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2.
"""

from identity_service.foundation.fault import IdentityFault


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


class InvalidGrant(ProtocolError):
    """The code or refresh token is not good, or not this client's (RFC 6749 §5.2)."""

    code = "invalid_grant"
    message = "The grant is not valid."


class UnauthorizedClient(ProtocolError):
    """The client is not registered for this grant (RFC 6749 §5.2)."""

    code = "unauthorized_client"
    message = "The client is not registered for this grant type."


class UnsupportedGrantType(ProtocolError):
    """There is no such grant here (RFC 6749 §5.2)."""

    code = "unsupported_grant_type"
    message = "This grant type is not supported."


class InvalidScope(ProtocolError):
    """The scope is unknown, malformed or wider than what was granted (RFC 6749 §5.2)."""

    code = "invalid_scope"
    message = "The scope is not valid."


class InvalidToken(ProtocolError):
    """The access token is missing, expired, revoked or of another kind (RFC 6750 §3.1)."""

    code = "invalid_token"
    message = "The access token is not valid."


class InsufficientScope(ProtocolError):
    """The access token is good, but not for this (RFC 6750 §3.1)."""

    code = "insufficient_scope"
    message = "The access token does not reach that far."


class InvalidRedirectURI(ProtocolError):
    """A redirect address that no client may have (RFC 7591 §3.2.2)."""

    code = "invalid_redirect_uri"
    message = "A redirect URI is not acceptable."


class InvalidClientMetadata(ProtocolError):
    """A registration that cannot be (RFC 7591 §3.2.2)."""

    code = "invalid_client_metadata"
    message = "The client metadata is not valid."


class UntrustedRequest(ProtocolError):
    """The client or its redirect address is not known, so the error is told to the person alone (RFC 6749 §4.1.2.1)."""

    code = "untrusted_request"
    message = "The application that sent you here did not say correctly who it is."


class AuthorizationExpired(ProtocolError):
    """The way back to the application is not known any more."""

    code = "authorization_expired"
    message = "This sign-in took too long. Please go back to the application and begin again."


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
