"""
/login and /register: the pages that people see; they need no JavaScript.
"""

from http import HTTPStatus

from flask import Blueprint, Response, request
from pydantic import ValidationError

from identity_service.flows.outcomes import Registration
from identity_service.foundation import errors
from identity_service.web import cookies, metrics
from identity_service.web.api.auth import RegistrationBody
from identity_service.web.context import services, visitor
from identity_service.web.contract import parse_form, sentences
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.pages.page import go, show

sign_in_pages = Blueprint("sign_in_pages", __name__)
sign_in_pages.before_request(refuse_cross_site)

_FIELDS = ("name", "username", "email")


@sign_in_pages.get("/login")
def login_page() -> Response:
    """Show the sign-in form, or send on whoever is signed in."""
    if services().verify.browser_session(cookies.present_refresh_token()):
        return go("/account")
    return show("sign_in.html", email="", notice=request.args.get("notice") == "registered")


@sign_in_pages.post("/login")
def sign_in() -> Response:
    """Open a session and go to the account page."""
    form = parse_form()
    email = form.get("email", "")
    try:
        signed_in = services().sign_in.with_password(email, form.get("password", ""), visitor())
    except (errors.Refused, errors.TooBusy) as fault:
        metrics.count_sign_in(fault.code)
        return _again("sign_in.html", fault, email=email)
    metrics.count_sign_in("done")
    return cookies.hand_out(go("/account"), signed_in.refresh_token, signed_in.expires_at)


@sign_in_pages.get("/register")
def register_page() -> Response:
    """Show the sign-up form."""
    if not services().settings.registration.registration:
        return _again("sign_in.html", errors.RegistrationClosed(), email="")
    return show("sign_up.html", name="", username="", email="")


@sign_in_pages.post("/register")
def sign_up() -> Response:
    """Make the account and show the sign-in form."""
    form = parse_form()
    typed = {name: form.get(name, "") for name in _FIELDS}
    try:
        body = RegistrationBody.model_validate({**form, "confirm_password": form.get("password", "")})
        wanted = Registration(body.name, body.username or "", body.email, body.password)
        services().sign_up.with_password(wanted, visitor())
    except ValidationError as wrong:
        return _again("sign_up.html", errors.InvalidInput(" ".join(sentences(wrong))), **typed)
    except (errors.Refused, errors.TooBusy) as fault:
        return _again("sign_up.html", fault, **typed)
    return go("/login?notice=registered")


def _again(template: str, fault: errors.IdentityFault, **typed: str) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(fault, errors.TooBusy) else HTTPStatus.UNPROCESSABLE_ENTITY
    response = show(template, status, problem=fault.message, **typed)
    if isinstance(fault, errors.TooBusy):
        response.headers["Retry-After"] = str(fault.retry_after)
    return response
