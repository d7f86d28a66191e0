"""
/oauth/<provider> and its callback: leave for a provider, come back signed in.

Whatever happens ends on a page, never in a text that only programs read: at the chat application, or here if the way
began here. Nothing secret stands in an address of ours.
Source: LibreChat, for the addresses where its front end expects people (`/login?redirect=false&error=auth_failed`).
Law: RFC 9700 §4.11 (no open redirector), §4.12 (303, so that no form is sent on).
"""

import re

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from identity_service.flows.outcomes import Arrived, Callback, Leaving, Wish
from identity_service.foundation import logs
from identity_service.foundation.errors import (
    AuthorizationExpired,
    Banned,
    BodyTooLarge,
    IdentityFault,
    TooManyAttempts,
    Unavailable,
    UntrustedRequest,
)
from identity_service.web import cookies, metrics
from identity_service.web.context import services, visitor
from identity_service.web.oidc.decisions import come_back, with_query
from identity_service.web.pages.page import go
from identity_service.web.pages.page_faults import tell

upstream_pages = Blueprint("upstream_pages", __name__)
# Every other failure ends at the chat application, as in LibreChat.
for _fault in (Unavailable, TooManyAttempts, Banned):
    upstream_pages.register_error_handler(_fault, tell)

_FAILED = "/login?redirect=false&error=auth_failed"
_LONGEST = 8192
# A path of the chat application; and none of ours, should both live at one address: each would be a way of its own.
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,1023}", re.ASCII)
_OURS = ("/oauth", "/api/", "/logout")


@upstream_pages.get("/oauth/<provider>")
def depart(provider: str) -> Response:
    """Send the browser to *provider*."""
    wish = _wish()
    try:
        leaving = services().upstream.trips.depart(provider, wish)
    except IdentityFault as fault:
        return _failed(provider, wish, fault)
    return _off(leaving)


@upstream_pages.get("/oauth/<provider>/callback")
def arrive(provider: str) -> Response:
    """Let the browser in, or send it where it can try again."""
    trips, sealed = services().upstream.trips, request.args.get("sealed")
    callback = _callback(request.args) if sealed is None else trips.unsealed(provider, sealed)
    trip = cookies.present_trip(callback.state)
    arrived = trips.arrive(provider, callback, trip, visitor(), cookies.browser_session())
    return cookies.end_trip(_landed(provider, arrived), callback.state)


@upstream_pages.post("/oauth/<provider>/callback")
def arrive_by_post(provider: str) -> Response:
    """Let the browser come again by GET: with a form from another site it does not send our cookies."""
    sealed = services().upstream.trips.by_post(provider, _callback(request.form))
    # A provider of whom no form is expected arrives with nothing, and is told off like any other stranger.
    return go(with_query(f"/oauth/{provider}/callback", {"sealed": sealed or ""}))


@upstream_pages.errorhandler(RequestEntityTooLarge)
def too_large(fault: RequestEntityTooLarge) -> Response:
    """Send whoever brings more than any provider sends to where every failure ends."""
    return _failed("", Wish(), BodyTooLarge(detail=fault.name))


def _wish() -> Wish:
    """Return what the browser that leaves wants; what is no path of the chat application is not wanted."""
    path, continuation = request.args.get("redirect_to", ""), request.args.get("continue", "")
    is_path = _PATH.fullmatch(path) is not None and not path.startswith(_OURS)
    is_again = bool(continuation) and _is_again(continuation)
    return Wish(
        continuation,
        path if is_path else "",
        is_from_here=bool(continuation) or "here" in request.args,
        is_again=is_again,
        # Of whoever is signed in here it is certain that there is an older sign-in to be mistaken for a new one. For
        # everybody else a provider that never says when is believed to have asked.
        says_when=is_again and cookies.browser_session() is not None,
    )


def _is_again(continuation: str) -> bool:
    try:
        waiting = services().provider.authorize.waiting(continuation, cookies.browser_session())
    except (AuthorizationExpired, UntrustedRequest):
        return False
    return waiting.is_again or waiting.insists


def _callback(given: MultiDict[str, str]) -> Callback:
    """Return what came back; what stands twice, or is longer than anybody needs, is as good as nothing."""
    names = ("state", "code", "error", "error_description", "iss", "user")
    single = {name: given.getlist(name) for name in names}
    if any(len(values) > 1 or len("".join(values)) > _LONGEST for values in single.values()):
        return Callback()
    return Callback(**{name: values[0] for name, values in single.items() if values})


def _off(leaving: Leaving) -> Response:
    return cookies.begin_trip(go(leaving.address), leaving.state, leaving.sealed)


def _landed(provider: str, arrived: Arrived) -> Response:
    wish = arrived.wish
    if arrived.fault is not None:
        return _failed(provider, wish, arrived.fault)
    if arrived.signed_in is None:
        return go("/account?notice=connected")
    metrics.count_sign_in("done")
    return cookies.hand_out(_goal(wish, arrived.signed_in.session_id), arrived.signed_in)


def _goal(wish: Wish, session_id: str) -> Response:
    if wish.continuation:
        return come_back(_proven(wish.continuation, session_id) if wish.is_again else wish.continuation)
    if wish.is_from_here:
        return go("/account")
    return go(f"{services().settings.site.domain_client}{wish.return_path}")


def _proven(continuation: str, session_id: str) -> str:
    try:
        return services().provider.authorize.prove(continuation, session_id)
    except (AuthorizationExpired, UntrustedRequest):
        return continuation  # what is wrong with it is told where it is brought back to


def _failed(provider: str, wish: Wish, fault: IdentityFault) -> Response:
    logs.logger().info("upstream.refused", provider=provider[:64], code=fault.code, detail=fault.detail)
    metrics.count_sign_in(fault.code)
    if wish.user_id:
        return go(with_query("/account", {"error": fault.code}))
    if wish.is_from_here:
        carried = {"continue": wish.continuation} if wish.continuation else {}
        return go(with_query("/login", {"redirect": "false", "error": fault.code, **carried}))
    return go(f"{services().settings.site.domain_client}{_FAILED}")
