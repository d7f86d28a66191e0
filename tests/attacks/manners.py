"""
How every answer must look, whatever was asked: never a fault of ours, in the language of its door, without a leak.

Law: RFC 9457 (problems), RFC 6749 §5.2 (OAuth errors), OWASP ASVS 5.0 3.4 (headers), 16.5.1 (nothing about our inside).
"""

import re

from werkzeug.test import TestResponse

PAGES = ("/login", "/register", "/account", "/logout", "/forgot-password", "/reset-password", "/verify")
BACK_CHANNEL = {"/oauth2/introspect", "/v1/verify", "/v1/forward-auth"}

_SAFE = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_INSIDE = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|sqlalchemy|sqlite|psycopg|werkzeug|flask|pydantic|joserfc|authlib"
    r"|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b|/(usr|home|root|tmp|etc|var)/"
    r"|[A-Za-z]+Error\b|0x[0-9a-f]{8}|\$argon2",
    re.IGNORECASE,
)


def is_mannered(answer: TestResponse, path: str) -> bool:
    """Insist on manners; always True, so that it can stand in a condition."""
    assert answer.status_code < 500, (path, answer.status, answer.data)
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answer.headers["X-Request-ID"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if path.partition("?")[0] not in BACK_CHANNEL:
        _is_safe_in_a_browser(answer)
    assert not _INSIDE.search(answer.text), (path, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["Cache-Control"] == "no-store"
        _speaks_its_language(answer, path.partition("?")[0])
    return True


def _is_safe_in_a_browser(answer: TestResponse) -> None:
    assert {name: answer.headers.get(name) for name in _SAFE} == _SAFE
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}


def _speaks_its_language(answer: TestResponse, path: str) -> None:
    request_id = answer.headers["X-Request-ID"]
    if answer.mimetype == "text/html" and path.startswith(PAGES):
        return
    told = answer.json
    if path.startswith("/api/"):
        assert answer.mimetype == "application/json"
        assert set(told) == {"message", "code", "request_id"}
        assert told["request_id"] == request_id
    elif path.startswith("/oauth2/"):
        assert answer.mimetype == "application/json"
        if told == {}:  # RFC 6750 §3.1: whoever brought no token
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="identity"')
            return
        assert set(told) == {"error", "error_description"}
        assert re.fullmatch(r"[a-z_]+", told["error"])
    else:
        assert answer.mimetype == "application/problem+json"
        assert set(told) == {"type", "title", "status", "code", "request_id"}
        assert (told["status"], told["request_id"]) == (answer.status_code, request_id)
