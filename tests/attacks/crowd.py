"""
Many clients of a running service at the same moment, and a look behind the service afterwards.

Leaves to others: what they ask, and what must be true then.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, NamedTuple

from identity_service.app import create_app, services_of
from identity_service.foundation.settings import load
from identity_service.wiring import Services
from tests.servers.identity import IdentityServer

PASSWORD = "a long phrase that is mine"
UNLIMITED = {
    f"{name}_MAX": "100000" for name in ("LOGIN", "LOGIN_GLOBAL", "REGISTER", "RESET_PASSWORD", "VERIFY_EMAIL")
}
"""Settings for a service that is to meet a crowd behind one address."""

_PATIENCE = 100
_FORM = "application/x-www-form-urlencoded"


class Ask(NamedTuple):
    """One request; a `body` goes out as JSON, a text as a form."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = {}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Read the text as JSON."""
        return json.loads(self.text)

    @property
    def refresh_token(self) -> str:
        """Take the refresh token out of the cookies; empty if none was handed out."""
        return self.headers.get("set-cookie", "").partition("refreshToken=")[2].partition(";")[0]


class Wire:
    """One connection to a service, kept open."""

    def __init__(self, server: IdentityServer) -> None:
        """Connect, and wait."""
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._connection.connect()

    def ask(self, asked: Ask) -> Answer:
        """Send one request and read its answer."""
        is_form = isinstance(asked.body, str)
        body = asked.body if is_form or asked.body is None else json.dumps(asked.body)
        kind = {} if body is None else {"Content-Type": _FORM if is_form else "application/json"}
        self._connection.request(asked.method, asked.path, body, {**kind, **asked.headers})
        came = self._connection.getresponse()
        headers: dict[str, str] = {}
        for name, value in came.getheaders():
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        return Answer(came.status, headers, came.read().decode())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def all_at_once(server: IdentityServer, asks: Sequence[Ask]) -> list[Answer]:
    """
    Send each request on a connection of its own, all released together by a barrier.

    Whoever is told to come back later (503 with Retry-After) does so: that is no answer yet.
    """
    barrier = threading.Barrier(len(asks))

    def one(asked: Ask) -> Answer:
        wire = Wire(server)
        try:
            barrier.wait(30)
            return patiently(wire, asked)
        finally:
            wire.close()

    with ThreadPoolExecutor(len(asks)) as crowd:
        return list(crowd.map(one, asks))


def patiently(wire: Wire, asked: Ask) -> Answer:
    """Ask again for as long as the service asks for patience."""
    later = threading.Event()
    for _ in range(_PATIENCE):
        answer = wire.ask(asked)
        if answer.status != 503:
            return answer
        assert int(answer.headers["retry-after"]) > 0
        later.wait(0.2)
    raise AssertionError(f"{asked.path} was put off {_PATIENCE} times")


def registration(email: str, **others: str) -> Ask:
    """Fill in the sign-up form."""
    form = {"name": "Ada Lovelace", "email": email, "password": PASSWORD, "confirm_password": PASSWORD}
    return Ask("POST", "/api/auth/register", {**form, **others})


def login(email: str, password: str = PASSWORD) -> Ask:
    """Fill in the sign-in form."""
    return Ask("POST", "/api/auth/login", {"email": email, "password": password})


def refresh(token: str) -> Ask:
    """Present a refresh token as a browser does."""
    return Ask("POST", "/api/auth/refresh", headers={"Cookie": f"refreshToken={token}"})


@contextmanager
def behind(server: IdentityServer) -> Iterator[Services]:
    """Open the same database with the same settings as *server*, in this process."""
    lines = (server.folder / ".env").read_text(encoding="utf-8").splitlines()
    settings = load(dict(line.split("=", 1) for line in lines), server.folder)
    services = services_of(create_app(settings))
    try:
        yield services
    finally:
        services.database.release()
