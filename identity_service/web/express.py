"""
Five doors in front of Flask: what a chat back end asks at every request, and what its pages ask all day.

They take the usual form of a request and leave every other to the views of `web/api/`, whose decisions, answers
and errors are theirs. They stand behind the entrance, so they are logged and counted like any door.
"""

import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from time import monotonic
from urllib.parse import parse_qsl

from identity_service.flows.outcomes import Active
from identity_service.foundation.errors import IdentityFault
from identity_service.foundation.memory import keep
from identity_service.web import express_sign_in, usual
from identity_service.web.api.auth import renew
from identity_service.web.api.people import after_refresh
from identity_service.web.api.verify import Presented, forwarded, introspection, whose
from identity_service.web.context import REQUEST_ID, ROUTE, visitor_of
from identity_service.web.contract import FORM, JSON, parse_json
from identity_service.web.cookie_jar import CookieJar
from identity_service.web.entrance import Application, Environ, StartResponse
from identity_service.web.express_sign_in import ExpressSignIn
from identity_service.web.replies import Told, answer_fault
from identity_service.web.tries import Tries

_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_HEADERS = [("Content-Type", JSON), ("Cache-Control", "no-store")]
_ONLY_A_TOKEN = {
    FORM: re.compile(rb"token=([A-Za-z0-9._-]+)"),
    JSON: re.compile(rb'\{\s?"token":\s?"([A-Za-z0-9._-]+)"\s?\}'),
}
# Characters; no token of ours is longer.
_LONGEST = 8192
_GLANCE = 1.0
_REMEMBERED = 2048


class Express:
    """Answers usual verifications, refreshes and sign-ins itself and passes everything else to *application*."""

    def __init__(self, application: Application, tries: Tries) -> None:
        """Stand in front of *application*, at the installation whose *tries* these are."""
        self._application = application
        self._services = services = tries.asked
        self._issuer = services.settings.site.issuer
        self._proven: dict[str, tuple[float, bool]] = {}
        self._asked: dict[str, dict[bytes, str]] = {FORM: {}, JSON: {}}
        self._spelled: dict[str, tuple[Active, bytes]] = {}
        self._forwarded: dict[str, tuple[Active, list[tuple[str, str]]]] = {}
        self._doors: dict[str, tuple[str, Callable[[Environ], Told | None]]] = {
            "/oauth2/introspect": ("POST", self._introspect),
            "/v1/verify": ("POST", self._verify),
            "/v1/forward-auth": ("GET", self._forward_auth),
            "/api/auth/refresh": ("POST", self._refresh),
            express_sign_in.PATH: ("POST", ExpressSignIn(tries)),
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ.get("PATH_INFO", "")
        method, answer = self._doors.get(path, ("", None))
        if answer is None or environ["REQUEST_METHOD"] != method:
            return self._application(environ, start_response)
        try:
            said = answer(environ)
        except IdentityFault as fault:
            said = answer_fault(fault, path, environ.get(REQUEST_ID, ""))
        if said is None:
            return self._application(environ, start_response)
        environ[ROUTE] = path
        # A 204 has no length (RFC 9110 §8.6).
        length = [("Content-Length", str(len(said.body)))] if said.body else []
        start_response(_LINES[said.status], [*said.headers, *length])
        return [said.body]

    def _introspect(self, environ: Environ) -> Told | None:
        raw = usual.body(environ, FORM)
        if raw is None:
            return None
        # A JWT alone is its own form encoding, and nearly every request is just that.
        token = self._usual_token(raw, FORM)
        if token:
            return self._told(environ, raw, FORM, token)
        fields = parse_qsl(raw.decode("latin-1"), keep_blank_values=True)
        if not raw.isascii() or len(fields) != 1 or fields[0][0] != "token":
            usual.give_back(environ, raw)
            return None
        return self._told(environ, raw, FORM, fields[0][1])

    def _verify(self, environ: Environ) -> Told | None:
        raw = usual.body(environ, JSON)
        if raw is None:
            return None
        token = self._usual_token(raw, JSON)
        return self._told(environ, raw, JSON, token or parse_json(raw).get("token"))

    def _forward_auth(self, environ: Environ) -> Told | None:
        jar = CookieJar(usual.cookies(environ), self._services)
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        presented = Presented(authorization, jar.refresh_token, jar.browser)
        active = whose(self._services, presented, visitor_of(environ))
        known = self._forwarded.get(authorization)
        if known is None or known[0] is not active:
            known = active, forwarded(active)
            keep(self._forwarded, authorization, known, _REMEMBERED)
        return Told(204, known[1], b"")

    def _refresh(self, environ: Environ) -> Told | None:
        jar = CookieJar(usual.cookies(environ), self._services)
        # Whoever sends more than a cookie is looked at by Flask.
        if not jar.refresh_token or not usual.is_bare(environ):
            return None
        signed_in = renew(self._services, jar.refresh_token, visitor_of(environ))
        body = after_refresh(signed_in).model_dump_json(by_alias=True).encode()
        return Told(200, [*_HEADERS, *jar.after_refresh(signed_in)], body)

    def _told(self, environ: Environ, raw: bytes, kind: str, token: object) -> Told | None:
        """Tell a back end about a token of our own pages that is good; every other verdict is Flask's to give."""
        is_one = isinstance(token, str) and 0 < len(token) <= _LONGEST and "\0" not in token
        if is_one and self._may_ask(environ.get("HTTP_AUTHORIZATION", "")):
            active = self._services.verify.access_token(str(token))
            if active is not None:
                # Only now: what strangers send would fill the memory.
                if raw not in self._asked[kind]:
                    keep(self._asked[kind], raw, str(token), _REMEMBERED)
                return Told(200, _HEADERS, self._spell(str(token), active))
        usual.give_back(environ, raw)
        return None

    def _may_ask(self, authorization: str) -> bool:
        """Say whether a client with a secret may ask about tokens of others; what it proved counts for a second."""
        if authorization[:6].lower() != "basic ":
            return False
        now = monotonic()
        proven_at, may_ask = self._proven.get(authorization, (-_GLANCE, False))
        if now - proven_at < _GLANCE:
            return may_ask
        may_ask = self._services.provider.client_auth.prove_confidential(authorization, {}).details.may_introspect
        keep(self._proven, authorization, (now, may_ask), _REMEMBERED)
        return may_ask

    def _usual_token(self, raw: bytes, kind: str) -> str:
        """Return the token that a body of the usual shape is about, or nothing; one with a good token is read once."""
        known = self._asked[kind].get(raw, "")
        found = None if known else _ONLY_A_TOKEN[kind].fullmatch(raw)
        return found[1].decode("ascii") if found else known

    def _spell(self, token: str, active: Active) -> bytes:
        """Spell the answer; the same verdict, which is the same object, is spelled once."""
        spelled = self._spelled.get(token)
        if spelled is None or spelled[0] is not active:
            spelled = active, json.dumps(introspection(active, self._issuer)).encode()
            keep(self._spelled, token, spelled, _REMEMBERED)
        return spelled[1]
