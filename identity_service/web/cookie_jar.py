"""
The cookies that a browser has sent, and those that it is given when somebody signs in.

`refreshToken` and `token_provider` have LibreChat's names and attributes and serve its pages. The third is ours: it
says whose browser this is, also to somebody whom another site sends here, which a SameSite=Strict cookie cannot.
The fourth outlives them all: it says that somebody has signed in from this browser before, and opens nothing.
Law: OWASP ASVS 5.0 3.3 (HttpOnly, Secure, SameSite, the __Host- prefix); RFC 6265bis §4.1.2.7.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from werkzeug.http import http_date

from identity_service.flows.outcomes import Active, Recovered, SignedIn
from identity_service.wiring import Services

REFRESH = "refreshToken"
PROVIDER = "token_provider"
LEFT_THERE = ("openid_user_id", "openid_access_token", "openid_id_token")
"""What LibreChat itself gave a browser that signed in there with OpenID, with the attributes of the first two."""

_OURS = "librechat"
_BROWSER = "identity_session"
_DEVICE = "identity_device"
_DEVICE_SECONDS = 180 * 24 * 60 * 60

Headers: TypeAlias = list[tuple[str, str]]


class CookieJar(NamedTuple):
    """What a browser has *sent* to the installation of these services."""

    sent: Mapping[str, str]
    asked: Services

    @property
    def refresh_token(self) -> str:
        """The refresh token, empty if there was none."""
        return self.sent.get(REFRESH, "")

    @property
    def browser(self) -> str:
        """The secret by which the browser is known, empty if there was none."""
        return self.sent.get(browser_cookie_name(secure=self._secure), "")

    @property
    def device(self) -> str:
        """What the browser carries from earlier sign-ins, empty if there were none."""
        return self.sent.get(_device_cookie_name(secure=self._secure), "")

    def session(self) -> Active | None:
        """Return who is signed in in this browser, by either cookie; None if nobody is."""
        if not self.sent:
            return None
        verify = self.asked.verify
        return verify.by_browser(self.browser) or verify.browser_session(self.refresh_token)

    def after_refresh(self, signed_in: SignedIn) -> Headers:
        """Return the headers that give a browser its tokens, until the session's own end."""
        until, secure = f"Expires={http_date(signed_in.expires_at)}", self._secure
        return [
            ("Set-Cookie", _cookie(REFRESH, signed_in.refresh_token, until, "Strict", secure=secure)),
            ("Set-Cookie", _cookie(PROVIDER, _OURS, until, "Strict", secure=secure)),
        ]

    def after_sign_in(self, signed_in: SignedIn) -> Headers:
        """Return the headers that give a browser all that it needs, with a secret of its own and as a known device."""
        until, name = f"Expires={http_date(signed_in.expires_at)}", browser_cookie_name(secure=self._secure)
        own = ("Set-Cookie", _cookie(name, signed_in.browser, until, "Lax", secure=self._secure))
        return [*self.after_refresh(signed_in), own, self.as_known_device(signed_in)]

    def as_known_device(self, proven: SignedIn | Recovered) -> tuple[str, str]:
        """Return the header that lets the browser be known as one of the person who has *proven* to be who they are."""
        carried = self.asked.moderation.devices.after_sign_in(self.device, proven.person)
        name, until = _device_cookie_name(secure=self._secure), f"Max-Age={_DEVICE_SECONDS}"
        return ("Set-Cookie", _cookie(name, carried, until, "Lax", secure=self._secure))

    @property
    def _secure(self) -> bool:
        return self.asked.settings.site.cookie_secure


def browser_cookie_name(*, secure: bool) -> str:
    """Return the name of the cookie by which a browser is known."""
    return f"__Host-{_BROWSER}" if secure else _BROWSER


def _device_cookie_name(*, secure: bool) -> str:
    return f"__Host-{_DEVICE}" if secure else _DEVICE


def _cookie(name: str, value: str, until: str, same_site: str, *, secure: bool) -> str:
    """Return a cookie for all paths; its value is a token or a word of ours, which needs no quotes."""
    return f"{name}={value}; {until}; {'Secure; ' if secure else ''}HttpOnly; Path=/; SameSite={same_site}"
