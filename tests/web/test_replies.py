"""Errors in three languages: LibreChat's, RFC 6749's and RFC 9457's."""

import json

import pytest
from werkzeug.exceptions import ImATeapot, UnsupportedMediaType
from werkzeug.test import Client

from identity_service.app import create_app, with_entrance
from identity_service.foundation import errors
from identity_service.web.replies import STATUSES, tell

LEAVES = [leaf for leaf in STATUSES if leaf is not errors.Misconfigured]
# RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2
RFC_WORDS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_token",
    "insufficient_scope",
    "invalid_redirect_uri",
    "invalid_client_metadata",
    "temporarily_unavailable",
    "server_error",
}


def told(fault, path):
    status, headers, body = tell(fault, path, "5f0c3b9a77e14d02")
    return status, dict(headers), json.loads(body)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_under_api_an_error_speaks_librechats_language(leaf):
    status, headers, body = told(leaf(detail="private"), "/api/auth/login")

    assert body == {"message": leaf.message, "code": leaf.code, "request_id": "5f0c3b9a77e14d02"}
    assert headers["Content-Type"] == "application/json"
    assert status == (404 if leaf is errors.InvalidInput else STATUSES[leaf])


@pytest.mark.parametrize(
    "leaf", [leaf for leaf in LEAVES if leaf is not errors.SignInRequired], ids=lambda leaf: leaf.code
)
def test_under_oauth2_an_error_speaks_the_words_of_the_rfcs(leaf):
    status, headers, body = told(leaf(detail="private"), "/oauth2/introspect")

    assert body.keys() == {"error", "error_description"}
    assert body["error"] in RFC_WORDS
    assert body["error"] == leaf.code or leaf.code not in RFC_WORDS
    assert (status, headers["Content-Type"]) == (STATUSES[leaf], "application/json")


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_everywhere_else_an_error_is_a_problem(leaf):
    status, headers, body = told(leaf(detail="private"), "/v1/verify")

    assert body.keys() == {"type", "title", "status", "code", "request_id"}
    assert (body["title"], body["code"], body["status"]) == (leaf.message, leaf.code, status)
    assert (status, headers["Content-Type"]) == (STATUSES[leaf], "application/problem+json")


@pytest.mark.parametrize("path", ["/api/user", "/oauth2/introspect", "/v1/verify"])
@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_every_error_keeps_the_promises_of_its_status(leaf, path):
    status, headers, _ = told(leaf(), path)

    assert headers["Cache-Control"] == "no-store"
    # RFC 9110 §15.5.2, RFC 6750 §3.1
    assert ("WWW-Authenticate" in headers) == (status == 401 or leaf is errors.InsufficientScope)
    assert ("Retry-After" in headers) == (status in {429, 503})


def test_how_long_to_wait_is_told_in_seconds():
    _, headers, _ = told(errors.TooBusy(retry_after=7), "/api/auth/login")

    assert headers["Retry-After"] == "7"


def test_who_came_too_often_is_told_when_to_come_again():
    status, headers, body = told(errors.TooManyAttempts("Too many.", retry_after=300), "/api/auth/login")

    assert (status, headers["Retry-After"]) == (429, "300")
    assert (body["message"], body["code"]) == ("Too many.", "too_many_attempts")


def test_a_client_is_asked_for_its_secret_and_a_person_for_a_token():
    assert told(errors.InvalidClient(), "/v1/verify")[1]["WWW-Authenticate"].startswith("Basic ")
    assert told(errors.SignInRequired(), "/v1/forward-auth")[1]["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("fault", "challenge"),
    [
        (errors.InvalidToken, 'Bearer realm="identity", error="invalid_token"'),
        (errors.InsufficientScope, 'Bearer realm="identity", error="insufficient_scope"'),
        (errors.SignInRequired, 'Bearer realm="identity"'),
    ],
)
def test_what_is_wrong_with_a_token_is_told_only_to_whoever_brought_one(fault, challenge):
    """RFC 6750 §3.1."""
    _, headers, body = told(fault(), "/oauth2/userinfo")

    assert headers["WWW-Authenticate"] == challenge
    assert body.get("error") == (None if fault is errors.SignInRequired else fault.code)


@pytest.mark.parametrize("path", ["/api/nowhere", "/oauth2/nowhere", "/v1/nowhere"])
def test_a_door_that_is_not_there_is_told_in_the_language_of_its_path(browser, path):
    answer = browser.get(path)

    assert answer.status_code == 404
    assert "Not found." in answer.json.values()


def test_a_door_that_does_not_know_the_method_says_which_it_knows(browser):
    answer = browser.put("/v1/verify")

    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_a_body_that_is_too_large_is_not_read(browser):
    answer = browser.post("/api/auth/login", data=b"x" * (64 * 1024 + 1), content_type="application/json")

    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (ZeroDivisionError("secret"), 500, "unexpected"),
        (ImATeapot("secret"), 400, "invalid_request"),
        (UnsupportedMediaType("secret"), 415, "unsupported_media_type"),
    ],
)
def test_whatever_a_view_raises_is_answered_without_its_words(settings, fault, status, code):
    def broken():
        raise fault

    app = create_app(settings)
    app.add_url_rule("/v1/broken", view_func=broken)
    answer = Client(with_entrance(app)).get("/v1/broken")

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert b"secret" not in answer.data
