"""
What a view may ask for: the services, the visitor, and the person behind the request.
"""

from typing import Any, cast

from flask import current_app, request

from identity_service.flows.outcomes import Active, Visitor
from identity_service.foundation.errors import SignInRequired
from identity_service.wiring import Services

EXTENSION = "identity_service"
REQUEST_ID = "identity.request_id"
ADDRESS = "identity.address"
ROUTE = "identity.route"
IS_LEAVING = "identity.is_leaving"

_LONGEST_AGENT = 256
_LONGEST_LANGUAGES = 128
_CALLED_BY_PROGRAMS = ("/api/", "/oauth2/", "/v1/")


def services() -> Services:
    """Return the services of the application that handles this request."""
    return cast("Services", current_app.extensions[EXTENSION])


def visitor() -> Visitor:
    """Return where this request comes from."""
    return visitor_of(request.environ)


def visitor_of(environ: dict[str, Any]) -> Visitor:
    """Return where the request behind a WSGI *environ* comes from; its id and address were settled at the entrance."""
    agent = environ.get("HTTP_USER_AGENT", "").replace("\0", "")[:_LONGEST_AGENT]
    languages = environ.get("HTTP_ACCEPT_LANGUAGE", "")[:_LONGEST_LANGUAGES]
    is_on_our_pages = not environ.get("PATH_INFO", "").startswith(_CALLED_BY_PROGRAMS)
    return Visitor(environ.get(ADDRESS, ""), agent, environ.get(REQUEST_ID, ""), languages, is_on_our_pages)


def bearer(header: str) -> str | None:
    """Return the token in an Authorization *header* of the Bearer scheme, or None (RFC 6750 §2.1)."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def signed_in() -> Active:
    """
    Return who is behind the access token of this request.

    Raises:
        SignInRequired: there is none, or it is not good right now.
    """
    token = bearer(request.headers.get("Authorization", ""))
    active = services().verify.access_token(token) if token else None
    if active is None:
        raise SignInRequired
    return active
