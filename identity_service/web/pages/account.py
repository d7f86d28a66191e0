"""
/account: who I am, where I am signed in, in which language I am written to; and the way out.
"""

from contextlib import suppress

from flask import Response, request

from identity_service.flows.outcomes import Active
from identity_service.foundation.errors import ConsentUnknown, InvalidInput, SignInRequired
from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.contract import parse_form
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.pages.connections import onward
from identity_service.web.pages.page import go, show
from identity_service.web.pages.page_faults import pages
from identity_service.web.pages.ways_in import sign_in_again, sign_in_first, told_by

account_pages = pages("account_pages")
account_pages.before_request(refuse_cross_site)

_NOTICES = {
    "connected": "The account is connected.",
    "disconnected": "The connection has ended, and every other session with it.",
    "password": "Your password is changed, and your other sessions have ended.",
    "language": "Letters come to you in the language that you have chosen.",
    "browser_language": "Letters come to you in the language that your browser asks for.",
    "email": "A letter is on its way to your new address: use the link in it. Until then the present one counts.",
}


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
    capabilities, recovery = services().capabilities, services().recovery
    return show(
        "account.html",
        person=active.person,
        devices=capabilities.sessions.devices(active.person.id),
        here=active.session_id,
        connections=services().upstream.connect.of(active),
        connectable=services().upstream.connect.possible(active),
        notice=_NOTICES.get(request.args.get("notice", "")),
        problem=told_by(request.args.get("error", "")),
        consents=services().provider.withdraw.allowed(active),
        may_change=recovery.change_address.is_open and recovery.change_address.has_mail,
        has_mail=recovery.notices.is_on,
        languages=recovery.choose_language.offered,
        language=recovery.choose_language.of(active),
        may_close=services().close_account.is_open,
    )


@account_pages.get("/logout")
def ask_to_sign_out() -> Response:
    """Ask, because following a link signs nobody out."""
    return go("/oauth2/logout")


@account_pages.post("/logout")
def sign_out() -> Response:
    """End this session."""
    active = _present()
    if active is None:
        return cookies.take_back(go(sign_in_again()))
    elsewhere = services().upstream.farewell.address(active)
    services().sign_out.by_access_token(active, visitor())
    return cookies.take_back(onward(elsewhere) if elsewhere else go(sign_in_again()))


@account_pages.post("/account/consents/withdraw")
def withdraw() -> Response:
    """Take back what the person has allowed an application."""
    active = _present()
    if active is None:
        return go(sign_in_first())
    with suppress(ConsentUnknown):
        services().provider.withdraw.consent(active, parse_form().get("client_id", ""), visitor())
    return go("/account")


@account_pages.post("/account/language")
def choose_language() -> Response:
    """Write to the person in the language that the form names, or in what the browser asks for."""
    active, language = _present(), parse_form().get("language", "")
    if active is None:
        return go(sign_in_first())
    try:
        services().recovery.choose_language.to(language, active, visitor())
    except (InvalidInput, SignInRequired):
        return go("/account")  # no form of ours offers that language, or the page finds nobody any more
    return go(f"/account?notice={'language' if language else 'browser_language'}")


@account_pages.post("/account/sign-out-others")
def sign_out_others() -> Response:
    """End every other session of the person."""
    active = _present()
    if active is None:
        return go(sign_in_first())
    services().sign_out.everywhere(active, visitor(), but_here=True)
    return go("/account")


def _present() -> Active | None:
    return cookies.browser_session()
