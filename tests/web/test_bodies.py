"""A body is read to its end or not at all, however it travels."""

from io import BytesIO

import pytest

from identity_service.web.bodies import LARGEST

LOGIN = b'{"email": "nobody@example.org", "password": "a password"}'
TOO_MUCH = b" " * LARGEST + b"}"


class Broken(BytesIO):
    """Chunks that the server cannot make sense of."""

    def read(self, size=-1):
        raise OSError("invalid chunk size: a secret")


@pytest.fixture
def chunked(browser):
    """Send a body in chunks, which the server has put together as far as it was read."""

    def send(path, body, content_type="application/json", method="POST"):
        stream = body if isinstance(body, BytesIO) else BytesIO(body)
        told = {"headers": {"Transfer-Encoding": "chunked"}, "environ_overrides": {"wsgi.input_terminated": True}}
        return browser.open(path, method=method, input_stream=stream, content_type=content_type, **told)

    return send


def test_chunks_are_a_body_like_any_other(chunked, browser):
    told = chunked("/api/auth/login", LOGIN)
    plain = browser.post("/api/auth/login", data=LOGIN, content_type="application/json")

    assert (
        (told.status_code, told.json["code"]) == (plain.status_code, plain.json["code"]) == (404, "wrong_credentials")
    )


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/api/auth/login", LOGIN + TOO_MUCH, "application/json"),
        ("/v1/verify", b'{"token": "x"}' + TOO_MUCH, "application/json"),
        ("/oauth2/token", b"grant_type=client_credentials&x=" + TOO_MUCH, "application/x-www-form-urlencoded"),
        ("/oauth2/introspect", b"token=x&x=" + TOO_MUCH, "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_too_long_in_chunks_is_not_read_in_part(chunked, path, body, content_type):
    assert chunked(path, body, content_type).status_code == 413


@pytest.mark.parametrize("length", [LARGEST, LARGEST + 1])
def test_the_limit_is_the_same_in_chunks_and_in_one(chunked, browser, length):
    body = LOGIN.ljust(length)
    in_one = browser.post("/api/auth/login", data=body, content_type="application/json")

    assert chunked("/api/auth/login", body).status_code == in_one.status_code == (404 if length == LARGEST else 413)


@pytest.mark.parametrize("path", ["/api/auth/refresh", "/api/auth/logout", "/oauth2/register"])
def test_a_door_that_reads_no_body_has_no_use_for_a_long_one(browser, path):
    answer = browser.post(path, data=TOO_MUCH, content_type="application/json")

    assert answer.status_code == 413


def test_what_stands_behind_a_question_means_nothing(browser):
    assert browser.get("/api/config", data=TOO_MUCH).status_code == 200


@pytest.mark.parametrize("path", ["/api/auth/login", "/v1/verify", "/oauth2/token", "/login", "/api/auth/refresh"])
def test_chunks_that_are_none_are_the_client_s_mistake(chunked, path):
    answer = chunked(path, Broken())

    assert answer.status_code == 400
    assert "secret" not in answer.text
