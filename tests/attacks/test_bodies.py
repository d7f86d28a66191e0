"""
Bodies that are none: every door that reads one refuses it, in its own language, and stays whole.

Law: RFC 8259 §4 and §8.1, RFC 6749 §3.2. Leaves to others: good bodies with bad values (test_fields).
"""

import json

import pytest

from tests.attacks.crowd import UNLIMITED
from tests.attacks.manners import is_mannered

LARGEST = 64 * 1024
READERS = (
    *("/api/auth/register", "/api/auth/login", "/api/auth/logout-all", "/v1/verify", "/v1/verify?by=view"),
    *("/api/auth/requestPasswordReset", "/api/auth/resetPassword", "/api/user/verify", "/api/user/verify/resend"),
)
FORMS = ("/oauth2/introspect", "/oauth2/introspect?by=view")

NOT_JSON = {
    "nothing but a blank": b" ",
    "a word": b"password",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"email"',
    "a number": b"7",
    "half an object": b'{"email": "ada@example.org"',
    "a trailing comma": b'{"email": "ada@example.org",}',
    "single quotes": b"{'email': 'ada@example.org'}",
    "a comment": b'{"email": "a" /* b */}',
    "two objects": b"{}{}",
    "lists 5,000 deep": b'{"token":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "objects 5,000 deep": b'{"token":' * 5000 + b"1" + b"}" * 5000,
    "lists 33 deep": b'{"token":' + b"[" * 32 + b"]" * 32 + b"}",
    "lists 5,000 deep and open": b'{"token":' + b"[" * 5000,
    "not a number": b'{"token": NaN}',
    "infinity": b'{"token": Infinity}',
    "minus infinity": b'{"token": [-Infinity]}',
    "a name twice": b'{"token": "a", "token": "b"}',
    "a name twice, spelled differently": b'{"token": "a", "\\u0074oken": "b"}',
    "a name twice, further down": b'{"token": {"a": 1, "a": 2}}',
    "half a surrogate pair": b'{"token": "\\ud800"}',
    "half a surrogate pair for a name": b'{"\\udfff": "x"}',
    "a null character": b'{"token": "a\\u0000b"}',
    "a null character for a name": b'{"\\u0000": "x"}',
    "a raw null character": b'{"token": "a\x00b"}',
    "a raw line feed": b'{"token": "a\nb"}',
    "no UTF-8": b'{"token": "\xff\xfe"}',
    "overlong UTF-8": b'{"token": "\xc0\xaf"}',
    "UTF-16": '{"token": "x"}'.encode("utf-16"),
    "UTF-32": '{"token": "x"}'.encode("utf-32-le"),
    "a number of 5,000 digits": b'{"token": ' + b"9" * 5000 + b"}",
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}


@pytest.fixture
def send(bare, ada, back_end):
    """Post to a door as somebody it listens to."""

    def post(path, raw, content_type="application/json"):
        who = {"auth": back_end} if path.startswith(("/v1/", "/oauth2/")) else {}
        headers = {} if who else {"Authorization": f"Bearer {ada.access_token}"}
        return bare.post(path, data=raw, content_type=content_type, headers=headers, **who)

    return post


@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_one_json_object_is_refused(send, path, raw):
    answer = send(path, raw)

    assert is_mannered(answer, path)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed_body")


@pytest.mark.parametrize("path", READERS)
def test_thirty_two_levels_are_not_too_deep(send, path):
    answer = send(path, b'{"other":' + b"[" * 31 + b"]" * 31 + b"}")

    assert is_mannered(answer, path)
    assert "code" not in answer.json or answer.json["code"] == "invalid_input"


@pytest.mark.environ(**UNLIMITED)
@pytest.mark.parametrize("path", [*READERS, *FORMS])
def test_a_body_of_more_than_64_kib_is_not_read(send, path):
    kind = "application/x-www-form-urlencoded" if path in FORMS else "application/json"

    for size in (LARGEST + 1, LARGEST * 4):
        answer = send(path, b"x" * size, kind)
        assert is_mannered(answer, path)
        assert answer.status_code == 413
    at_the_limit = send(path, b" " * LARGEST, kind)
    assert is_mannered(at_the_limit, path)
    assert at_the_limit.status_code == 400


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/jsonp",
        "text/json",
        "application/json, text/plain",
        "\u00e9/\u00e9",
    ],
)
@pytest.mark.parametrize("path", READERS)
def test_a_door_that_reads_json_reads_nothing_else(send, path, kind):
    answer = send(path, b'{"token": "x"}', kind)

    assert is_mannered(answer, path)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("path", READERS)
def test_the_content_type_may_name_its_charset(send, path):
    answer = send(path, b'{"token": "x"}', "Application/JSON; charset=UTF-8")

    assert is_mannered(answer, path)
    assert answer.status_code != 415


@pytest.mark.parametrize(
    "raw",
    [
        b"token=a&token=b",
        b"token=a&Token=b&token=",
        b"token=%00",
        b"",
        b"token=",
        b"token",
        b"&&&",
        b"=token",
        b"token_type_hint=access_token",
        b"token=a&token_type_hint=a&token_type_hint=b",
        b"token[]=a",
        b"a=b;token=c",
    ],
)
@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_exactly_one_token_is_refused(send, path, raw):
    answer = send(path, raw, "application/x-www-form-urlencoded")

    assert is_mannered(answer, path)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("raw", [b"token=%ff%fe", b"token=%", b"token=%zz", b"token=\xff", b"token=%C0%AF", b"token=+"])
@pytest.mark.parametrize("path", FORMS)
def test_a_token_in_broken_encoding_is_no_token(send, path, raw):
    answer = send(path, raw, "application/x-www-form-urlencoded")

    assert is_mannered(answer, path)
    assert answer.json in ({"active": False}, {"error": "invalid_request", **_described(answer)})


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "multipart/form-data", "application/xml"])
@pytest.mark.parametrize("path", FORMS)
def test_a_door_that_reads_a_form_reads_nothing_else(send, path, kind):
    answer = send(path, b"token=x", kind)

    assert is_mannered(answer, path)
    assert answer.status_code == 415


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"x" * 1000, json.dumps({"a": 1}).encode()])
@pytest.mark.parametrize("path", ["/api/auth/refresh", "/api/auth/logout"])
def test_a_door_that_reads_no_body_does_not_mind_one(send, path, raw):
    answer = send(path, raw)

    assert is_mannered(answer, path)
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", [*READERS, *FORMS, "/api/auth/refresh", "/api/auth/logout"])
def test_another_method_finds_the_door_closed(bare, path, method):
    answer = bare.open(path, method=method)

    assert answer.status_code in {200, 405}
    assert method == "OPTIONS" or answer.status_code == 405
    assert answer.status_code == 200 or method == "HEAD" or is_mannered(answer, path)
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/auth", "/oauth2/", "/oauth2/token2", "/v1", "/nowhere"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_where_there_is_no_door_the_language_of_the_corridor_is_spoken(bare, path, method):
    answer = bare.open(path, method=method, data=b"{")

    assert is_mannered(answer, path)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path", ["/%00", "/%ff%fe", "/api/user/%2e%2e", "/api/auth/sessions/%00", "/..%2f..%2fetc/passwd", "/api/\u00e9%0a"]
)
def test_strange_paths_lead_nowhere(bare, ada, path):
    for method in ("GET", "DELETE"):
        answer = bare.open(path, method=method, headers={"Authorization": f"Bearer {ada.access_token}"})
        assert is_mannered(answer, path)
        assert answer.status_code in {404, 405}


@pytest.mark.parametrize(
    "path", ["/", "//", "///", "//login", "//evil.example/", "/static//style.css", "/login/", "/account"]
)
def test_nobody_is_sent_to_the_host_that_a_request_names(bare, path):
    named = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = bare.get("/", headers=named, environ_overrides={"PATH_INFO": path})

    assert "evil.example" not in answer.headers.get("Location", "")
    assert "evil.example" not in answer.text


def _described(answer):
    return {name: text for name, text in answer.json.items() if name == "error_description"}
