"""
/consent: whether an application may know who I am.

Law: OpenID Connect Core 1.0 §3.1.2.4.
"""

from datetime import UTC, datetime, timedelta

from flask import Response, request

from identity_service.flows.outcomes import Active, Asking, ShowConsent
from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.contract import parse_form
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.oidc.decisions import carry_out, come_back, with_query
from identity_service.web.pages.page import go, show
from identity_service.web.pages.page_faults import pages

consent_pages = pages("consent_pages")
consent_pages.before_request(refuse_cross_site)


@consent_pages.get("/consent")
def consent_page() -> Response:
    """Show what the application asks for, or go on if nothing is to be decided."""
    browser = cookies.browser_session()
    decision = services().provider.authorize.go_on(request.args.get("continue", ""), browser)
    if not isinstance(decision, ShowConsent) or browser is None:
        return carry_out(decision)
    asking = decision.asking
    return show(
        "consent.html",
        form_targets=asking.targets,
        continuing=decision.continuation,
        client_name=asking.name,
        client_host=asking.host,
        scopes=asking.scopes,
        lasts=_lasting(asking, browser),
        asks_each_time=asking.asks_each_time,
        present=browser.person,
        is_self_registered=asking.is_self_registered,
        policy_uri=asking.policy_uri,
        tos_uri=asking.tos_uri,
    )


@consent_pages.post("/consent")
def decide() -> Response:
    """Take the person's word; whatever it is, the answer is the authorization endpoint's."""
    form = parse_form()
    sealed, decision = form.get("continue", ""), form.get("decision")
    browser = cookies.browser_session()
    if decision == "switch":
        return go(with_query("/login", {"continue": sealed}))
    if decision != "allow":
        return carry_out(services().provider.authorize.deny(sealed, browser, visitor()))
    if browser is None:
        return come_back(sealed)
    return come_back(services().provider.authorize.allow(sealed, browser, visitor(), remember="remember" in form))


def _lasting(asking: Asking, browser: Active) -> str:
    """Say how long the application may what it asks for; until it asks again, it is the person's to end on /account."""
    if asking.stays:
        days = max(services().settings.lifetimes.refresh // timedelta(days=1), 1)
        return f"This lasts for up to {days} {'day' if days == 1 else 'days'}, also after you have signed out here."
    ends_at = datetime.fromtimestamp(browser.expires_at, UTC)
    return f"This lasts until you sign out here, and until {ends_at:%Y-%m-%d} at the latest."
