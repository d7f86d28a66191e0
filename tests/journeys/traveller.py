"""
Somebody with the simplest of browsers who goes from site to site: cookies of each, links, forms and redirects.

A site is an origin here, port included; a place where nobody listens is where the way ends.
Law: RFC 6265bis §5.8.3 (which cookies go along), Fetch Metadata.
Leaves to others: what the pages mean (tests/journeys/person.py reads them).
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.cookies import Morsel, SimpleCookie
from time import monotonic
from urllib.parse import urlencode, urljoin, urlsplit

from tests.journeys.person import Form, Page, origin_of

_MOST_STEPS = 20
_PATIENCE = 60


@dataclass(frozen=True)
class _Step:
    method: str
    url: str
    body: str
    site: str


@dataclass
class Traveller:
    """
    A browser without history.

    Attributes:
        cookies: of each origin, by name.
        way: every address that was opened, in this order.
        last: the headers of the last answer.
        halt: an address with this in it is not opened: there the way ends for now.
        doors: of a site that several servers serve, by origin: the port of whoever answers next.
        slowest: how long, in seconds, the slowest answer took.
    """

    cookies: dict[str, dict[str, Morsel[str]]] = field(default_factory=dict)
    way: list[str] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    halt: str = ""
    doors: Mapping[str, Iterator[int]] = field(default_factory=dict)
    slowest: float = 0

    def open(self, url: str, came_from: str = "") -> Page:
        """Go to *url* and on to wherever it leads; *came_from* is the page with the link, none if it was typed."""
        return self._go("GET", url, "", came_from)

    def send(self, page: Page, form: Form | None = None, **typed: str) -> Page:
        """Send *form* of *page*, the first one if none is named, with what was *typed* into it."""
        chosen = form or page.forms[0]
        body = urlencode({**chosen.fields, **typed})
        return self._go("POST", urljoin(page.url, chosen.action), body, page.url)

    def knows(self, url: str, name: str) -> bool:
        """Tell whether the site of *url* has left a cookie whose name ends in *name*."""
        return any(known.endswith(name) for known in self.cookies.get(origin_of(url), {}))

    def _go(self, method: str, url: str, body: str, came_from: str) -> Page:
        first, passed = origin_of(came_from), set[str]()
        for _ in range(_MOST_STEPS):
            if self.halt and self.halt in url:
                return Page(url)
            self.way.append(url)
            passed.add(origin_of(url))
            # What a redirect has led through once stays foreign, even if it is back home now.
            site = "none" if not came_from else "same-origin" if passed == {first} else "cross-site"
            try:
                page, onwards = self._ask(_Step(method, url, body, site), first)
            except ConnectionRefusedError:
                return Page(url)
            if page.status not in {301, 302, 303, 307}:
                return page
            url, method, body = urljoin(url, onwards), "GET", ""
        raise AssertionError(f"{url} leads round and round")

    def _ask(self, step: _Step, first: str) -> tuple[Page, str]:
        parts = urlsplit(step.url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        door = self.doors.get(origin_of(step.url))
        port = next(door) if door else parts.port or 80
        begun = monotonic()
        with closing(HTTPConnection(parts.hostname or "", port, timeout=_PATIENCE)) as connection:
            connection.request(step.method, target, step.body or None, self._headers(step, first))
            answer = connection.getresponse()
            text = answer.read().decode()
        self.slowest = max(self.slowest, monotonic() - begun)
        self._remember(origin_of(step.url), answer)
        return Page(step.url, answer.status, text), answer.headers.get("Location", "")

    def _headers(self, step: _Step, first: str) -> dict[str, str]:
        sent = [
            f"{name}={cookie.value}"
            for name, cookie in self.cookies.get(origin_of(step.url), {}).items()
            if step.site != "cross-site" or _goes_along(cookie, step.method)
        ]
        headers = {"Host": urlsplit(step.url).netloc, "Accept": "text/html,*/*;q=0.8"}
        headers |= {"Sec-Fetch-Site": step.site, "Sec-Fetch-Mode": "navigate"}
        headers |= {"Cookie": "; ".join(sent)} if sent else {}
        if step.method == "POST":
            headers |= {"Origin": first, "Content-Type": "application/x-www-form-urlencoded"}
        return headers

    def _remember(self, origin: str, answer: HTTPResponse) -> None:
        self.last = {name.lower(): value for name, value in answer.getheaders()}
        known = self.cookies.setdefault(origin, {})
        for header in answer.headers.get_all("Set-Cookie", []):
            for name, cookie in SimpleCookie(header).items():
                if cookie.value and cookie["max-age"] != "0":
                    known[name] = cookie
                else:
                    known.pop(name, None)


def _goes_along(cookie: Morsel[str], method: str) -> bool:
    kind = cookie["samesite"]
    return kind == "None" or (method == "GET" and kind != "Strict")
