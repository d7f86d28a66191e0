"""Bodies: parsed once, strictly, into something frozen."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.foundation.errors import MalformedBody
from identity_service.web.contract import DEEPEST, parse_json

FORM = "application/x-www-form-urlencoded"
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
LOGIN = {"email": "ada@example.org", "password": "a wrong guess"}


def nested(levels, inner="1"):
    return ('{"a":' * levels + inner + "}" * levels).encode()


@given(st.dictionaries(NAMES, st.none() | st.booleans() | st.integers() | NAMES))
def test_a_json_object_is_read_as_it_is(value):
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("raw", [b'{"a": [1, {"b": "\xc3\xa9"}]}', b'{"a": "\\u00e9"}', b' {"a": 1.5}\n', b"{}"])
def test_a_usual_body_is_accepted(raw):
    assert isinstance(parse_json(raw), dict)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} {"b": 2}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 1}}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\\u0000"}',
        b'{"a\\u0000": 1}',
        b'{"a": ["\\u0000"]}',
        b"[" * 100_000,
        b'{"a": %s}' % (b"9" * 5000),
    ],
    ids=lambda raw: raw[:20].decode("latin-1") + str(len(raw)),
)
def test_a_body_that_another_reader_could_understand_otherwise_is_refused(raw):
    with pytest.raises(MalformedBody):
        parse_json(raw)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"true", b"7", b'"text"'])
def test_a_body_is_an_object(raw):
    with pytest.raises(MalformedBody, match="must be a JSON object"):
        parse_json(raw)


def test_objects_and_lists_may_stand_inside_one_another_so_deep_and_no_deeper():
    assert parse_json(nested(DEEPEST))
    with pytest.raises(MalformedBody, match="too deep"):
        parse_json(nested(DEEPEST + 1))
    with pytest.raises(MalformedBody, match="too deep"):
        parse_json(nested(DEEPEST, "[]"))


@given(st.binary(max_size=60))
def test_whatever_is_sent_is_an_object_or_is_refused(raw):
    try:
        assert isinstance(parse_json(raw), dict)
    except MalformedBody:
        return


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": None}, "email"),
        ({"email": 7}, "email"),
        ({"email": ["ada@example.org"]}, "email"),
        ({"email": {"$gt": ""}}, "email"),
        ({"password": {"$ne": None}}, "password"),
        ({"password": True}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"email": ""}, "email"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named_and_its_value_is_not_repeated(browser, changed, field):
    answer = browser.post("/api/auth/login", json={**LOGIN, **changed})

    assert (answer.status_code, answer.json["code"]) == (404, "invalid_input")
    assert answer.json["message"].startswith(f"{field}: ")
    assert "$" not in answer.json["message"]


def test_every_missing_field_is_named(browser):
    message = browser.post("/api/auth/login", json={}).json["message"]

    assert "email: " in message
    assert "password: " in message


def test_an_unknown_field_is_ignored(browser):
    assert browser.post("/api/auth/login", json={**LOGIN, "more": 1}).json["code"] == "wrong_credentials"


@pytest.mark.parametrize("kind", ["", "text/plain", FORM, "multipart/form-data"])
def test_another_kind_of_body_is_not_read(browser, kind):
    answer = browser.post("/api/auth/login", data=json.dumps(LOGIN), content_type=kind)

    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_field_of_a_form_stands_once(browser):
    answer = browser.post(
        "/oauth2/introspect", data="token=a&token=b", content_type="application/x-www-form-urlencoded"
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
