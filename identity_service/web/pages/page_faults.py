"""
What a person sees when an application sent something that cannot be answered, or who may not come in.

Law: RFC 6749 §4.1.2.1 (no redirect before client and address are trusted).
"""

from flask import Blueprint, Response, request

from identity_service.foundation import logs
from identity_service.foundation.errors import (
    AuthorizationExpired,
    Banned,
    IdentityFault,
    TooManyAttempts,
    UntrustedRequest,
)
from identity_service.web.context import REQUEST_ID
from identity_service.web.pages.page import refused, show
from identity_service.web.replies import STATUSES


def explain_to_people(blueprint: Blueprint) -> None:
    """Let *blueprint* tell these faults on a page."""
    for fault in (AuthorizationExpired, UntrustedRequest, Banned, TooManyAttempts):
        blueprint.register_error_handler(fault, explain)


def explain(fault: IdentityFault) -> Response:
    """Return the page that tells of *fault*; nothing that came with the request stands in it."""
    logs.logger().info("authorization.refused", code=fault.code, reason=fault.message)
    request_id = request.environ.get(REQUEST_ID, "")
    page = show("error.html", STATUSES[type(fault)], problem=fault.message, code=fault.code, request_id=request_id)
    return refused(fault, page)
