"""Signing in before Flask and behind it: one answer, whichever way the form came, and one count of tries."""

import json
import re

import pytest

from tests.fakes.people import EMAIL, PASSWORD

JSON = "application/json"
RIGHT = {"email": EMAIL, "password": PASSWORD}
LEFT = "RateLimit-Remaining"


@pytest.fixture
def sign_in(both):
    """Sign in both ways and return the answers: status, headers without what each sign-in has of its own, body."""

    def ask(form=RIGHT, content_type=JSON, **request):
        raw = form if isinstance(form, bytes) else json.dumps(form).encode()
        answers = both("/api/auth/login", method="POST", data=raw, content_type=content_type, **request)
        return [(status, dict(_impersonal(headers)), _without_token(body)) for status, headers, body in answers]

    return ask


def _impersonal(headers):
    """Yield *headers*; of a cookie what is not its secret, under its own name."""
    for name, value in headers:
        if name == "Set-Cookie":
            cookie, _, rest = value.partition("=")
            yield cookie, rest.partition(";")[2]
        elif name != "Content-Length":
            yield name, value


def _without_token(body):
    return re.sub(rb'"token":"[^"]+"', b'"token":"..."', body)


def told_apart(express, view):
    """Return the answers without how much is left, and how much that is."""
    left = [answer[1].pop(LEFT, None) for answer in (express, view)]
    return express, view, left


def test_a_form_that_is_filled_in_is_answered_alike_and_goes_no_further(sign_in, ada, behind):
    express, view, left = told_apart(*sign_in())

    assert express == view
    assert express[0] == 200
    assert {"refreshToken", "token_provider", "identity_session", "identity_device"} <= express[1].keys()
    assert left == ["6", "5"]
    assert behind.asked == 0


@pytest.mark.parametrize(
    "form",
    [
        {**RIGHT, "password": "a wrong one"},
        {"email": "nobody@example.org", "password": PASSWORD},
        {"email": "not an address", "password": PASSWORD},
        {**RIGHT, "password": "x" * 1024},
        {**RIGHT, "email": "x" * 320},
    ],
    ids=lambda form: form["email"][:20] + str(len(form["password"])),
)
def test_who_does_not_know_the_password_is_refused_alike(sign_in, ada, behind, form):
    express, view, left = told_apart(*sign_in(form))

    assert express == view
    assert express[0] == 404
    assert left == ["6", "5"]
    assert behind.asked == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"email": 7, "password": "x"}',
        b'{"email": "a@example.org"}',
        b'{"email": "a@example.org", "password": ""}',
        b'{"email": "a@example.org", "password": "x", "password": "y"}',
        b'{"email": "a@example.org", "password": "\\u0000"}',
        b'{"email": "a@example.org", "password": "\\ud800"}',
        b'{"email": "a@example.org", "password": "%s"}' % (b"x" * 1025),
        b'{"email": "a@example.org", "password": "x", "padding": "%s"}' % (b"x" * 17_000),
        b'{"email": "\xff", "password": "x"}',
    ],
    ids=lambda raw: raw[:46].decode("latin-1") + str(len(raw)),
)
def test_a_form_that_is_not_filled_in_is_left_to_the_view_and_counts_there(sign_in, behind, raw):
    express, view, left = told_apart(*sign_in(raw))

    assert express == view
    assert left == ["6", "5"]
    assert behind.asked == 1


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_left_to_the_view(sign_in, ada, behind, content_type):
    express, view, _ = told_apart(*sign_in(content_type=content_type))

    assert express == view
    assert express[0] == 415
    assert behind.asked == 1


def test_a_query_is_left_to_the_view(sign_in, ada, behind):
    express, view, _ = told_apart(*sign_in(query_string="a=b"))

    assert express == view
    assert express[0] == 200
    assert behind.asked == 1


def test_one_try_too_many_is_refused_alike_and_says_when_to_come_back(sign_in, ada):
    for _ in range(3):
        sign_in({**RIGHT, "password": "a wrong one"})
    express, view = sign_in()

    assert (express[0], view[0]) == (200, 429)
    express, view = sign_in()
    assert express == view
    assert express[0] == 429
    assert (express[1][LEFT], express[1]["RateLimit-Reset"], express[1]["Retry-After"]) == ("0", "300", "300")


def test_the_session_that_the_browser_had_ends_either_way(sign_in, services, begun):
    cookies = {"Cookie": f"refreshToken={begun.refresh_token}"}
    express, view, _ = told_apart(*sign_in(headers=cookies))

    assert express == view
    assert express[0] == 200
    assert services.verify.access_token(begun.access_token) is None


def test_a_device_that_is_known_counts_apart(both, ada, services):
    carried = services.moderation.devices.after_sign_in("", ada)
    for _ in range(4):
        both("/api/auth/login", method="POST", json={**RIGHT, "password": "a wrong one"}, **at("198.51.100.1"))
    known = {"Cookie": f"identity_device={carried}"}
    express, view = both("/api/auth/login", method="POST", json=RIGHT, headers=known, **at("203.0.113.9"))

    assert (express[0], view[0]) == (200, 200)


def at(address):
    """Return what says that a request comes from *address*."""
    return {"environ_base": {"REMOTE_ADDR": address}}
