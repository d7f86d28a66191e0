"""
A small application that lets people sign in elsewhere: pages of its own, and what its server asks behind their backs.

It is known as localhost, the service as 127.0.0.1, so that a browser takes them for two sites.
Law: OpenID Connect Core 1.0 §3.1, RP-Initiated Logout 1.0.
Leaves to others: what it is told to ask for, and what a person does on the way.
"""

import json
import secrets
import ssl
import threading
import urllib.request
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.servers.process import free_port

_COOKIE = "application_session"


class Application:
    """
    Known at `url`; usable as a context manager.

    Attributes:
        client_id: how the service knows it.
        parameters: what it asks for beside the usual, such as `prompt`.
        home: where its people go when they have come back; other sites may be among it.
        has_hint: whether it tells who is to be signed out.
        told: the parameters of the last answer.
    """

    def __init__(self, host: str = "localhost") -> None:
        """Take a port; nobody listens yet."""
        self.port = free_port()
        self.url = f"http://{host}:{self.port}"
        self.server = _Server(("127.0.0.1", self.port), _Doors)
        self.server.application = self
        self.forget()

    def forget(self) -> None:
        """Begin anew: nobody is here, and it asks for what is usual."""
        self.client_id, self.secret, self.home, self.has_hint = "", "", "/", True
        self.parameters: dict[str, str] = {}
        self.told: dict[str, str] = {}
        self.verifiers: dict[str, str] = {}
        self.people: dict[str, Mapping[str, Any]] = {}

    def knows(self, issuer: str, client_id: str, secret: str, trust: ssl.SSLContext | None = None) -> Self:
        """Make it a client at *issuer*."""
        self.issuer, self.client_id, self.secret = issuer, client_id, secret
        handlers = [urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=trust)] if trust else [])]
        self._open = urllib.request.build_opener(*handlers).open
        return self

    @property
    def registration(self) -> dict[str, list[str]]:
        """The addresses that it must be registered with."""
        return {"redirect_uris": [f"{self.url}/callback"], "post_logout_redirect_uris": [f"{self.url}/left"]}

    def request(self) -> dict[str, str]:
        """Return an authorization request."""
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        self.verifiers[state] = verifier
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        return {
            "client_id": self.client_id,
            "redirect_uri": f"{self.url}/callback",
            "response_type": "code",
            "scope": "openid profile email",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **self.parameters,
        }

    def take(self, told: dict[str, str]) -> str:
        """Return the session of whoever has come back with an answer; empty if it was a refusal."""
        self.told = told
        verifier = self.verifiers.pop(told["state"])
        assert told["iss"] == self.issuer
        if "code" not in told:
            return ""
        form = {"grant_type": "authorization_code", "code": told["code"], "code_verifier": verifier}
        basic = b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        tokens = self._ask("/oauth2/token", f"Basic {basic}", form)
        person = self._ask("/oauth2/userinfo", f"Bearer {tokens['access_token']}")
        session = secrets.token_urlsafe(16)
        self.people[session] = {**person, "id_token": tokens["id_token"], "sid": _claims(tokens["id_token"])["sid"]}
        return session

    def leaving(self, session: str) -> str:
        """Return where a person goes to sign out."""
        there = {"post_logout_redirect_uri": f"{self.url}/left", "state": "well"}
        hint = {"id_token_hint": self.people[session]["id_token"]} if self.has_hint else {"client_id": self.client_id}
        return f"{self.issuer}/oauth2/logout?{urlencode({**there, **hint})}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _ask(self, path: str, authorization: str, form: Mapping[str, str] | None = None) -> Any:
        body = urlencode(form).encode() if form else None
        asked = urllib.request.Request(self.issuer + path, body, {"Authorization": authorization})  # noqa: S310 - ours
        with self._open(asked, timeout=30) as answer:
            return json.load(answer)


class _Server(ThreadingHTTPServer):
    application: Application
    block_on_close = False


class _Doors(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        application, parts = self.server.application, urlsplit(self.path)
        told, session = dict(parse_qsl(parts.query)), self._session()
        match parts.path:
            case "/":
                self._show(self._welcome(session))
            case "/start":
                self._go(f"{application.issuer}/oauth2/authorize?{urlencode(application.request())}")
            case "/callback":
                self._come_back(told)
            case "/leave":
                self._go(application.leaving(session))
            case "/left":
                application.people.pop(session, None)
                self._show(f"<p>You have left {escape(told['state'])}.</p>")
            case "/elsewhere":
                self._show("<p>Welcome to another site.</p>")
            case _:
                self._answer(404, {}, "")

    def do_POST(self) -> None:
        self._come_back(dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _welcome(self, session: str) -> str:
        application = self.server.application
        person = application.people.get(session)
        if person:
            return f"<p>Hello {escape(person['name'])}.</p><a href='/leave'>Sign out</a>"
        fields = application.request().items()
        hidden = "".join(f"<input type=hidden name={name} value='{escape(value)}'>" for name, value in fields)
        return (
            "<p>Hello stranger.</p><a href='/start'>Sign in</a>"
            f"<form method=post action='{application.issuer}/oauth2/authorize'>{hidden}<button>Sign in by form</button>"
        )

    def _come_back(self, told: dict[str, str]) -> None:
        application = self.server.application
        session = application.take(told)
        if session:
            self._go(application.home, {"Set-Cookie": f"{_COOKIE}={session}; HttpOnly; SameSite=Lax; Path=/"})
        else:
            self._show(f"<p>No: {escape(told['error'])}.</p>")

    def _session(self) -> str:
        cookies = dict(pair.strip().partition("=")[::2] for pair in self.headers.get("Cookie", "").split(";"))
        return cookies.get(_COOKIE, "")

    def _show(self, html: str) -> None:
        page = f'<!doctype html><html lang="en"><title>The wiki</title><h1>The wiki</h1>{html}</html>'
        self._answer(200, {"Content-Type": "text/html; charset=utf-8"}, page)

    def _go(self, where: str, headers: Mapping[str, str] | None = None) -> None:
        self._answer(302, {"Location": where, **(headers or {})}, "")

    def _answer(self, status: int, headers: Mapping[str, str], text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Cache-Control": "no-store"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims
