"""
/account: who I am and where I am signed in; and the way out.
"""

from flask import Blueprint, Response

from identity_service.flows.outcomes import Active
from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.pages.page import go, show

account_pages = Blueprint("account_pages", __name__)
account_pages.before_request(refuse_cross_site)


@account_pages.get("/")
def home() -> Response:
    """Send a visitor to the account page, which sends on whoever is not signed in."""
    return go("/account")


@account_pages.get("/account")
def account_page() -> Response:
    """Show the person and all devices."""
    active = _present()
    if active is None:
        return go("/login")
    devices = services().capabilities.sessions.devices(active.person.id)
    return show("account.html", person=active.person, devices=devices, here=active.session_id)


@account_pages.post("/logout")
def sign_out() -> Response:
    """End this session."""
    services().sign_out.by_refresh_token(cookies.present_refresh_token(), visitor())
    return cookies.take_back(go("/login"))


@account_pages.post("/account/sign-out-others")
def sign_out_others() -> Response:
    """End every other session of the person."""
    active = _present()
    if active is not None:
        services().sign_out.everywhere(active, visitor(), but_here=True)
    return go("/account")


def _present() -> Active | None:
    return services().verify.browser_session(cookies.present_refresh_token())
