"""
/account/links: connect the own account with an outside one, or end that; forms that need no JavaScript.
"""

from flask import Response

from identity_service.foundation.errors import Refused
from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.oidc.decisions import with_query
from identity_service.web.pages.page import go, show
from identity_service.web.pages.page_faults import pages
from identity_service.web.pages.ways_in import sign_in_first

connection_pages = pages("connection_pages")
connection_pages.before_request(refuse_cross_site)


@connection_pages.post("/account/links/<provider>")
def connect(provider: str) -> Response:
    """
    Send the person to *provider*, by way of a page that goes on by itself.

    A redirect would not do: browsers hold it against the form-action of the page with the form.
    """
    active = cookies.browser_session()
    if active is None:
        return go(sign_in_first())
    try:
        leaving = services().upstream.trips.connecting(provider, active)
    except Refused as fault:
        return _back(fault)
    return cookies.begin_trip(onward(leaving.address), leaving.state, leaving.sealed)


@connection_pages.post("/account/links/<provider>/end")
def disconnect(provider: str) -> Response:
    """End the connection with *provider*."""
    active = cookies.browser_session()
    if active is None:
        return go(sign_in_first())
    try:
        services().upstream.connect.end(provider.replace("\0", ""), active, visitor())
    except Refused as fault:
        return _back(fault)
    return go("/account?notice=disconnected")


def onward(address: str) -> Response:
    """Return the page from which the browser goes on to *address*, by itself or by a press."""
    response = show("onward.html", address=address)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _back(fault: Refused) -> Response:
    return go(with_query("/account", {"error": fault.code}))
