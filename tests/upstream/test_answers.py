"""Texts of others, made fit to be kept and shown."""

import pytest

from identity_service.upstream.answers import cleaned


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada \n Lovelace\t", "Ada Lovelace"),
        ("a\0b", "a b"),
        ("\ud800x", "x"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u200b\u200b", None),
        ("", None),
        (7, None),
        (None, None),
        (["Ada"], None),
        ("Ἄδα 愛達 🧮", "Ἄδα 愛達 🧮"),
        ("x" * 10_000, "x" * 80),
    ],
)
def test_a_text_is_kept_in_one_line_without_what_cannot_be_seen(told, kept):
    assert cleaned(told, 80) == kept
