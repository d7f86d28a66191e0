"""
A decision about an authorization request, carried out: on to a page of ours, or back to the application.

Law: RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode §2, RFC 9700 §4.12 (303, so that no form is sent on).
"""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from flask import Response

from identity_service.flows.outcomes import Decision, Reply, ShowConsent, ShowSignIn
from identity_service.web.pages.page import go, show

AUTHORIZE = "/oauth2/authorize"


def carry_out(decision: Decision) -> Response:
    """Return the answer that *decision* is."""
    match decision:
        case ShowSignIn(continuation=sealed):
            return go(with_query("/login", {"continue": sealed}))
        case ShowConsent(continuation=sealed):
            return go(with_query("/consent", {"continue": sealed}))
        case Reply(goes_at_once=False):
            return _explained(decision)
        case Reply(response_mode="form_post"):
            return _form_post(decision)
    return away(with_query(decision.redirect_uri, decision.parameters))


def come_back(sealed: str) -> Response:
    """Send the browser to the authorization endpoint again, with the request that it carries."""
    return go(with_query(AUTHORIZE, {"continue": sealed}))


def away(address: str) -> Response:
    """Send the browser to an application, without telling it which of our pages it comes from."""
    response = go(address)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def with_query(address: str, parameters: Mapping[str, str]) -> str:
    """
    Return *address*, letter for letter, with *parameters* behind the query that it has (RFC 6749 §3.1.2).

    Nothing takes it apart on the way: `com.example.app:///callback` would lose its slashes by that.
    """
    if not parameters:
        return address
    sign = "&" if "?" in address else "?"
    return f"{address}{'' if sign == '&' and address.endswith(('?', '&')) else sign}{urlencode(parameters)}"


def _explained(reply: Reply) -> Response:
    told, is_posted = reply.parameters, reply.response_mode == "form_post"
    return show(
        "error.html",
        HTTPStatus.BAD_REQUEST,
        form_targets=reply.landing_places if is_posted else (),
        problem=told["error_description"],
        code=told["error"],
        back=reply.redirect_uri if is_posted else with_query(reply.redirect_uri, told),
        posted=told if is_posted else {},
        # Its name it has chosen itself.
        place=urlsplit(reply.redirect_uri).netloc or reply.redirect_uri,
    )


def _form_post(reply: Reply) -> Response:
    return show(
        "form_post.html",
        form_targets=reply.landing_places,
        script=True,
        redirect_uri=reply.redirect_uri,
        parameters=reply.parameters,
        client_name=reply.client_name,
    )
