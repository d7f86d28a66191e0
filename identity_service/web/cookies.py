"""
The two cookies of a browser session.

Names and attributes are LibreChat's: `refreshToken` holds the refresh token, `token_provider` says whose it is.
Law: OWASP ASVS 5.0 3.3 (HttpOnly, Secure, SameSite).
"""

from datetime import datetime

from flask import Response, request
from werkzeug.http import dump_cookie

from identity_service.web.context import services

REFRESH = "refreshToken"
PROVIDER = "token_provider"
_OURS = "librechat"


def present_refresh_token() -> str:
    """Return the refresh token that the browser sent, empty if it sent none."""
    return request.cookies.get(REFRESH, "")


def hand_out(response: Response, refresh_token: str, expires_at: datetime) -> Response:
    """Give the browser its refresh token until the session's own end."""
    response.headers.extend(handing_out(refresh_token, expires_at, secure=_secure()))
    return response


def handing_out(refresh_token: str, expires_at: datetime, *, secure: bool) -> list[tuple[str, str]]:
    """Return the headers that give a browser its refresh token until the session's own end."""
    return [
        ("Set-Cookie", _cookie(REFRESH, refresh_token, expires_at, secure=secure)),
        ("Set-Cookie", _cookie(PROVIDER, _OURS, expires_at, secure=secure)),
    ]


def take_back(response: Response) -> Response:
    """Let the browser forget its session."""
    for name in (REFRESH, PROVIDER):
        response.delete_cookie(name, path="/", httponly=True, samesite="Strict", secure=_secure())
    return response


def _cookie(name: str, value: str, expires_at: datetime, *, secure: bool) -> str:
    return dump_cookie(
        name, value, expires=expires_at, path="/", httponly=True, samesite="Strict", secure=secure, max_size=0
    )


def _secure() -> bool:
    return services().settings.site.cookie_secure
