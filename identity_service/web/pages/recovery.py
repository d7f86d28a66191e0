"""
/forgot-password, /reset-password and /verify: where letters lead; nothing changes before a form is sent.

Law: OWASP ASVS 5.0 6.4.2; RFC 9110 §9.2.1 (following a link is safe).
"""

from http import HTTPStatus
from typing import Any

from flask import Response, request

from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.contract import parse_form
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.oidc.decisions import with_query
from identity_service.web.pages.page import go, refused, show, status_of
from identity_service.web.pages.page_faults import pages

recovery_pages = pages("recovery_pages")
recovery_pages.before_request(refuse_cross_site)

_LONGEST = 1024


@recovery_pages.get("/forgot-password")
def forgot_password_page() -> Response:
    """Show the form that asks for a link."""
    return _forgotten(is_sent="sent" in request.args)


@recovery_pages.post("/forgot-password")
def forgot_password() -> Response:
    """Let a link be sent to the address; the page says the same whether anybody has it."""
    email = parse_form().get("email", "")[:_LONGEST]
    try:
        link = services().recovery.recover.ask(email, visitor())
    except errors.PasswordResetOff as fault:
        return _forgotten(status_of(fault), problem=fault.message, email=email)
    # Only on this machine, without mail, and because the operator wants it so.
    return _forgotten(is_sent=True, link=link) if link else go("/forgot-password?sent")


@recovery_pages.get("/reset-password")
def reset_password_page() -> Response:
    """Show the form for a new password; looking at it does not use the link up, but what is no link is none at once."""
    token, user_id = _asked("token"), _asked("userId")
    if token and user_id:
        return _new_password(token=token, user_id=user_id)
    broken = errors.InvalidResetToken()
    return _new_password(status_of(broken), problem=broken.message, is_over=True)


@recovery_pages.post("/reset-password")
def reset_password() -> Response:
    """Set the new password, and go to sign in with it."""
    form = parse_form()
    token, user_id = form.get("token", ""), form.get("userId", "")
    try:
        recovered = services().recovery.recover.reset(user_id, token, form.get("password", ""), visitor())
    except (errors.Refused, errors.TooBusy) as fault:
        is_over = isinstance(fault, errors.InvalidResetToken | errors.PasswordResetOff)
        page = _new_password(status_of(fault), problem=fault.message, token=token, user_id=user_id, is_over=is_over)
        return refused(fault, page)
    # Whoever strangers try to lock out signs in from here all the same.
    return cookies.know_device(cookies.take_back(go("/login?notice=reset")), recovered)


@recovery_pages.get("/verify")
def verify_page() -> Response:
    """Show the button that proves the address; looking at it does not use the link up."""
    return show("verify.html", token=_asked("token"), email=_asked("email"), is_sent="sent" in request.args)


@recovery_pages.post("/verify")
def verify() -> Response:
    """Let the address count."""
    form = parse_form()
    email = form.get("email", "")
    try:
        services().recovery.verify_address.confirm(email, form.get("token", ""), visitor())
    except errors.InvalidVerificationToken as fault:
        return show("verify.html", status_of(fault), problem=fault.message, email=email)
    return go("/login?notice=verified")


@recovery_pages.post("/verify/resend")
def send_again() -> Response:
    """Let another letter be sent; the page says the same whether anybody waits for one."""
    services().recovery.verify_address.send_again(parse_form().get("email", "")[:_LONGEST], visitor())
    return go(with_query("/verify", {"sent": ""}))


def _asked(name: str) -> str:
    return request.args.get(name, "").replace("\0", "")[:_LONGEST]


def _forgotten(status: int = HTTPStatus.OK, **values: Any) -> Response:
    is_open = services().recovery.recover.is_open
    if not is_open:
        fault = errors.PasswordResetOff()
        status, values = status_of(fault), {"problem": fault.message}
    return show("forgot_password.html", status, is_open=is_open, **values)


def _new_password(status: int = HTTPStatus.OK, **values: Any) -> Response:
    return show("reset_password.html", status, **values)
