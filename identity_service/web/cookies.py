"""
The cookies of the request that Flask handles, and those of its answer.

Leaves to others: what a session's own cookies are (cookie_jar).
"""

from flask import Response, request

from identity_service.flows.outcomes import Active, Recovered, SignedIn
from identity_service.foundation.opaque import fingerprint
from identity_service.web.context import services
from identity_service.web.cookie_jar import LEFT_THERE, PROVIDER, REFRESH, CookieJar, browser_cookie_name

_TRIP = "identity_trip_"
_TRIP_SECONDS = 600
_TRIPS_AT_ONCE = 3
# Characters of all of them together: with 8 KB of cookies a browser is refused by every server, and any site can send
# it on long trips.
_ROOM_FOR_TRIPS = 4096


def present_refresh_token() -> str:
    """Return the refresh token that the browser sent, empty if it sent none."""
    return _jar().refresh_token


def present_browser() -> str:
    """Return the secret by which the browser is known, empty if it sent none."""
    return _jar().browser


def present_device() -> str:
    """Return what the browser carries from earlier sign-ins, empty if there were none."""
    return _jar().device


def browser_session() -> Active | None:
    """Return who is signed in in this browser, by either cookie; None if nobody is."""
    return _jar().session()


def hand_out(response: Response, signed_in: SignedIn) -> Response:
    """Give the browser what it needs until the session's own end; more of it when the session is new."""
    jar = _jar()
    response.headers.extend(jar.after_sign_in(signed_in) if signed_in.browser else jar.after_refresh(signed_in))
    return response


def know_device(response: Response, proven: SignedIn | Recovered) -> Response:
    """Let the browser be known from now on as one of the person who has *proven* to be who they are."""
    response.headers.add(*_jar().as_known_device(proven))
    return response


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
    """
    Let the browser forget its session and what it has cached; that it is a known device it keeps.

    Of Clear-Site-Data only "cache". LibreChat's pages may have our origin: "storage" would take language and theme,
    which they keep when they clear away what belongs to conversations. "cookies" would take the known device, and
    whatever other services of the domain have set.
    Law: OWASP ASVS 5.0 7.4.1, 14.3.1.
    """
    secure = _secure()
    response.headers["Clear-Site-Data"] = '"cache"'
    for name in (REFRESH, PROVIDER, *LEFT_THERE):
        response.delete_cookie(name, path="/", httponly=True, samesite="Strict", secure=secure)
    response.delete_cookie(browser_cookie_name(secure=secure), path="/", httponly=True, samesite="Lax", secure=secure)
    return response


def _jar() -> CookieJar:
    return CookieJar(request.cookies, services())


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
