"""
The doors of the service, as a chat application and its people knock at them.
"""

import base64
import http.client
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.load import Load, Measured
from bench.serving import Site

#: The most connections that any measurement uses; each has a session of its own.
MOST = 64

INTROSPECTION, VERIFY, FORWARD_AUTH = "POST /oauth2/introspect", "POST /v1/verify", "GET /v1/forward-auth"
REFRESH, LOGIN, JWKS = "POST /api/auth/refresh", "POST /api/auth/login", "GET /.well-known/jwks.json"
ALL = (INTROSPECTION, VERIFY, FORWARD_AUTH, REFRESH, LOGIN, JWKS)

_COOKIE = rb"(?i)set-cookie: refreshToken=([^;]+);"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    email: str
    password: str


@dataclass(frozen=True)
class Client:
    """A back end that may ask about tokens."""

    client_id: str
    secret: str

    @property
    def authorization(self) -> str:
        """Return the value of its Authorization header (RFC 6749 §2.3.1)."""
        return "Basic " + base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()


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
    made = json.loads(site.identity("create-client", "--name", "bench", "--json"))
    return Inhabitants(person, Client(made["client_id"], made["client_secret"]))


class Doors:
    """Loads for each door of one running server."""

    def __init__(self, port: int, inhabitants: Inhabitants) -> None:
        """Sign the person in, once for each connection that a measurement may use."""
        self._port = port
        self._inhabitants = inhabitants
        signed_in = [sign_in(port, inhabitants.person) for _ in range(MOST)]
        self.access_tokens = tuple(access for access, _ in signed_in)
        self._refresh_tokens = tuple(refresh.encode() for _, refresh in signed_in)
        self._makers: dict[str, Callable[[], Load]] = {
            INTROSPECTION: lambda: introspection(port, inhabitants.client, self.access_tokens),
            VERIFY: self._verify,
            FORWARD_AUTH: self._forward_auth,
            REFRESH: lambda: rotation(port, self._refresh_tokens),
            LOGIN: self._login,
            JWKS: lambda: Load(port, (request("GET", "/.well-known/jwks.json"),), contains=b'"keys"'),
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
                **{"Authorization": self._inhabitants.client.authorization, "Content-Type": "application/json"},
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
    kind = {"Authorization": client.authorization, "Content-Type": "application/x-www-form-urlencoded"}
    asked = tuple(request("POST", "/oauth2/introspect", urlencode({"token": token}), **kind) for token in tokens)
    return Load(port, asked, contains=b'"active": true')


def rotation(port: int, refresh_tokens: tuple[bytes, ...]) -> Load:
    """Return a load in which each connection presents what its last answer gave it."""
    template = request("POST", "/api/auth/refresh", "", Cookie="refreshToken=%s")
    return Load(port, (template,), contains=b"refreshToken=", follow=_COOKIE, values=refresh_tokens)


def request(method: str, path: str, body: str | None = None, **headers: str) -> bytes:
    """Write a whole request."""
    lines = {"Host": "127.0.0.1", **headers}
    if body is not None:
        lines["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n{body or ''}".encode()


def sign_in(port: int, person: Person) -> tuple[str, str]:
    """Return a new session's access token and refresh token."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"email": person.email, "password": person.password})
    connection.request("POST", "/api/auth/login", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"signing in was answered with {answer.status}: {said[:300]!r}")
    cookie = next(line for line in answer.headers.get_all("Set-Cookie", []) if line.startswith("refreshToken="))
    return json.loads(said)["token"], cookie.removeprefix("refreshToken=").partition(";")[0]


def _login_request(person: Person) -> bytes:
    body = json.dumps({"email": person.email, "password": person.password})
    return request("POST", "/api/auth/login", body, **{"Content-Type": "application/json"})
