"""
One page: a template, its status, and the headers that pages have.

Law: Content Security Policy Level 3, Referrer Policy (W3C); OWASP ASVS 5.0 3.4.
"""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, render_template

from identity_service.foundation import errors
from identity_service.foundation.opaque import text
from identity_service.web.context import services
from identity_service.web.replies import STATUSES

_POLICY = "default-src 'none'; style-src 'self'; img-src {}; base-uri 'none'; frame-ancestors 'none'"
_NONCE_BYTES = 16
# How the doors for programs begin what is wrong with a field; a form has labels instead.
_FIELD = re.compile(r"\b(name|username|email|newEmail|password): (String should |[a-z])?")
_LABELS = {
    "name": "Full name",
    "username": "Username",
    "email": "Email",
    "newEmail": "New email",
    "password": "Password",
}
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*:(//[a-z0-9.-]+(:[0-9]{1,5})?(?=[/?#]|\Z))?", re.IGNORECASE | re.ASCII)


def show(
    template: str,
    status: int = 200,
    *,
    form_targets: Sequence[str] = (),
    pictures: Sequence[str] = (),
    script: bool = False,
    **values: Any,
) -> Response:
    """
    Return the page that *template* makes of *values*; it is never stored and never framed.

    Args:
        template: its name; what it takes stands at its top.
        status: of the answer.
        form_targets: addresses outside of this service to which a form of the page may lead, redirects included;
            each counts as its origin, or as its scheme if there is nothing else ("https:").
        pictures: addresses outside of this service from which the page shows pictures; each counts as its origin.
        script: whether the template's own inline script may run; it finds a fresh `nonce` among its values.
        values: what the template takes.
    """
    settings = services().settings
    nonce = text(services().chance.token_bytes(_NONCE_BYTES)) if script else ""
    html = render_template(
        template,
        app_title=settings.site.app_title,
        chat_address=settings.site.domain_client,
        may_register=settings.registration.registration,
        may_reset=services().recovery.recover.is_open,
        nonce=nonce,
        **values | {"problem": in_plain_words(values.get("problem") or "")},
    )
    headers = {
        "Content-Security-Policy": _policy(form_targets, pictures, nonce),
        # A page's address may hold a sealed request, which is nobody else's business. And not `no-referrer`:
        # with it a browser hides the origin of our own forms from us as well, and csrf.py asks for it.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return Response(html, status, headers, mimetype="text/html")


def in_plain_words(problem: str) -> str:
    """Return *problem*, in which programs are told fields by their names, as a form tells it to people."""

    def told(found: re.Match[str]) -> str:
        rule = found[2] or ""
        return rule and f"{_LABELS[found[1]]} {rule.replace('String should', 'must')}"

    return _FIELD.sub(told, problem)


def fields_in(problem: str) -> list[str]:
    """Return the names of the fields that *problem* is about, as far as it says so to programs."""
    return [found[1] for found in _FIELD.finditer(problem)]


def status_of(fault: errors.IdentityFault) -> HTTPStatus:
    """Return the status of a page that tells of *fault* and shows its form again."""
    is_told_apart = isinstance(fault, errors.TooBusy | errors.TooManyAttempts | errors.Banned)
    return HTTPStatus(STATUSES[type(fault)]) if is_told_apart else HTTPStatus.UNPROCESSABLE_ENTITY


def refused(fault: errors.IdentityFault, page: Response) -> Response:
    """Return *page*, which tells of *fault*, with when to come back if that is a matter of time."""
    if isinstance(fault, errors.Unavailable | errors.TooManyAttempts):
        page.headers["Retry-After"] = str(fault.retry_after)
    return page


def go(path: str) -> Response:
    """Send the browser on with GET, whatever it came with (RFC 9110 §15.4.4)."""
    return redirect(path, 303, Response)  # type: ignore[return-value]


def _policy(form_targets: Iterable[str], pictures: Iterable[str], nonce: str) -> str:
    # Chrome holds each redirect after a submit against form-action too, the application's own next one included,
    # so a page on the way into an application names where that way may lead: an origin, or a scheme for any.
    sources = dict.fromkeys(["'self'", *filter(None, map(_source, form_targets))])
    images = dict.fromkeys(["'self'", *filter(None, map(_source, pictures))])
    scripts = f"; script-src 'nonce-{nonce}'" if nonce else ""
    return f"{_POLICY.format(' '.join(images))}; form-action {' '.join(sources)}{scripts}"


def _source(target: str) -> str:
    # No source can spell [::1] (CSP3 §2.3.1); of what it cannot spell, only the scheme is named.
    found = _ORIGIN.match(target)
    return found[0] if found else ""
