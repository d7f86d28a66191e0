"""The express doors and the views behind them: one answer, byte for byte, whichever way a request came."""

import json
from base64 import b64encode
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from identity_service.web.context import ROUTE
from identity_service.web.express import Express
from identity_service.web.limits import tries_of

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
DOORS = ("/v1/verify", "/oauth2/introspect", "/v1/forward-auth")


@pytest.mark.parametrize("path", DOORS)
def test_a_usual_request_is_answered_alike_and_goes_no_further(both, good, behind, path):
    express, view = both(path, **good[path])

    assert express == view
    assert express[0] in {200, 204}
    assert behind.asked == 0


@pytest.mark.parametrize(
    ("known_at", "asked_at"), [("/v1/verify", "/oauth2/introspect"), ("/oauth2/introspect", "/v1/verify")]
)
def test_a_body_that_one_door_knows_means_nothing_to_the_other(both, good, known_at, asked_at):
    raw = {
        "/v1/verify": json.dumps(good["/v1/verify"]["json"]).encode(),
        "/oauth2/introspect": urlencode(good["/oauth2/introspect"]["data"]).encode(),
    }[known_at]
    kind = {"/v1/verify": JSON, "/oauth2/introspect": FORM}
    headers = good[known_at]["headers"]
    assert both(known_at, method="POST", data=raw, content_type=kind[known_at], headers=headers)[0][0] == 200

    express, view = both(asked_at, method="POST", data=raw, content_type=kind[asked_at], headers=headers)

    assert express == view
    assert express[0] == 400


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "é", "\u2028", "x" * 8192, "x" * 60_000, " "])
@pytest.mark.parametrize("path", ["/v1/verify", "/oauth2/introspect"])
def test_a_token_that_is_not_good_is_inactive_both_ways(both, good, path, token):
    sent = {"json": {"token": token}} if path == "/v1/verify" else {"data": {"token": token}}
    express, view = both(path, **{**good[path], **sent})

    assert express == view
    assert express[2] == b'{"active": false}'


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic bm8gY29sb24=",
        "Basic " + b64encode(b"unknown:secret").decode(),
        "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + b64encode(b"' OR 1=1:x").decode(),
        "Bearer abc",
        "Digest abc",
    ],
)
@pytest.mark.parametrize("path", DOORS)
def test_who_does_not_prove_anything_is_refused_alike(both, good, path, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    express, view = both(path, **{**good[path], "headers": headers})

    assert express == view
    assert express[0] == 401


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"token"',
        b"{}",
        b'{"token": 7}',
        b'{"token": null}',
        b'{"token": ""}',
        b'{"token": "a", "token": "b"}',
        b'{"token": NaN}',
        b'{"token": "\\u0000"}',
        b'{"token": "\\ud800"}',
        b'{"token": "x", "more": {"deep": [1, 2]}}',
        b'{"token": "%s"}' % (b"x" * 8193),
        b"[" * 5000,
        b'{"token": "\xff"}',
        b'{"token": "x", "padding": "%s"}' % (b"x" * 17_000),
        b'{"token": "x", "padding": "%s"}' % (b"x" * 70_000),
    ],
    ids=lambda raw: raw[:24].decode("latin-1") + str(len(raw)),
)
def test_an_odd_json_body_is_answered_alike(both, good, raw):
    express, view = both(
        "/v1/verify", method="POST", data=raw, content_type=JSON, headers=good["/v1/verify"]["headers"]
    )

    assert express == view


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"token",
        b"token=",
        b"=x",
        b"token=a&token=b",
        b"token=%00",
        b"token=%ff",
        b"token=\xff",
        b"token=%zz",
        b"token=a+b",
        b"token=a;b",
        b"token=x&token_type_hint=access_token",
        b"token=x&client_id=a&client_secret=b",
        b"other=x",
        b"token=" + b"x" * 8193,
        b"token=" + b"x" * 17_000,
        b"token=" + b"x" * 70_000,
        b"&".join([b"a=b"] * 2000),
    ],
    ids=lambda raw: raw[:24].decode("latin-1") + str(len(raw)),
)
def test_an_odd_form_is_answered_alike(both, good, raw):
    headers = good["/oauth2/introspect"]["headers"]
    express, view = both("/oauth2/introspect", method="POST", data=raw, content_type=FORM, headers=headers)

    assert express == view


@pytest.mark.parametrize(
    "kind", ["", "text/plain", JSON, FORM, "Application/JSON; charset=utf-8", f"{FORM};charset=utf-8", ";"]
)
@pytest.mark.parametrize("path", ["/v1/verify", "/oauth2/introspect"])
def test_a_content_type_is_read_alike(both, good, path, kind):
    for body in (b'{"token": "x"}', b"token=x"):
        express, view = both(path, method="POST", data=body, content_type=kind, headers=good[path]["headers"])
        assert express == view


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "POST"])
@pytest.mark.parametrize("path", DOORS)
def test_every_other_method_is_left_to_the_view(both, good, path, method):
    express, view = both(path, **{**good[path], "method": method})

    assert express == view


@pytest.mark.parametrize("query", ["x=1", "token=x"])
@pytest.mark.parametrize("path", DOORS)
def test_a_query_changes_nothing(both, good, path, query):
    express, view = both(path, **good[path], query_string=query)

    assert express == view


@pytest.mark.parametrize("length", ["", "abc", "-1", "+5", "5_0", "٣", "9" * 5000])
def test_a_length_that_is_none_is_left_to_the_view(both, good, length):
    request = {**good["/v1/verify"], "environ_overrides": {"CONTENT_LENGTH": length}}
    express, view = both("/v1/verify", **request)

    assert express == view


def test_forward_auth_knows_the_browser_session_and_prefers_the_access_token(both, begun):
    cookie = {"Cookie": f"theme=dark; refreshToken={begun.refresh_token}; token_provider=librechat"}
    express, view = both("/v1/forward-auth", headers=cookie)
    assert express == view
    assert express[0] == 204

    express, view = both("/v1/forward-auth", headers={**cookie, "Authorization": "Bearer garbage"})
    assert express == view
    assert express[0] == 401


@pytest.mark.parametrize(
    "cookie", ["", "refreshToken", "refreshToken=", "refreshToken=x; refreshToken=y", 'refreshToken="x"', "é=1"]
)
def test_an_odd_cookie_is_read_alike(both, cookie):
    express, view = both("/v1/forward-auth", environ_overrides={"HTTP_COOKIE": cookie.encode().decode("latin-1")})

    assert express == view
    assert express[0] == 401


@pytest.mark.parametrize("path", ["/v1/verify/", "/v1/Verify", "/oauth2/introspect/x", "/"])
def test_every_other_path_is_left_to_the_views(both, behind, path):
    express, view = both(path, method="POST")

    assert express == view
    assert behind.asked == 1


def test_a_door_is_counted_under_its_own_name(app, services, good):
    seen = {}

    def remembering(environ, start_response):
        seen["environ"] = environ
        return Express(app.wsgi_app, tries_of(app))(environ, start_response)

    Client(remembering).open("/v1/forward-auth", **good["/v1/forward-auth"])
    assert seen["environ"][ROUTE] == "/v1/forward-auth"


def test_client_credentials_in_the_form_are_accepted_but_not_twice(both, good, begun, back_end):
    fields = {"token": begun.access_token, "client_id": back_end[0], "client_secret": back_end[1]}
    express, view = both("/oauth2/introspect", method="POST", data=urlencode(fields), content_type=FORM)
    assert express == view
    assert b'"active": true' in express[2]

    twice = {**good["/oauth2/introspect"], "data": fields}
    express, view = both("/oauth2/introspect", **twice)
    assert express == view
    assert b"invalid_request" in express[2]


def test_a_refresh_is_answered_alike_and_goes_no_further(both, begun, behind):
    """The view is asked second, with the token of a moment ago, and so gives the same successor."""
    cookie = {"Cookie": f"refreshToken={begun.refresh_token}"}
    express, view = both("/api/auth/refresh", method="POST", headers=cookie)

    assert express[0] == view[0] == 200
    assert cookies_of(express) == cookies_of(view)
    assert {name for name, _ in express[1]} == {name for name, _ in view[1]}
    assert json.loads(express[2])["user"] == json.loads(view[2])["user"]
    assert behind.asked == 0


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "é"])
def test_a_refresh_with_a_bad_token_is_refused_alike(both, token):
    express, view = both("/api/auth/refresh", method="POST", headers={"Cookie": f"refreshToken={token}"})

    assert express == view
    assert express[0] == 403


@pytest.mark.parametrize("query", [{}, {"retry": "true"}], ids=str)
def test_a_refresh_of_an_ended_session_is_refused_alike(both, begun, services, query):
    with services.database.transaction():
        services.capabilities.sessions.end(begun.session_id, "a test")
    cookie = {"Cookie": f"refreshToken={begun.refresh_token}"}
    express, view = both("/api/auth/refresh", method="POST", headers=cookie, query_string=query)

    assert express == view
    assert express[0] == (403 if query else 401)


@pytest.mark.parametrize("sent", [{}, {"query_string": {"a": "b"}}, {"json": {}}], ids=str)
def test_an_unusual_refresh_is_left_to_the_view(both, begun, behind, sent):
    cookie = {"Cookie": f"refreshToken={begun.refresh_token}"} if sent else {}
    express, view = both("/api/auth/refresh", method="POST", headers=cookie, **sent)

    assert express[0] == view[0] == 200
    assert behind.asked == 1


def cookies_of(answer):
    """Return what an answer sets, in order."""
    return [value for name, value in answer[1] if name == "Set-Cookie"]
