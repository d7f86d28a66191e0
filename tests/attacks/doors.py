"""
Every door that takes an access token, asked one after the other.

Leaves to others: what the token is. An answer that is neither a welcome nor the one documented refusal fails the test.
"""

from collections.abc import Callable

from werkzeug.test import Client, TestResponse


class Doors:
    """The consumers of access tokens, in front of one application."""

    def __init__(self, client: Client, back_end: tuple[str, str]) -> None:
        """Ask through *client*, which keeps no cookies, and as the OAuth client *back_end*."""
        self._client = client
        self._back_end = back_end
        self._asked: dict[str, Callable[[str], bool]] = {
            "GET /api/user": lambda token: self._carries("GET", "/api/user", token),
            "GET /api/auth/sessions": lambda token: self._carries("GET", "/api/auth/sessions", token),
            "GET /v1/forward-auth": lambda token: self._carries("GET", "/v1/forward-auth", token),
            "HEAD /v1/forward-auth": lambda token: self._carries("HEAD", "/v1/forward-auth", token),
            "POST /v1/verify": lambda token: self._tells("/v1/verify", json={"token": token}),
            "POST /v1/verify?": lambda token: self._tells("/v1/verify?by=view", json={"token": token}),
            "POST /oauth2/introspect": lambda token: self._tells("/oauth2/introspect", data={"token": token}),
            "POST /oauth2/introspect with a hint": lambda token: self._tells(
                "/oauth2/introspect", data={"token": token, "token_type_hint": "access_token"}
            ),
        }

    @property
    def readers(self) -> set[str]:
        """Name the doors that change nothing."""
        return set(self._asked)

    def reading(self, token: str) -> set[str]:
        """Ask the doors that change nothing, and name those that let *token* in."""
        return {name for name, lets_in in self._asked.items() if lets_in(token)}

    def accepting(self, token: str) -> set[str]:
        """Ask every door, last the one that would end the session, and name those that let *token* in."""
        found = self.reading(token)
        return found | {"POST /api/auth/logout"} if self._carries("POST", "/api/auth/logout", token) else found

    def _carries(self, method: str, path: str, token: str) -> bool:
        answer = self._client.open(path, method=method, headers={"Authorization": f"Bearer {token}"})
        if answer.status_code in {200, 204}:
            return True
        assert answer.status_code == 401, (path, answer.status, answer.data)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), path
        return False

    def _tells(self, path: str, **body: dict[str, str]) -> bool:
        answer = self._client.post(path, auth=self._back_end, **body)
        if answer.status_code == 400:
            assert body in ({"json": {"token": ""}}, {"data": {"token": ""}}), (path, answer.data)
            return False
        assert answer.status_code == 200, (path, answer.status, answer.data)
        return _is_active(answer)


def _is_active(answer: TestResponse) -> bool:
    told = answer.json
    assert told["active"] is True or told == {"active": False}
    return bool(told["active"])
