"""
The doors of the service, as a chat application and its people knock at them.
"""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from bench import applications
from bench.asking import FORM, JSON, Client, Person, exchange, request
from bench.load import Load, Measured
from bench.serving import Site

#: The most connections that any measurement uses; each has a session of its own.
MOST = 64

INTROSPECTION, VERIFY, FORWARD_AUTH = "POST /oauth2/introspect", "POST /v1/verify", "GET /v1/forward-auth"
REFRESH, LOGIN, JWKS = "POST /api/auth/refresh", "POST /api/auth/login", "GET /.well-known/jwks.json"
ROUND_TRIP = "GET /oauth2/authorize, POST /oauth2/token"
CLIENT_CREDENTIALS, USERINFO = "POST /oauth2/token, client_credentials", "GET /oauth2/userinfo"
OF_APPLICATIONS = (ROUND_TRIP, CLIENT_CREDENTIALS, USERINFO)
ALL = (INTROSPECTION, VERIFY, FORWARD_AUTH, REFRESH, LOGIN, JWKS, *OF_APPLICATIONS)

_COOKIE = rb"(?i)set-cookie: refreshToken=([^;]+);"
_BROWSER = rb"(?i)set-cookie: ([^;]*identity_session=[^;]+);"
_TOKEN = rb'"token": *"([^"]+)"'


class Session(NamedTuple):
    """What a browser has after a sign-in: two tokens, and the cookie by which it is known to the provider."""

    access_token: str
    refresh_token: str
    cookie: str


@dataclass(frozen=True)
class Inhabitants:
    """Who lives on a site from the start."""

    person: Person
    client: Client


def settle(site: Site) -> Inhabitants:
    """Make the database of *site*, a person and a client, with the operator's own commands."""
    site.identity("migrate")
    person = Person("ada@example.org", secrets.token_urlsafe(18))
    site.identity("create-user", person.email, "--password", person.password, "--yes", "--json")
    made = json.loads(
        site.identity(
            "create-client", "--name", "bench", "--trusted", "--redirect-uri", applications.CALLBACK, "--json"
        )
    )
    return Inhabitants(person, Client(made["client_id"], made["client_secret"]))


class Doors:
    """Loads for each door of one running server."""

    def __init__(self, port: int, inhabitants: Inhabitants) -> None:
        """Sign the person in, once for each connection that a measurement may use."""
        self._port = port
        self._inhabitants = inhabitants
        sessions = [sign_in(port, inhabitants.person) for _ in range(MOST)]
        self.access_tokens = tuple(each.access_token for each in sessions)
        self._refresh_tokens = tuple(each.refresh_token.encode() for each in sessions)
        cookies, client = tuple(each.cookie for each in sessions), inhabitants.client
        of_application = tuple(applications.access_token(port, client, cookie) for cookie in cookies)
        self._makers: dict[str, Callable[[], Load]] = {
            INTROSPECTION: lambda: introspection(port, client, self.access_tokens),
            VERIFY: self._verify,
            FORWARD_AUTH: self._forward_auth,
            REFRESH: lambda: rotation(port, self._refresh_tokens),
            LOGIN: self._login,
            JWKS: lambda: Load(port, (request("GET", "/.well-known/jwks.json"),), contains=b'"keys"'),
            ROUND_TRIP: lambda: applications.round_trip(port, client, cookies),
            CLIENT_CREDENTIALS: lambda: applications.client_credentials(port, client),
            USERINFO: lambda: applications.userinfo(port, of_application, inhabitants.person.email),
        }

    def load(self, door: str) -> Load:
        """Return the load for *door*; connections and seconds are the caller's to choose."""
        return self._makers[door]()

    def keep(self, door: str, measured: Measured) -> Measured:
        """Remember what *measured* leaves to the next measurement: the refresh tokens that are current now."""
        if door == REFRESH:
            self._refresh_tokens = (*measured.values, *self._refresh_tokens[len(measured.values) :])
        return measured

    def _verify(self) -> Load:
        asked = tuple(
            request(
                "POST",
                "/v1/verify",
                json.dumps({"token": token}),
                Authorization=self._inhabitants.client.authorization,
                **JSON,
            )
            for token in self.access_tokens
        )
        return Load(self._port, asked, contains=b'"active": true')

    def _forward_auth(self) -> Load:
        asked = tuple(request("GET", "/v1/forward-auth", Authorization=f"Bearer {each}") for each in self.access_tokens)
        email = self._inhabitants.person.email.encode()
        return Load(self._port, asked, begins=(b"HTTP/1.1 204 ",), contains=email)

    def _login(self) -> Load:
        asked = _login_request(self._inhabitants.person)
        return Load(self._port, (asked,), contains=b"refreshToken=")


def introspection(port: int, client: Client, tokens: tuple[str, ...]) -> Load:
    """Return a load that asks about each of *tokens* in turn."""
    said = {"Authorization": client.authorization, **FORM}
    asked = tuple(request("POST", "/oauth2/introspect", urlencode({"token": token}), **said) for token in tokens)
    return Load(port, asked, contains=b'"active": true')


def rotation(port: int, refresh_tokens: tuple[bytes, ...]) -> Load:
    """Return a load in which each connection presents what its last answer gave it."""
    template = request("POST", "/api/auth/refresh", "", Cookie="refreshToken=%s")
    return Load(port, (template,), contains=b"refreshToken=", follow=_COOKIE, values=refresh_tokens)


def sign_in(port: int, person: Person) -> Session:
    """Return a new session of *person*."""
    answer = exchange(port, _login_request(person))
    found = [re.search(pattern, answer) for pattern in (_TOKEN, _COOKIE, _BROWSER)]
    if not all(found):
        raise RuntimeError(f"signing in was answered with {answer[:600]!r}")
    return Session(*(each[1].decode() for each in found if each))


def _login_request(person: Person) -> bytes:
    body = json.dumps({"email": person.email, "password": person.password})
    return request("POST", "/api/auth/login", body, **JSON)
