"""
How a test gets somebody to a provider on loopback and back, step by step, so that each step may go wrong.

Leaves to others: what must come of it (suite).
"""

from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import Client, TestResponse

from identity_service.accounts.users import Person
from identity_service.app import services_of
from identity_service.moderation.tables import TrailEntry
from identity_service.sessions.tables import Session
from identity_service.upstream.catalog import found
from identity_service.web.context import EXTENSION
from identity_service.wiring import Services
from identity_service.wiring_capabilities import Ground
from identity_service.wiring_upstream import Beside, upstream
from tests.journeys.person import Page
from tests.servers.social import Social

_REDIRECTS = {302, 303}


@dataclass
class Back:
    """What a browser brings back: where to, how, and what was told."""

    url: str
    told: dict[str, Any]
    method: str = "GET"


@dataclass
class Voyage:
    """Somebody with a browser who goes to the provider called *name*, and comes back."""

    browser: Client = field(repr=False)
    services: Services = field(repr=False)
    social: Social = field(repr=False)
    name: str

    @property
    def chat(self) -> str:
        """Where people land."""
        return self.services.settings.site.domain_client

    @property
    def site(self) -> str:
        """Where we are."""
        return self.services.settings.site.domain_server

    def stranger(self) -> "Voyage":
        """Return somebody else, in a browser of their own."""
        return replace(self, browser=Client(self.browser.application))

    def leave(self, **query: str) -> TestResponse:
        """Press the button."""
        return self.browser.get(f"/oauth/{self.name}", query_string=query)

    def depart_to(self, **query: str) -> str:
        """Press the button; return where it leads."""
        answer = self.leave(**query)
        assert answer.status_code in _REDIRECTS, answer.text
        return str(answer.location)

    def depart(self, **query: str) -> dict[str, str]:
        """Press the button; return what the provider is asked."""
        return dict(parse_qsl(urlsplit(self.depart_to(**query)).query))

    def visit(self, url: str) -> Back:
        """Go to the provider, and return what it sends back with the browser."""
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 0, timeout=10)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status in _REDIRECTS:
            onwards = urlsplit(answer.headers["Location"])
            return Back(onwards.path, dict(parse_qsl(onwards.query)))
        form = Page(url, answer.status, text).forms[0]
        return Back(urlsplit(form.action).path, dict(form.fields), "POST")

    def arrive(self, back: Back) -> TestResponse:
        """Come back; None among what is told is left out."""
        told = {name: value for name, value in back.told.items() if value is not None}
        if back.method == "GET":
            return self.browser.get(back.url, query_string=urlencode(told))
        there = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        answer = self.browser.post(back.url, data=told, headers=there)
        # A form from another site brings no cookie along that is not meant for it; a redirect of ours does.
        is_one_step_more = answer.status_code in _REDIRECTS and urlsplit(answer.location).path == back.url
        return self.browser.get(answer.location) if is_one_step_more else answer

    def go(self) -> TestResponse:
        """Go there and come back, unless the way ends before it has begun."""
        left = self.leave()
        is_on_its_way = left.status_code in _REDIRECTS and str(left.location).startswith(self.social.url)
        return self.arrive(self.visit(str(left.location))) if is_on_its_way else left

    def is_in(self, answer: TestResponse) -> bool:
        """Tell whether *answer* lands in the chat with a session."""
        return answer.status_code in _REDIRECTS and "refreshToken=" in _cookies(answer)

    def is_refused(self, answer: TestResponse) -> bool:
        """Tell whether *answer* leads to the sign-in page, and to no session; anything else is shown."""
        refused = f"{self.chat}/login?redirect=false&error=auth_failed"
        assert answer.status_code in _REDIRECTS, (answer.status_code, answer.text[:500])
        assert answer.location == refused, answer.location
        assert "refreshToken=" not in _cookies(answer)
        return True

    def user(self) -> dict[str, Any]:
        """Return who is signed in here."""
        answer = self.browser.post("/api/auth/refresh")
        found: dict[str, Any] = (answer.json or {})["user"]
        return found

    def person(self, email: str) -> Person | None:
        """Return whose address that is."""
        return self.services.capabilities.users.by_email(email)

    def people(self) -> int:
        """Count the accounts."""
        return self.services.capabilities.users.count()

    def sessions(self) -> int:
        """Count the sessions, ended ones too."""
        found = self.services.database.first(select(func.count()).select_from(Session))
        return int(found[0]) if found else 0

    def last_code(self) -> str:
        """Return why the last one was refused, as the trail has it."""
        entry = self.services.database.first(
            select(TrailEntry.detail).where(TrailEntry.outcome == "refused").order_by(TrailEntry.id.desc()).limit(1)
        )
        return str(entry[0]) if entry else ""


def settle_elsewhere(app: Flask, base: str) -> None:
    """Let every provider whose address is no setting live below *base*."""
    moved: dict[str, dict[str, Any]] = {
        "discord": _oauth(f"{base}/discord", "/oauth2/authorize", "/api/oauth2/token", "/api/users/@me"),
        "facebook": _oauth(f"{base}/facebook", "/v23.0/dialog/oauth", "/v23.0/oauth/access_token", "/v23.0/me"),
        "google": {"issuer": f"{base}/google"},
        "apple": {"issuer": f"{base}/apple"},
    }
    kinds = [type(kind.__name__, (kind,), moved.get(kind.name, {})) for kind in found()]
    services = services_of(app)
    ground = Ground(services.settings, services.database, services.clock, services.chance)
    begin, changed = services.begin_session, services.operators.link.announce.changed
    beside = Beside(begin, services.recovery.recover.first_proof, services.sign_up.allowed_domains, changed)
    rewired = upstream(ground, services.capabilities, beside, kinds)
    app.extensions[EXTENSION] = replace(services, upstream=rewired)


def _oauth(base: str, authorize: str, token: str, user: str) -> dict[str, Any]:
    return {"authorize_url": base + authorize, "token_url": base + token, "profile": {"user": base + user}}


def _cookies(answer: TestResponse) -> str:
    return "; ".join(answer.headers.getlist("Set-Cookie"))
