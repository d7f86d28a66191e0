"""
A person with the simplest of browsers: cookies, links, forms and redirects, and what every browser says of a form.

Leaves to others: what the pages mean, and everything that needs a real browser (tests/browser).
"""

import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPSConnection
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

PASSWORD = "a long phrase that is mine"
_MOST_STEPS = 10


def origin_of(url: str) -> str:
    """Return the site of *url*: scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass
class Form:
    """One form of a page: where it leads, and what it brings along by itself."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """Where a person has got to; with the status 0 it is an address of somebody else's, which nobody has opened."""

    url: str
    status: int = 0
    text: str = field(default="", repr=False)

    @property
    def forms(self) -> list[Form]:
        """The forms of the page, in their order."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.found

    @property
    def path(self) -> str:
        """Which page it is."""
        return urlsplit(self.url).path


class Person:
    """Somebody with an account, and a browser that knows one site: the one at *site*."""

    def __init__(self, site: str, email: str, context: ssl.SSLContext | None = None) -> None:
        """Nobody is signed in, and there is no account yet; *context* says whose certificates are trusted."""
        self.site, self.email = site, email
        self.cookies: dict[str, Morsel[str]] = {}
        self._context = context

    def sign_up(self, name: str = "Ada Lovelace") -> "Person":
        """Make the account."""
        page = self.open(f"{self.site}/register")
        told = self.send(page.forms[0], name=name, email=self.email, password=PASSWORD)
        assert "You can sign in now." in told.text, told
        return self

    def open(self, url: str) -> Page:
        """Follow a link on the page of another site, and go wherever it leads."""
        return self._go("GET", url, came_from="cross-site")

    def sign_in(self, page: Page | None = None) -> Page:
        """Fill in the sign-in form, of *page* or of one's own accord."""
        at = page or self.open(f"{self.site}/login")
        return self.send(_leading_to(at, "/login"), email=self.email, password=PASSWORD)

    def decide(self, page: Page, decision: str, **more: str) -> Page:
        """Press a button that is called `decision`."""
        return self.send(page.forms[0], decision=decision, **more)

    def send(self, form: Form, **typed: str) -> Page:
        """Send *form* off with what was *typed* into it."""
        where, body = urljoin(self.site, form.action), urlencode({**form.fields, **typed})
        return self._go("POST", where, body, came_from="same-origin")

    def reach(self, url: str) -> Page:
        """Go from an application to the address *url* and do whatever is asked there until one is back."""
        page = self.open(url)
        if page.path == "/login":
            page = self.sign_in(page)
        if page.path == "/consent":
            page = self.decide(page, "allow", remember="yes")
        return page

    def _go(self, method: str, url: str, body: str = "", *, came_from: str) -> Page:
        for _ in range(_MOST_STEPS):
            page, onwards = self._ask(method, url, body, came_from)
            if page.status not in {302, 303}:
                return page
            url, method, body = urljoin(url, onwards), "GET", ""
            if origin_of(url) != origin_of(self.site):
                return Page(url)
        raise AssertionError(f"{url} leads round and round")

    def _ask(self, method: str, url: str, body: str, came_from: str) -> tuple[Page, str]:
        parts = urlsplit(url)
        headers = {"Sec-Fetch-Site": came_from, "Sec-Fetch-Mode": "navigate", **self._known(came_from)}
        if method == "POST":
            headers |= {"Origin": origin_of(self.site), "Content-Type": "application/x-www-form-urlencoded"}
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        with closing(self._connection(parts.hostname or "", parts.port or 0)) as connection:
            connection.request(method, target, body or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        self._remember(answer.headers.get_all("Set-Cookie", []))
        return Page(url, answer.status, text), answer.headers.get("Location", "")

    def _connection(self, host: str, port: int) -> HTTPConnection:
        if self._context is None:
            return HTTPConnection(host, port, timeout=60)
        return HTTPSConnection(host, port, timeout=60, context=self._context)

    def _known(self, came_from: str) -> Mapping[str, str]:
        # A strict cookie stays at home when another site has led here (RFC 6265bis §5.2).
        sent = [
            f"{name}={cookie.value}"
            for name, cookie in self.cookies.items()
            if came_from == "same-origin" or cookie["samesite"] != "Strict"
        ]
        return {"Cookie": "; ".join(sent)} if sent else {}

    def _remember(self, given: list[str]) -> None:
        for header in given:
            for name, cookie in SimpleCookie(header).items():
                if cookie.value:
                    self.cookies[name] = cookie
                else:
                    self.cookies.pop(name, None)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told: dict[str, Any] = dict(attrs)
        if tag == "form":
            self.found.append(Form(told["action"]))
        if tag == "input" and told.get("type") == "hidden":
            self.found[-1].fields[told["name"]] = told["value"]


def _leading_to(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action == action)
