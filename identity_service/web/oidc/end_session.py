"""
/oauth2/logout: where an application sends people to sign out.

Law: OpenID Connect RP-Initiated Logout 1.0 §2 (GET and POST), §3.
"""

from flask import Blueprint, Response, request

from identity_service.flows.outcomes import ConfirmSignOut, SignedOut
from identity_service.foundation import errors
from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.contract import EXAMPLE_CLIENT_ID, HTML, Answer, Operation, door
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.oidc.decisions import away, with_query
from identity_service.web.pages.connections import onward
from identity_service.web.pages.page import go, show
from identity_service.web.pages.page_faults import NOT_NOW, explain_to_people

end_session = Blueprint("end_session", __name__)
explain_to_people(end_session)

LOGOUT = "/oauth2/logout"
_REQUEST = {
    "id_token_hint": "An ID token that the application was given; an expired one is good.",
    "client_id": "Who asks, if there is no hint.",
    "post_logout_redirect_uri": "Where the person goes afterwards: exactly as registered.",
    "state": "Comes back unchanged.",
}
_EXAMPLE = {
    "client_id": EXAMPLE_CLIENT_ID,
    "post_logout_redirect_uri": "https://app.example.org/signed-out",
    "state": "af0ifjsldkj",
}
_SECURITY = ({"browserCookie": list[str]()}, dict[str, list[str]]())
_ANSWERS = {
    200: Answer(
        "A page: the person is asked, told that it is done, or led on to sign out at the provider, too.",
        kind=HTML,
        example="<!doctype html><title>You are signed out</title>",
    ),
    303: Answer("Back to the application.", headers={"Location": "Where the browser goes."}),
    400: Answer(
        "A page. `untrusted_request`: the hint is another application's, or the address is not this one's;"
        " `authorization_expired`: the person took too long.",
        kind=HTML,
        example="<!doctype html><title>Error: This did not work</title>",
    ),
    503: NOT_NOW,
}


@door(
    end_session,
    "GET",
    LOGOUT,
    Operation(
        "Sign a person out",
        "applications",
        _ANSWERS,
        query=_REQUEST,
        query_example=_EXAMPLE,
        security=_SECURITY,
    ),
)
def sign_out_for_client() -> Response:
    """Sign the person out at once if a good hint says who it is, else ask."""
    ending, browser = services().provider.end_session, cookies.browser_session()
    sealed = request.args.get("continue")
    if sealed is None:
        decision = ending.decide(tuple(request.args.items(multi=True)), browser)
    else:
        decision = ending.go_on(sealed, browser)
    if isinstance(decision, SignedOut):
        return _leave(decision)
    return _ask(decision)


@door(
    end_session,
    "POST",
    LOGOUT,
    Operation(
        "The same, as a form; and the person's own word, from our page",
        "applications",
        {
            **_ANSWERS,
            303: Answer(
                "The browser comes again with GET; after the person's word it goes on.",
                headers={"Location": "Where the browser goes."},
            ),
        },
        (errors.CrossSite,),
        form=_REQUEST,
        body_example=_EXAMPLE,
        security=_SECURITY,
    ),
)
def sign_out_by_post() -> Response:
    """Take the person's own word, or let the browser come again by GET with what an application sent."""
    sealed = request.form.get("continue")
    if sealed is None or "decision" not in request.form:
        begun = services().provider.end_session.begin(tuple(request.form.items(multi=True)))
        return go(with_query(LOGOUT, {"continue": begun}))
    refuse_cross_site()
    if request.form["decision"] != "logout":
        return go("/account")
    return _leave(services().provider.end_session.confirmed(sealed))


def _ask(decision: ConfirmSignOut) -> Response:
    browser = cookies.browser_session()
    return show(
        "sign_out.html",
        form_targets=decision.goal.landing_places,
        continuing=decision.continuation,
        client_name=decision.goal.client_name,
        present=browser.person if browser else None,
    )


def _leave(goal: SignedOut) -> Response:
    browser = cookies.browser_session()
    elsewhere = services().upstream.farewell.address(browser) if browser is not None else None
    if browser is not None:
        services().sign_out.by_access_token(browser, visitor())
    redirect_uri, state = goal.target
    if redirect_uri:
        return cookies.take_back(away(with_query(redirect_uri, {"state": state} if state else {})))
    if elsewhere:
        return cookies.take_back(onward(elsewhere))
    return cookies.take_back(show("signed_out.html", client_name=goal.client_name))
