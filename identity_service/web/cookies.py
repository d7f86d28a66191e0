"""
The cookies of a browser session.

`refreshToken` and `token_provider` have LibreChat's names and attributes and serve its pages. The third is ours: it
says whose browser this is, also to somebody whom another site sends here, which a SameSite=Strict cookie cannot.
The fourth outlives them all: it says that somebody has signed in from this browser before, and opens nothing.
Law: OWASP ASVS 5.0 3.3 (HttpOnly, Secure, SameSite, the __Host- prefix); RFC 6265bis §4.1.2.7.
"""

from flask import Response, request
from werkzeug.http import http_date

from identity_service.flows.outcomes import Active, Recovered, SignedIn
from identity_service.foundation.opaque import fingerprint
from identity_service.web.context import services

REFRESH = "refreshToken"
PROVIDER = "token_provider"
_OURS = "librechat"
_BROWSER = "identity_session"
_TRIP = "identity_trip_"
_TRIP_SECONDS = 600
_TRIPS_AT_ONCE = 3
_DEVICE = "identity_device"
_DEVICE_SECONDS = 180 * 24 * 60 * 60
# Characters of all of them together: with 8 KB of cookies a browser is refused by every server, and any site can send
# it on long trips.
_ROOM_FOR_TRIPS = 4096


def browser_cookie_name(*, secure: bool) -> str:
    """Return the name of the cookie by which a browser is known."""
    return f"__Host-{_BROWSER}" if secure else _BROWSER


def present_refresh_token() -> str:
    """Return the refresh token that the browser sent, empty if it sent none."""
    return request.cookies.get(REFRESH, "")


def present_browser() -> str:
    """Return the secret by which the browser is known, empty if it sent none."""
    return request.cookies.get(browser_cookie_name(secure=_secure()), "")


def present_device() -> str:
    """Return what the browser carries from earlier sign-ins, empty if there were none."""
    return request.cookies.get(_device_cookie_name(secure=_secure()), "")


def browser_session() -> Active | None:
    """Return who is signed in in this browser, by either cookie; None if nobody is."""
    verify = services().verify
    return verify.by_browser(present_browser()) or verify.browser_session(present_refresh_token())


def hand_out(response: Response, signed_in: SignedIn) -> Response:
    """Give the browser what it needs until the session's own end."""
    response.headers.extend(handing_out(signed_in, secure=_secure()))
    return know_device(response, signed_in) if signed_in.browser else response


def know_device(response: Response, proven: SignedIn | Recovered) -> Response:
    """Let the browser be known from now on as one of the person who has *proven* to be who they are."""
    carried, secure = services().moderation.devices.after_sign_in(present_device(), proven.person), _secure()
    name, until = _device_cookie_name(secure=secure), f"Max-Age={_DEVICE_SECONDS}"
    response.headers.add("Set-Cookie", _cookie(name, carried, until, "Lax", secure=secure))
    return response


def handing_out(signed_in: SignedIn, *, secure: bool) -> list[tuple[str, str]]:
    """Return the headers that give a browser its cookies; the browser's own secret only when it is a new one."""
    until = f"Expires={http_date(signed_in.expires_at)}"
    given = [
        ("Set-Cookie", _cookie(REFRESH, signed_in.refresh_token, until, "Strict", secure=secure)),
        ("Set-Cookie", _cookie(PROVIDER, _OURS, until, "Strict", secure=secure)),
    ]
    if signed_in.browser:
        name = browser_cookie_name(secure=secure)
        given.append(("Set-Cookie", _cookie(name, signed_in.browser, until, "Lax", secure=secure)))
    return given


def begin_trip(response: Response, state: str, sealed: str) -> Response:
    """Let the browser keep the *sealed* trip with this *state* until it is back; the oldest make room for it."""
    for name in _crowded_out(sealed):
        _drop(response, name)
    response.set_cookie(
        _trip_name(state),
        sealed,
        max_age=_TRIP_SECONDS,
        path="/",
        httponly=True,
        # Lax: the browser comes back from another site, by GET.
        samesite="Lax",
        secure=_secure(),
    )
    return response


def present_trip(state: str) -> str:
    """Return the sealed trip that the browser keeps for this *state*, empty if it keeps none."""
    return request.cookies.get(_trip_name(state), "")


def end_trip(response: Response, state: str) -> Response:
    """Let the browser forget the trip with this *state*."""
    if _trip_name(state) in request.cookies:
        _drop(response, _trip_name(state))
    return response


def take_back(response: Response) -> Response:
    """Let the browser forget its session; that it is a known device it keeps."""
    secure = _secure()
    for name in (REFRESH, PROVIDER):
        response.delete_cookie(name, path="/", httponly=True, samesite="Strict", secure=secure)
    response.delete_cookie(browser_cookie_name(secure=secure), path="/", httponly=True, samesite="Lax", secure=secure)
    return response


def _device_cookie_name(*, secure: bool) -> str:
    return f"__Host-{_DEVICE}" if secure else _DEVICE


def _cookie(name: str, value: str, until: str, same_site: str, *, secure: bool) -> str:
    """Return a cookie for all paths; its value is a token or a word of ours, which needs no quotes."""
    return f"{name}={value}; {until}; {'Secure; ' if secure else ''}HttpOnly; Path=/; SameSite={same_site}"


def _crowded_out(sealed: str) -> list[str]:
    """Return the trips for which there is no room beside a new one: the oldest, which a browser names first."""
    prefix = _named(_TRIP)
    under_way = [(name, value) for name, value in request.cookies.items() if name.startswith(prefix)]
    room, crowded = _ROOM_FOR_TRIPS - len(sealed), list[str]()
    for place, (name, value) in enumerate(reversed(under_way), 2):
        room -= len(value)
        if room < 0 or place > _TRIPS_AT_ONCE:
            crowded.append(name)
    return crowded


def _trip_name(state: str) -> str:
    return _named(f"{_TRIP}{fingerprint(state)[:12]}")


def _named(name: str) -> str:
    return f"__Host-{name}" if _secure() else name


def _drop(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=_secure())


def _secure() -> bool:
    return services().settings.site.cookie_secure
