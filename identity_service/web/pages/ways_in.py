"""
The buttons of the sign-in page, and what it says when a way in by way of others has failed.

A button is shown if and only if the route behind it works: both come from one catalogue.
"""

from typing import NamedTuple

from identity_service.flows.outcomes import Button, ShowSignIn
from identity_service.foundation import errors
from identity_service.web.context import services
from identity_service.web.oidc.decisions import with_query

_TOLD: tuple[type[errors.Refused], ...] = (
    errors.StrangeArrival,
    errors.UpstreamOff,
    errors.UpstreamDenied,
    errors.UpstreamSilent,
    errors.UpstreamUntrusted,
    errors.UpstreamRoleMissing,
    errors.UpstreamAddressMissing,
    errors.AccountExists,
    errors.AccountClosing,
    errors.AddressNotAllowed,
    errors.RegistrationClosed,
    errors.LinkingOff,
    errors.FreshSignInRequired,
    errors.LinkTaken,
    errors.LinkUnknown,
    errors.LastWayIn,
)
_SENTENCES = {fault.code: fault.message for fault in _TOLD}


class WayIn(NamedTuple):
    """A button: what it says, its picture, where it leads."""

    label: str
    image: str | None
    address: str


def ways_in(waiting: ShowSignIn | None) -> list[WayIn]:
    """Return the buttons for whoever is there, on behalf of the application that is *waiting* if one is."""
    return [WayIn(each.label, each.image, _address(each, waiting)) for each in _buttons(waiting)]


def at_once_by(waiting: ShowSignIn | None) -> str | None:
    """Return where the sign-in page goes without a press, if the operator wants that."""
    chosen = next((each for each in _buttons(waiting) if each.goes_at_once), None)
    return _address(chosen, waiting) if chosen else None


def sign_in_again() -> str:
    """Return the address of the sign-in page for whoever has just left, and must not be sent on at once."""
    return "/login?redirect=false" if at_once_by(None) else "/login"


def sign_in_first() -> str:
    """Return the address of the sign-in page for whoever sent a form and is not signed in any more; it says so."""
    return "/login?notice=away"


def told_by(code: str) -> str | None:
    """Return the sentence of the fault with this *code*; None for what is no fault of a sign-in elsewhere."""
    if code == "auth_failed":
        return "Signing in failed. Please try again, or sign in another way."
    return _SENTENCES.get(code)


def _buttons(waiting: ShowSignIn | None) -> list[Button]:
    return services().upstream.trips.buttons(waiting.continuation if waiting else "")


def _address(button: Button, waiting: ShowSignIn | None) -> str:
    carried = {"continue": waiting.continuation} if waiting else {"here": "1"}
    return with_query(f"/oauth/{button.name}", carried)
