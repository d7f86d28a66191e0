"""
One page: a template, its status, and the headers that pages have.
"""

from typing import Any

from flask import Response, redirect, render_template

from identity_service.web.context import services

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def show(template: str, status: int = 200, **values: Any) -> Response:
    """Return the page that *template* makes of *values*; it is never stored and never framed."""
    settings = services().settings
    html = render_template(
        template,
        app_title=settings.site.app_title,
        chat_address=settings.site.domain_client,
        may_register=settings.registration.registration,
        **values,
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        # Not `no-referrer`: with it a browser hides the origin of our own forms from us as well.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return Response(html, status, headers, mimetype="text/html")


def go(path: str) -> Response:
    """Send the browser on with GET, whatever it came with (RFC 9110 §15.4.4)."""
    return redirect(path, 303, Response)  # type: ignore[return-value]
