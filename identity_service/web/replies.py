"""
Errors into responses: the one table from error to status, and the three languages they are told in.

`/api/*` speaks LibreChat's `{message}`, `/oauth2/*` the words of RFC 6749, everything else RFC 9457 problems.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from identity_service.foundation import errors, logs
from identity_service.foundation.errors import IdentityFault
from identity_service.web.context import REQUEST_ID

STATUSES: Mapping[type[IdentityFault], int] = {
    # LibreChat's front end takes 401 for an expired access token, so a wrong password is 404.
    errors.WrongCredentials: 404,
    errors.InvalidInput: 400,
    errors.EmailUnverified: 422,
    errors.EmailLoginOff: 403,
    errors.RegistrationClosed: 403,
    errors.AddressNotAllowed: 403,
    errors.AccountClosing: 403,
    errors.SignInRequired: 401,
    errors.InvalidRefreshToken: 403,
    errors.SessionEnded: 401,
    errors.SessionGone: 403,
    errors.SessionUnknown: 404,
    errors.UserUnknown: 404,
    errors.AddressTaken: 409,
    errors.Banned: 403,
    errors.ViolationUnknown: 422,
    errors.BanUnknown: 404,
    errors.TooManyAttempts: 429,
    errors.InvalidRequest: 400,
    errors.ClientUnknown: 404,
    errors.ConsentUnknown: 404,
    errors.StrangeArrival: 400,
    errors.UpstreamOff: 404,
    errors.UpstreamDenied: 403,
    errors.UpstreamSilent: 502,
    errors.UpstreamUntrusted: 400,
    errors.UpstreamRoleMissing: 403,
    errors.UpstreamAddressMissing: 403,
    errors.AccountExists: 409,
    errors.LinkingOff: 403,
    errors.FreshSignInRequired: 403,
    errors.LinkTaken: 409,
    errors.LinkUnknown: 404,
    errors.LastWayIn: 409,
    errors.PasswordResetOff: 403,
    errors.InvalidResetToken: 400,
    errors.InvalidVerificationToken: 400,
    errors.CurrentPasswordWrong: 403,
    errors.EmailChangeOff: 403,
    errors.MailNotConfigured: 403,
    errors.LocalAccountRequired: 403,
    errors.SameAddress: 400,
    errors.AccountDeletionOff: 403,
    errors.InvalidClient: 401,
    errors.InvalidGrant: 400,
    errors.UnauthorizedClient: 400,
    errors.UnsupportedGrantType: 400,
    errors.InvalidScope: 400,
    errors.InvalidToken: 401,
    errors.InsufficientScope: 403,
    errors.InvalidRedirectURI: 400,
    errors.InvalidClientMetadata: 400,
    errors.UntrustedRequest: 400,
    errors.AuthorizationExpired: 400,
    errors.CrossSite: 403,
    errors.MalformedBody: 400,
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.TooBusy: 503,
    errors.Leaving: 503,
    errors.DatabaseUnavailable: 503,
    errors.ChatUnavailable: 503,
    errors.Unexpected: 500,
    errors.Misconfigured: 500,
}
# Their code is the RFC's own word: RFC 6749 §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2.
_SAID_AS_THEY_ARE = (
    errors.InvalidRequest,
    errors.InvalidClient,
    errors.InvalidGrant,
    errors.UnauthorizedClient,
    errors.UnsupportedGrantType,
    errors.InvalidScope,
    errors.InvalidToken,
    errors.InsufficientScope,
    errors.InvalidRedirectURI,
    errors.InvalidClientMetadata,
)
_OAUTH_WORDS: Mapping[type[IdentityFault], str] = {
    **{fault: fault.code for fault in _SAID_AS_THEY_ARE},
    errors.TooBusy: "temporarily_unavailable",
    errors.DatabaseUnavailable: "temporarily_unavailable",
    errors.ChatUnavailable: "temporarily_unavailable",
    errors.Unexpected: "server_error",
}


class Told(NamedTuple):
    """An error as bytes for the wire, whichever server framework sends it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def tell(fault: IdentityFault, path: str, request_id: str) -> Told:
    """Return *fault* in the language that *path* speaks."""
    status = STATUSES[type(fault)]
    headers = [("Cache-Control", "no-store")]
    if isinstance(fault, errors.Unavailable | errors.TooManyAttempts):
        headers.append(("Retry-After", str(fault.retry_after)))
    if path.startswith("/api/"):
        # A field that breaks a rule is 404 in LibreChat's own answers to its forms.
        status = 404 if type(fault) is errors.InvalidInput else status
        kind, body = "application/json", _librechat(fault, request_id)
    elif path.startswith("/oauth2/"):
        kind, body = "application/json", _oauth(fault)
    else:
        kind, body = "application/problem+json", _problem(fault, status, request_id)
    if status == HTTPStatus.UNAUTHORIZED or type(fault) is errors.InsufficientScope:
        headers.append(("WWW-Authenticate", _challenge(fault)))
    headers.append(("Content-Type", kind))
    return Told(status, headers, json.dumps(body, separators=(",", ":")).encode())


def answer_fault(fault: IdentityFault, path: str, request_id: str) -> Told:
    """Return *fault* as `tell` does, and write down what is for the log alone."""
    if fault.detail:
        logs.logger().info("request.refused", code=fault.code, detail=fault.detail)
    return tell(fault, path, request_id)


def install(app: Flask) -> None:
    """Let *app* answer every error, its own and the framework's, in our words."""
    app.register_error_handler(IdentityFault, answer)
    app.register_error_handler(HTTPException, lambda fault: answer(translated(fault), fault))
    app.register_error_handler(Exception, _answer_unexpected)


def answer(fault: IdentityFault, origin: HTTPException | None = None) -> Response:
    """Return the response that tells a program of *fault*, which the framework's own *origin* may stand behind."""
    told = answer_fault(fault, request.path, request.environ.get(REQUEST_ID, ""))
    response = Response(told.body, told.status, told.headers)
    if isinstance(origin, MethodNotAllowed) and origin.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(origin.valid_methods))
    return response


def _answer_unexpected(fault: Exception) -> Response:
    logs.logger().error("request.failed", exc_info=fault)
    return answer(errors.Unexpected())


def translated(fault: HTTPException) -> IdentityFault:
    """Return the framework's *fault* in our words."""
    if isinstance(fault, RequestEntityTooLarge):
        return errors.BodyTooLarge()
    match fault.code:
        case 404:
            return errors.NotFound()
        case 405:
            return errors.MethodNotAllowed()
        case 415:
            return errors.UnsupportedMediaType()
    return errors.InvalidRequest(detail=fault.name)


def _librechat(fault: IdentityFault, request_id: str) -> dict[str, Any]:
    return {"message": fault.message, "code": fault.code, "request_id": request_id}


def _oauth(fault: IdentityFault) -> dict[str, Any]:
    if isinstance(fault, errors.SignInRequired):
        return {}  # no error code nor other error information for whoever brought no token (RFC 6750 §3.1)
    return {"error": _OAUTH_WORDS.get(type(fault), "invalid_request"), "error_description": fault.message}


def _problem(fault: IdentityFault, status: int, request_id: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": fault.message,
        "status": status,
        "code": fault.code,
        "request_id": request_id,
    }


def _challenge(fault: IdentityFault) -> str:
    if isinstance(fault, errors.InvalidClient):
        return 'Basic realm="identity", charset="UTF-8"'
    if isinstance(fault, errors.InvalidToken | errors.InsufficientScope):
        return f'Bearer realm="identity", error="{fault.code}"'
    # Whoever brought no token at all has made no mistake with it (RFC 6750 §3.1).
    return 'Bearer realm="identity"'
