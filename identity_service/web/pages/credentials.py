"""
/account/password and /account/email: other ways to be reached and to sign in, for whoever is signed in.
"""

from http import HTTPStatus
from typing import Any

from flask import Response

from identity_service.flows.outcomes import Active
from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.contract import parse_form
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.pages.page import go, refused, show, status_of
from identity_service.web.pages.page_faults import pages
from identity_service.web.pages.ways_in import sign_in_first

credential_pages = pages("credential_pages")
credential_pages.before_request(refuse_cross_site)


@credential_pages.get("/account/password")
def password_page() -> Response:
    """Show the form for another password."""
    active = cookies.browser_session()
    return _password_form(active) if active else go("/login")


@credential_pages.post("/account/password")
def change_password() -> Response:
    """Change the password; every other session of the person ends."""
    active, form = cookies.browser_session(), parse_form()
    if active is None:
        return go(sign_in_first())
    new, current = form.get("new_password", ""), form.get("password", "")
    try:
        services().recovery.change_password.to(new, current, active, visitor())
    except (errors.Refused, errors.TooBusy) as fault:
        return refused(fault, _password_form(active, status_of(fault), **_told(fault)))
    return go("/account?notice=password")


@credential_pages.get("/account/email")
def email_page() -> Response:
    """Show the form for another address."""
    active = cookies.browser_session()
    return _email_form(active) if active else go("/login")


@credential_pages.post("/account/email")
def change_email() -> Response:
    """Let letters be written to both addresses."""
    active, form = cookies.browser_session(), parse_form()
    if active is None:
        return go(sign_in_first())
    email, current = form.get("email", ""), form.get("password", "")
    try:
        services().recovery.change_address.ask(email, current, active, visitor())
    except (errors.Refused, errors.TooBusy) as fault:
        return refused(fault, _email_form(active, status_of(fault), email=email, **_told(fault)))
    return go("/account?notice=email")


def _password_form(active: Active, status: int = HTTPStatus.OK, **values: Any) -> Response:
    return show("change_password.html", status, person=active.person, **values)


def _email_form(active: Active, status: int = HTTPStatus.OK, **values: Any) -> Response:
    return show("change_email.html", status, person=active.person, **values)


def _told(fault: errors.IdentityFault) -> dict[str, Any]:
    return {"problem": fault.message, "is_about_current": isinstance(fault, errors.CurrentPasswordWrong)}
