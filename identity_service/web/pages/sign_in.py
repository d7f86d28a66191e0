"""
/login and /register: the pages that people see; they need no JavaScript.

Whoever comes on behalf of an application carries its sealed request along, and goes back with it.
"""

from http import HTTPStatus
from typing import Any

from flask import Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from identity_service.flows.outcomes import Registration, ShowSignIn
from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.api.auth import RegistrationBody, open_session
from identity_service.web.context import services, visitor
from identity_service.web.contract import parse_form, sentences
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.oidc.decisions import come_back, with_query
from identity_service.web.pages.page import fields_in, go, refused, show, status_of
from identity_service.web.pages.page_faults import explain, pages
from identity_service.web.pages.ways_in import at_once_by, told_by, ways_in

sign_in_pages = pages("sign_in_pages")
sign_in_pages.before_request(refuse_cross_site)

_FIELDS = ("name", "username", "email")
_NOTICES = {
    "registered": "You can sign in now. If the address had an account already, its password is unchanged.",
    "asked": "Please check your email: the link in our letter proves the address. If the address had an account"
    " already, its password is unchanged.",
    "reset": "Your password is changed. Please sign in with it.",
    "away": "You are not signed in any more, so nothing was changed. Please sign in and try again.",
    "verified": "Thank you: your address is verified.",
}


@sign_in_pages.get("/login")
def login_page() -> Response:
    """Show the sign-in form, or send on whoever is signed in and was not sent here by an application."""
    waiting = _waiting(request.args.get("continue"))
    browser = cookies.browser_session()
    if waiting is None and browser:
        return go("/account")
    problem = told_by(request.args.get("error", ""))
    notice = _NOTICES.get(request.args.get("notice", ""))
    stays = browser or notice or problem or "redirect" in request.args
    at_once = None if stays else at_once_by(waiting)
    if at_once is not None:
        return go(at_once)
    return _sign_in_form(waiting, email="", notice=notice, problem=problem)


@sign_in_pages.post("/login")
def sign_in() -> Response:
    """Open a session and go on to where the person wanted to be."""
    form = parse_form()
    waiting = _waiting(form.get("continue"))
    email = form.get("email", "")
    try:
        signed_in = open_session(services(), email, form.get("password", ""), visitor(), cookies.browser_session())
    except (errors.Refused, errors.TooBusy) as fault:
        told = {"problem": fault.message, "email": email, "unverified": isinstance(fault, errors.EmailUnverified)}
        return refused(fault, _sign_in_form(waiting, status_of(fault), **told))
    return cookies.hand_out(come_back(waiting.continuation) if waiting else go("/account"), signed_in)


@sign_in_pages.post("/login/continue")
def go_on() -> Response:
    """Go on as the person who is signed in."""
    sealed = parse_form().get("continue", "")
    browser = cookies.browser_session()
    return come_back(services().provider.authorize.choose(sealed, browser) if browser else sealed)


@sign_in_pages.get("/register")
def register_page() -> Response:
    """Show the sign-up form."""
    waiting = _waiting(request.args.get("continue"))
    if not services().settings.registration.registration:
        closed = errors.RegistrationClosed()
        return _sign_in_form(waiting, status_of(closed), problem=closed.message, email="")
    return _sign_up_form(waiting, name="", username="", email="")


@sign_in_pages.post("/register")
def sign_up() -> Response:
    """Make the account and show the sign-in form."""
    form = parse_form()
    waiting = _waiting(form.get("continue"))
    typed = {name: form.get(name, "") for name in _FIELDS}
    try:
        body = RegistrationBody.model_validate({**form, "confirm_password": form.get("password", "")})
        wanted = Registration(body.name, body.username or "", body.email, body.password)
        services().sign_up.with_password(wanted, visitor())
    except ValidationError as wrong:
        problem = " ".join(sentences(wrong))
        return _sign_up_form(waiting, HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem, **typed)
    except (errors.Refused, errors.TooBusy) as fault:
        # Its sentence is LibreChat's, which names no field.
        told = {"invalid": ["email"]} if isinstance(fault, errors.AddressNotAllowed) else {}
        return refused(fault, _sign_up_form(waiting, status_of(fault), problem=fault.message, **told, **typed))
    carried = {"continue": waiting.continuation} if waiting else {}
    notice = "asked" if services().sign_in.needs_verified_address else "registered"
    return go(with_query("/login", {"notice": notice, **carried}))


@sign_in_pages.errorhandler(errors.TooManyAttempts)
@sign_in_pages.errorhandler(errors.Banned)
def wait(fault: errors.IdentityFault) -> Response:
    """Show the form again, with the sentence, to whoever the limit of its door has stopped."""
    try:
        form = parse_form()
        waiting = _waiting(form.get("continue"))
    except (errors.IdentityFault, HTTPException):
        return explain(fault)  # whatever is wrong with the form, it is the limit that they are told of
    if request.path == "/register":
        typed = {name: form.get(name, "") for name in _FIELDS}
        return refused(fault, _sign_up_form(waiting, status_of(fault), problem=fault.message, **typed))
    return refused(fault, _sign_in_form(waiting, status_of(fault), problem=fault.message, email=form.get("email", "")))


def _waiting(sealed: str | None) -> ShowSignIn | None:
    return services().provider.authorize.waiting(sealed, cookies.browser_session()) if sealed else None


def _sign_in_form(waiting: ShowSignIn | None, status: int = HTTPStatus.OK, **values: Any) -> Response:
    browser = cookies.browser_session()
    buttons = ways_in(waiting)
    return show(
        "sign_in.html",
        status,
        buttons=buttons,
        pictures=[button.image for button in buttons if button.image],
        without_password=not services().settings.registration.email_login,
        login_hint=waiting.login_hint if waiting else "",
        present=browser.person if browser and waiting else None,
        reauthentication=waiting is not None and waiting.is_again,
        form_targets=waiting.asking.targets if waiting else (),
        **_carried(waiting),
        **values,
    )


def _sign_up_form(waiting: ShowSignIn | None, status: int = HTTPStatus.OK, **values: Any) -> Response:
    targets = waiting.asking.targets if waiting else ()
    values = {"invalid": fields_in(values.get("problem", "")), **values}
    return show("sign_up.html", status, form_targets=targets, **_carried(waiting), **values)


def _carried(waiting: ShowSignIn | None) -> dict[str, Any]:
    return {"continuing": waiting.continuation, "client_name": waiting.asking.name} if waiting else {}
