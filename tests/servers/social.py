"""
The places where people have accounts anyway, on loopback: what GitHub, Discord, Facebook, Google and Apple document.

Each lives below its name, and a door is known by the end of its path, so that versions in a path do not matter.
Below any other name lives an OpenID provider.
Whoever is sent to one of them is signed in there already, and comes back at once unless there is `asks`.
Law: GitHub "Authorizing OAuth apps", "REST API endpoints for users" and "… for emails"; Discord "OAuth2" and "Users
Resource"; Facebook Login "Manually Build a Login Flow", Graph API "Securing Requests"; Google "OpenID Connect"; Apple
"Sign in with Apple REST API".
Leaves to others: what is known of people (the samples of each provider), and what our side makes of it.
"""

import hmac
import json
import re
import secrets
import threading
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from tests.fakes.client_keys import ClientKey
from tests.servers.process import free_port
from tests.servers.rude import MANNERS, say

CLIENT_ID, CLIENT_SECRET = "the-chat", "what only the chat and its provider know"
TEAM_ID, KEY_ID = "TEAM123456", "KEY1234567"

_DOORS = {
    **dict.fromkeys(("/authorize", "/dialog/oauth"), "authorize"),
    **dict.fromkeys(("/access_token", "/token"), "token"),
    **dict.fromkeys(("/user", "/users/@me", "/me", "/userinfo"), "user"),
    "/user/emails": "emails",
    "/keys": "keys",
    "/.well-known/openid-configuration": "discovery",
}
_UNSIGNED = {"github", "discord", "facebook"}


@dataclass
class Account:
    """
    What a provider knows of somebody.

    Attributes:
        user: what it says of them: the answer about the user, or the claims of the ID token.
        emails: GitHub's list of addresses.
        posted: what Apple's page posts beside the code, the first time only.
    """

    user: dict[str, Any]
    emails: list[dict[str, Any]] = field(default_factory=list)
    posted: dict[str, Any] = field(default_factory=dict)


class Social:
    """
    All of them; usable as a context manager.

    Attributes:
        account: who is signed in there.
        refuses: whether that person says no.
        asks: whether there is a page with a button first.
        wants_form: whether we are registered to prove who we are in the form, whatever else they can do.
        rude: how a door of any of them misbehaves: `{"token": "hang"}`, or `{"okta/token": "hang"}` for one
            alone; see rude.MANNERS.
        claims: what an ID token says instead; None takes a claim away.
        sent: the authorization requests, the last one at the end.
    """

    def __init__(self, host: str = "127.0.0.1", now: Callable[[], float] = time) -> None:
        """Take a port; nobody listens yet. *now* is the clock of the ID tokens, in seconds since 1970."""
        self.port, self.now = free_port(), now
        self.url = f"http://{host}:{self.port}"
        self.key = ClientKey("RS256", "a key of theirs")
        self.apple_key = ec.generate_private_key(ec.SECP256R1())
        self.server = _Server(("127.0.0.1", self.port), _Doors)
        self.server.social = self
        self.forget()

    def forget(self) -> None:
        """Begin anew: nobody is there, and everything is as documented."""
        self.account = Account({})
        self.refuses = self.asks = self.wants_form = False
        self.rude: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.sent: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()

    @property
    def p8(self) -> str:
        """The private key that Apple lets its clients download."""
        encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self.apple_key.private_bytes(encoding, shape, serialization.NoEncryption()).decode()

    def answer(self, told: Mapping[str, str]) -> dict[str, str]:
        """Return what a person brings back who was sent here with *told*."""
        state = {"state": told["state"]} if "state" in told else {}
        if self.refuses:
            return {"error": "access_denied", "error_description": "They said <b>no</b>.", **state}
        code = secrets.token_urlsafe(12)
        self.codes[code] = dict(told)
        posted = {"user": json.dumps(self.account.posted)} if self.account.posted else {}
        return {"code": code, **state, **posted}

    def redeem(self, site: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return tokens for a code, or the error of RFC 6749 §5.2."""
        if not self._is_proven(site, form):
            return {"error": "invalid_client"}
        told = self.codes.pop(form.get("code", ""), None)
        if told is None or told["redirect_uri"] != form.get("redirect_uri") or not _is_verified(told, form):
            return {"error": "bad_verification_code" if site == "github" else "invalid_grant"}
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        id_token = {"id_token": self.id_token(site, told.get("nonce"))} if site not in _UNSIGNED else {}
        kept = {"scope": told.get("scope", ""), "refresh_token": secrets.token_urlsafe(16)}
        return {"access_token": token, "token_type": "bearer", "expires_in": 604800, **kept, **id_token}

    def id_token(self, site: str, nonce: str | None) -> str:
        """Sign what is known of the account."""
        now = int(self.now())
        usual = {"iss": f"{self.url}/{site}", "aud": CLIENT_ID, "azp": CLIENT_ID, "iat": now, "exp": now + 3600}
        claims = {**usual, **({"nonce": nonce} if nonce else {}), **self.account.user, **self.claims}
        return self.key.sign({name: value for name, value in claims.items() if value is not None})

    def discovery(self, site: str) -> dict[str, Any]:
        """Return where everything of *site* is."""
        base = f"{self.url}/{site}"
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "jwks_uri": f"{base}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _is_proven(self, site: str, form: Mapping[str, str]) -> bool:
        if form.get("client_id") != CLIENT_ID:
            return False
        return self._is_signed(form["client_secret"]) if site == "apple" else form["client_secret"] == CLIENT_SECRET

    def _is_signed(self, token: str) -> bool:
        """Check Apple's client secret: who made it, for whom, with which key, and that it lasts half a year at most."""
        signed, _, signature = token.rpartition(".")
        header, claims = (json.loads(_bytes(part)) for part in signed.split("."))
        halves = _bytes(signature)
        r, s = (int.from_bytes(half, "big") for half in (halves[:32], halves[32:]))
        self.apple_key.public_key().verify(
            utils.encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256())
        )  # raises: then the door answers nothing at all
        is_ours = (header["kid"], claims["iss"], claims["sub"]) == (KEY_ID, TEAM_ID, CLIENT_ID)
        lasts = claims["exp"] - claims["iat"]
        return (
            is_ours
            and header["alg"] == "ES256"
            and 0 < lasts <= 15_777_000
            and claims["aud"] == "https://appleid.apple.com"
        )


class _Server(ThreadingHTTPServer):
    social: Social
    block_on_close = False
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Be silent about whoever hangs up."""


class _Doors(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self, form: dict[str, str]) -> None:
        social, parts = self.server.social, urlsplit(self.path)
        site, door = parts.path.split("/")[1], _door(parts.path)
        manner = social.rude.get(f"{site}/{door}", social.rude.get(door))
        if manner:
            MANNERS[manner](self)
            return
        query = dict(parse_qsl(parts.query))
        match door:
            case "authorize":
                self._authorize(query, may_ask=self.command == "GET")
            case "token":
                self._token(site, {**self._basic(), **query, **form})
            case "user":
                self._tell(site, query, social.account.user)
            case "emails":
                self._tell(site, query, social.account.emails)
            case "keys":
                self._json(200, {"keys": [{**social.key.jwk, "alg": "RS256", "use": "sig"}]})
            case "discovery":
                self._json(200, social.discovery(site))
            case _:
                self._json(404, {"message": "Not Found"})

    def _authorize(self, told: dict[str, str], *, may_ask: bool) -> None:
        social = self.server.social
        if told.get("client_id") != CLIENT_ID or told.get("response_type", "code") != "code":
            self._json(400, {"message": "Who is this?"})
        elif social.asks and may_ask:
            self._show(f"<form method=post action='{escape(self.path)}'><button>Continue as yourself</button></form>")
        else:
            social.sent.append(told)
            self._send_back(told, social.answer(told))

    def _send_back(self, told: Mapping[str, str], answer: Mapping[str, str]) -> None:
        if told.get("response_mode") == "form_post":
            fields = "".join(f"<input type=hidden name={name} value='{escape(v)}'>" for name, v in answer.items())
            form = f"<form method=post action='{escape(told['redirect_uri'])}'>{fields}<button>Continue</button></form>"
            self._show(f"{form}<script>document.forms[0].submit()</script>")
        else:
            say(self, 302, b"", Location=f"{told['redirect_uri']}?{urlencode(answer)}#_=_")

    def _token(self, site: str, form: dict[str, str]) -> None:
        told = self.server.social.redeem(site, form)
        if site == "github" and "json" not in self.headers.get("Accept", ""):  # then it answers with a form
            body = urlencode(told).encode()
            say(self, 200, body, Content_Type="application/x-www-form-urlencoded; charset=utf-8")
        else:
            bad = 401 if told.get("error") == "invalid_client" else 400
            self._json(bad if "error" in told and site != "github" else 200, told)  # GitHub's errors are a 200

    def _tell(self, site: str, query: Mapping[str, str], known: Any) -> None:
        social = self.server.social
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ") or query.get("access_token", "")
        proof = hmac.new(CLIENT_SECRET.encode(), bearer.encode(), sha256).hexdigest()
        if bearer not in social.tokens:
            self._json(401, {"message": "Bad credentials"})
        elif "User-Agent" not in self.headers:
            self._json(403, {"message": "Request forbidden by administrative rules."})
        elif site == "facebook" and query.get("appsecret_proof") != proof:
            self._json(400, {"error": {"message": "Invalid appsecret_proof provided in the API argument", "code": 100}})
        elif site == "facebook":
            asked = {"id", *re.findall(r"(?:^|,)(\w+)", query.get("fields", "name"))}  # nothing that is not asked for
            self._json(200, {name: value for name, value in known.items() if name in asked})
        else:
            self._json(200, known)

    def _basic(self) -> dict[str, str]:
        kind, _, told = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic" or self.server.social.wants_form:
            return {}
        client_id, _, secret = b64decode(told).decode().partition(":")
        return {"client_id": unquote(client_id), "client_secret": unquote(secret.replace("+", " "))}

    def _json(self, status: int, told: Any) -> None:
        say(self, status, json.dumps(told).encode(), Content_Type="application/json; charset=utf-8")

    def _show(self, html: str) -> None:
        page = f'<!doctype html><html lang="en"><title>Elsewhere</title><h1>Elsewhere</h1>{html}</html>'
        say(self, 200, page.encode(), Content_Type="text/html; charset=utf-8")


def _door(path: str) -> str:
    return next((door for end, door in _DOORS.items() if path.endswith(end)), "")


def _is_verified(told: Mapping[str, str], form: Mapping[str, str]) -> bool:
    """Check the proof of RFC 7636; whoever sent no challenge has none."""
    hashed = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
    return told["code_challenge"] == hashed if "code_challenge" in told else "code_verifier" not in form


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
