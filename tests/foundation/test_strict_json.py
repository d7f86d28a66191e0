"""JSON from anybody: one reading of a text, or none."""

import pytest

from identity_service.foundation import strict_json


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": [1, 2.5, true, null, "x"]}', {"a": [1, 2.5, True, None, "x"]}),
        ('{"a": {"b": 1}, "b": 2}', {"a": {"b": 1}, "b": 2}),
        (' "text" ', "text"),
    ],
)
def test_what_has_one_meaning_is_read(text, said):
    assert strict_json.read(text) == said


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "{} {}", "{'a': 1}", "{a: 1}", "[1,]"),
        *('{"a": 1, "a": 2}', '{"b": {"a": 1, "a": 1}}', '[{"a": 1, "\\u0061": 2}]'),
        *("NaN", "[Infinity]", '{"a": -Infinity}'),
        "9" * 5000,
    ],
)
def test_what_has_none_or_two_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - whose words they are does not matter
        strict_json.read(text)


def test_what_nobody_can_follow_is_refused():
    with pytest.raises(RecursionError):
        strict_json.read("[" * 100_000)
