"""
A browser, as far as the protocol needs one: it keeps cookies and their SameSite, follows redirects, fills in forms.

Law: RFC 6265bis §5.8.3 (which cookies go along), Fetch Metadata. Leaves to others: who sits before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

from werkzeug.test import Client, TestResponse

from identity_service.web.entrance import Application

HOME = "https://id.example.org"
"""Where this provider lives."""

_ALL = frozenset({"Strict", "Lax"})
_FROM_ELSEWHERE = {"GET": frozenset({"Lax"}), "POST": frozenset[str]()}
_MOST_STEPS = 10


@dataclass
class Form:
    """A form of a page: where it goes, what stands in it, and the words on its buttons' backs."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told["action"], told.get("method", "get").upper()))
        elif tag == "input" and (told.get("type") != "checkbox" or "checked" in told):
            self.forms[-1].fields[told["name"]] = told.get("value", "")
        elif tag == "button" and "name" in told:
            self.forms[-1].buttons.append((told["name"], told["value"]))


def forms_of(page: TestResponse) -> list[Form]:
    """Return the forms of *page*; none if it is no page."""
    return _Reader(page.text).forms if page.mimetype == "text/html" else []


class UserAgent:
    """A browser of somebody's; `seen` is what it was answered, `jar` holds each cookie with its SameSite."""

    def __init__(self, application: Application) -> None:
        """Open a browser without cookies in front of *application*."""
        self.seen: list[TestResponse] = []
        self._client = Client(application, use_cookies=False)
        self.jar: dict[str, tuple[str, str]] = {}

    def open(self, address: str) -> TestResponse:
        """Type an address."""
        return self._walk("GET", address, None, "none")

    def come(self, address: str, form: Mapping[str, str] | None = None) -> TestResponse:
        """Follow a link on another site or, with *form*, send a form from there."""
        return self._walk("GET" if form is None else "POST", address, form, "cross-site")

    def submit(self, page: TestResponse, action: str, **typed: str | None) -> TestResponse:
        """Fill in the form of *page* that goes to *action* and send it; None empties a field or leaves a box alone."""
        (form,) = (each for each in forms_of(page) if each.action == action and _offers(each, typed))
        fields = {name: value for name, value in {**form.fields, **typed}.items() if value is not None}
        return self._walk(form.method, action, fields, "same-origin")

    def cookies(self) -> dict[str, str]:
        """Return the cookies that it keeps, and the SameSite of each."""
        return {name: same_site for name, (_, same_site) in self.jar.items()}

    def _walk(self, method: str, address: str, form: Mapping[str, str] | None, site: str) -> TestResponse:
        for _ in range(_MOST_STEPS):
            answer = self._ask(method, address, form, site)
            target = urljoin(address, answer.location) if answer.location else ""
            if urlsplit(urljoin(HOME, target)).netloc != urlsplit(HOME).netloc or not target:
                return answer
            method, address, form = "GET", target, None
        raise AssertionError("The browser is sent round in circles.")

    def _ask(self, method: str, address: str, form: Mapping[str, str] | None, site: str) -> TestResponse:
        sendable = _FROM_ELSEWHERE[method] if site == "cross-site" else _ALL
        sent = [f"{name}={value}" for name, (value, same_site) in self.jar.items() if same_site in sendable]
        headers = {"Sec-Fetch-Site": site, **({"Cookie": "; ".join(sent)} if sent else {})}
        if method == "POST":
            headers["Origin"] = HOME if site == "same-origin" else "https://app.example.org"
        place = urlsplit(address)._replace(scheme="", netloc="", fragment="").geturl()
        answer = self._client.open(place, base_url=HOME, method=method, data=form, headers=headers)
        self.seen.append(answer)
        self._keep(answer)
        return answer

    def _keep(self, answer: TestResponse) -> None:
        for line in answer.headers.getlist("Set-Cookie"):
            for name, cookie in SimpleCookie(line).items():
                if cookie["max-age"] == "0" or not cookie.value:
                    self.jar.pop(name, None)
                else:
                    self.jar[name] = (cookie.value, cookie["samesite"])


def _offers(form: Form, typed: Mapping[str, str | None]) -> bool:
    names = {*form.fields, *(name for name, _ in form.buttons)}
    pressed = [(name, typed[name]) for name, _ in form.buttons if name in typed]
    return all(name in names for name in typed) and all(press in form.buttons for press in pressed)
