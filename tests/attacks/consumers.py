"""
Every door that takes a token, a code or a cookie of any kind, and what it does with one.

Leaves to others: what is shown to it. An answer that is neither a welcome nor a mannered refusal fails the test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from werkzeug.test import Client, TestResponse

from identity_service.oidc.client_auth import JWT_BEARER
from identity_service.oidc.clients import Registered
from identity_service.wiring import Services
from tests.attacks.manners import is_mannered
from tests.attacks.specimens import Specimens
from tests.fakes.applications import CALLBACK, VERIFIER, basic
from tests.fakes.people import events

TOKEN, INTROSPECT, REVOKE = "/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"
VERIFY, USERINFO, LOGOUT = "/v1/verify", "/oauth2/userinfo", "/oauth2/logout"
FORWARD, REFRESH, REGISTER = "/v1/forward-auth", "/api/auth/refresh", "/oauth2/register"


@dataclass(frozen=True)
class Consumers:
    """The doors, asked through *client*, which keeps no cookies; `registered_id` is a client that registered itself."""

    client: Client
    specimens: Specimens
    registered_id: str

    @property
    def services(self) -> Services:
        """What stands behind the doors."""
        return self.specimens.services

    @property
    def app(self) -> Registered:
        """The client to which everything is issued that is shown."""
        return self.specimens.app

    @cached_property
    def all(self) -> Mapping[str, Callable[[str], bool]]:
        """Name each door, with a way to ask whether it lets something in."""
        proof = basic(self.app)
        return {
            "whoami": lambda it: self._welcomes("GET", "/api/user", headers=_bearer(it)),
            "verify": lambda it: self._is_active(VERIFY, json={"token": it}, headers=proof),
            "introspect": lambda it: self._is_active(INTROSPECT, data={"token": it}, headers=proof),
            "verify as caller": lambda it: self._welcomes("POST", VERIFY, json={"token": "x"}, headers=_bearer(it)),
            "introspect as caller": lambda it: self._welcomes(
                "POST", INTROSPECT, data={"token": "x"}, headers=_bearer(it)
            ),
            "forward-auth": lambda it: self._welcomes("GET", FORWARD, headers=_bearer(it)),
            "forward-auth by refresh cookie": lambda it: self._welcomes("GET", FORWARD, headers=_cookie(it)),
            "forward-auth by browser cookie": lambda it: self._welcomes(
                "GET", FORWARD, headers=_cookie(it, "identity_session")
            ),
            "userinfo": lambda it: self._welcomes("GET", USERINFO, headers=_bearer(it)),
            "userinfo by form": lambda it: self._welcomes("POST", USERINFO, data={"access_token": it}),
            "code": lambda it: self._grants(
                grant_type="authorization_code", code=it, redirect_uri=CALLBACK, code_verifier=VERIFIER
            ),
            "refresh token": lambda it: self._grants(grant_type="refresh_token", refresh_token=it),
            "token as caller": lambda it: self._welcomes(
                "POST", TOKEN, data={"grant_type": "client_credentials"}, headers=_bearer(it)
            ),
            "client assertion": lambda it: self._welcomes(
                "POST",
                TOKEN,
                data={
                    "grant_type": "client_credentials",
                    "client_assertion": it,
                    "client_assertion_type": JWT_BEARER,
                },
            ),
            "revoke": self._revokes,
            "refresh of our own pages": lambda it: self._welcomes("POST", REFRESH, headers=_cookie(it)),
            "logout hint": self._signs_out,
            "register": lambda it: self._welcomes(
                "POST", REGISTER, json={"redirect_uris": [CALLBACK], "client_name": "App"}, headers=_bearer(it)
            ),
            "registration": lambda it: self._welcomes("GET", f"{REGISTER}/{self.registered_id}", headers=_bearer(it)),
        }

    def _asked(self, method: str, path: str, **request: Any) -> TestResponse:
        answer = self.client.open(path, method=method, **request)
        if answer.mimetype != "text/html":
            assert is_mannered(answer, path)
        assert answer.status_code < 500, (path, answer.status, answer.data)
        return answer

    def _welcomes(self, method: str, path: str, **request: Any) -> bool:
        return self._asked(method, path, **request).status_code in {200, 201, 204}

    def _is_active(self, path: str, **request: Any) -> bool:
        told = self._asked("POST", path, **request).json
        assert told["active"] is True or told == {"active": False}
        return bool(told["active"])

    def _grants(self, **form: str) -> bool:
        return self._welcomes("POST", TOKEN, data=form, headers=basic(self.app))

    def _revokes(self, token: str) -> bool:
        """Every answer is the same, so what has happened is read in the trail."""
        subjects = (self.specimens.person.id, self.app.client.client_id)
        before = [events(self.services, subject).count("token.revoked done") for subject in subjects]
        assert self._welcomes("POST", REVOKE, data={"token": token}, headers=basic(self.app))
        return before != [events(self.services, subject).count("token.revoked done") for subject in subjects]

    def _signs_out(self, hint: str) -> bool:
        """A good hint signs the person out without a question."""
        cookie = self.specimens.browser_cookie()
        self._asked("GET", LOGOUT, query_string={"id_token_hint": hint}, headers=_cookie(cookie, "identity_session"))
        return self.services.verify.by_browser(cookie) is None


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _cookie(value: str, name: str = "refreshToken") -> dict[str, str]:
    return {"Cookie": f"{name}={value}"}
