"""
What a person sees when something went wrong, where an application or a page of ours has sent them.

Law: RFC 6749 §4.1.2.1 (no redirect before client and address are trusted).
Leaves to others: what a form tells when it comes back (each page), what programs are told (replies).
"""

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from identity_service.foundation import logs
from identity_service.foundation.errors import (
    AuthorizationExpired,
    Banned,
    IdentityFault,
    TooManyAttempts,
    Unavailable,
    UntrustedRequest,
)
from identity_service.web.context import REQUEST_ID
from identity_service.web.contract import HTML, Answer
from identity_service.web.pages.page import refused, show
from identity_service.web.replies import STATUSES, answer, translated

NOT_NOW = Answer(
    "A page. We have trouble ourselves; it says to try again.",
    kind=HTML,
    example="<!doctype html><title>Error: This did not work</title>",
)
"""What `explain_to_people` makes of an outage, for the description of a door."""

_FOR_PROGRAMS = ("/api/", "/v1/", "/oauth2/", "/.well-known/")


def explain_to_people(blueprint: Blueprint) -> None:
    """Let *blueprint*, which applications send people to, tell these faults on a page."""
    for fault in (AuthorizationExpired, UntrustedRequest, Banned, TooManyAttempts):
        blueprint.register_error_handler(fault, explain)
    blueprint.register_error_handler(Unavailable, tell)


def pages(name: str) -> Blueprint:
    """Return a blueprint called *name* for pages of ours, where people are told of whatever goes wrong."""
    blueprint = Blueprint(name, __name__)
    explain_to_people(blueprint)
    for fault in (IdentityFault, HTTPException):
        blueprint.register_error_handler(fault, tell)
    return blueprint


def install(app: Flask) -> None:
    """Let *app* tell a browser on a page that there is no such page."""
    for nowhere in (404, 405):
        app.register_error_handler(nowhere, _tell_browsers)


def explain(fault: IdentityFault) -> Response:
    """Return the page that tells of *fault*; nothing that came with the request stands in it."""
    detail = {"detail": fault.detail} if fault.detail else {}
    logs.logger().info("authorization.refused", code=fault.code, reason=fault.message, **detail)
    return _page(fault)


def tell(fault: IdentityFault | HTTPException) -> Response:
    """Return the page that tells of *fault*, and write down what is for the log alone."""
    plain = translated(fault) if isinstance(fault, HTTPException) else fault
    if plain.detail:
        logs.logger().info("request.refused", code=plain.code, detail=plain.detail)
    return _page(plain)


def _tell_browsers(fault: HTTPException) -> Response:
    told = answer(translated(fault), fault)
    if request.path.startswith(_FOR_PROGRAMS) or "text/html" not in request.headers.get("Accept", ""):
        return told
    page = _page(translated(fault))
    page.headers.extend((name, value) for name, value in told.headers if name == "Allow")
    return page


def _page(fault: IdentityFault) -> Response:
    request_id = request.environ.get(REQUEST_ID, "")
    page = show("error.html", STATUSES[type(fault)], problem=fault.message, code=fault.code, request_id=request_id)
    return refused(fault, page)
