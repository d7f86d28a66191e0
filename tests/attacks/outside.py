"""
An application outside and a browser that it sends to us, by plain HTTP; and a crowd that keeps its connections.

Leaves to others: what is asked, and what must be true then.
"""

import re
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.attacks.crowd import Answer, Ask, Wire
from tests.servers.identity import IdentityServer

CALLBACK = "https://app.example.org/callback"

# RFC 7636 appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

_CONTINUE = re.compile(r'name="continue" value="([^"]+)"')


class Crowd:
    """So many kept connections to one server; each asks one thing of a round, and all of a round at once."""

    def __init__(self, server: IdentityServer, size: int) -> None:
        """Connect; the server chooses which worker has which connection."""
        self._together = threading.Barrier(size)
        self._stack = ExitStack()
        self._wires = [self._stack.enter_context(closing(Wire(server))) for _ in range(size)]
        self._threads = self._stack.enter_context(ThreadPoolExecutor(size))

    def ask(self, asks: Sequence[Ask]) -> list[Answer]:
        """Send as many requests as there are connections, released together by a barrier."""
        return list(self._threads.map(self._one, self._wires, asks, timeout=60))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._stack.close()

    def _one(self, wire: Wire, asked: Ask) -> Answer:
        self._together.wait(30)
        return wire.ask(asked)


@dataclass(frozen=True)
class Browser:
    """Somebody's browser: its cookies, and its one connection to us."""

    server: IdentityServer
    wire: Wire
    cookies: str

    @classmethod
    def signed_in(cls, server: IdentityServer, wire: Wire, login: Ask) -> Self:
        """Sign in and keep the cookies."""
        answer = wire.ask(login)
        assert answer.status == 200, answer.text
        given = re.findall(
            r"(?:^|, )((?:identity_session|refreshToken|token_provider)=[^;]+)", answer.headers["set-cookie"]
        )
        return cls(server, wire, "; ".join(given))

    def go(self, path: str) -> Answer:
        """Follow a link."""
        return self.wire.ask(self.asking(path))

    def send(self, path: str, **fields: str) -> Answer:
        """Send a form of one of our own pages."""
        return self.wire.ask(self.sending(path, **fields))

    def asking(self, path: str) -> Ask:
        """Return what following a link asks."""
        return Ask("GET", path, headers={"Cookie": self.cookies})

    def sending(self, path: str, **fields: str) -> Ask:
        """Return what a form of one of our own pages asks."""
        return Ask("POST", path, urlencode(fields), {"Cookie": self.cookies, "Origin": self.server.url})


@dataclass(frozen=True)
class Application:
    """A client with a secret."""

    client_id: str
    secret: str | None

    def code(self, browser: Browser, scope: str = "openid") -> str:
        """Send *browser* to us for a code; whoever is asked allows it, and does not want to be asked again."""
        came = browser.go(f"/oauth2/authorize?{urlencode(self.request(scope))}")
        if came.headers["location"].startswith("/consent"):
            page = browser.go(came.headers["location"])
            (sealed, *_) = _CONTINUE.findall(page.text)
            allowed = {"continue": sealed, "decision": "allow", "remember": "yes"}
            came = browser.go(browser.send("/consent", **allowed).headers["location"])
        assert came.headers["location"].startswith(CALLBACK), came
        return parse_qs(urlsplit(came.headers["location"]).query)["code"][0]

    def codes(self, browser: Browser, count: int) -> Iterator[str]:
        """Send *browser* to us for one code after the other."""
        return (self.code(browser) for _ in range(count))

    def request(self, scope: str = "openid") -> dict[str, str]:
        """Return the parameters of an authorization request."""
        return {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": scope,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }

    def redeeming(self, code: str) -> Ask:
        """Return what redeeming *code* asks."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self._posting("/oauth2/token", form)

    def refreshing(self, refresh_token: str) -> Ask:
        """Return what presenting *refresh_token* asks."""
        return self._posting("/oauth2/token", {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def introspecting(self, token: str) -> Ask:
        """Return what asking about *token* asks."""
        return self._posting("/oauth2/introspect", {"token": token})

    def is_dead(self, wire: Wire, granted: dict[str, Any]) -> bool:
        """Say whether nothing of what was granted is good any more, at any of the doors."""
        told = wire.ask(self.introspecting(granted["access_token"])).json
        seen = wire.ask(Ask("GET", "/oauth2/userinfo", headers={"Authorization": f"Bearer {granted['access_token']}"}))
        again = wire.ask(self.refreshing(granted["refresh_token"]))
        return (told, seen.status, again.status) == ({"active": False}, 401, 400)

    def _posting(self, path: str, form: dict[str, str]) -> Ask:
        spelled = b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return Ask("POST", path, urlencode(form), {"Authorization": f"Basic {spelled}"})
