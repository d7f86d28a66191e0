"""
The sample of settings says what the declarations say: every name, its default, its sentence.

A newcomer learns the settings from `.env.example`; a sample that has drifted would teach the wrong ones.
"""

import re

import pytest

from identity_service.foundation.settings import GROUPS, every_setting
from tests.house.tree import ROOT

LINE = re.compile(r"(?P<comment># )?(?P<name>[A-Z][A-Z0-9_]*)=(?P<text>.*)")
SECRETS = {"JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY", "CREDS_IV"}

DECLARED = {one.name: one for one in every_setting()}
LINES = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
SHOWN = {
    match["name"]: (match, LINES[number - 1]) for number, line in enumerate(LINES) if (match := LINE.fullmatch(line))
}


def test_no_setting_is_declared_or_shown_twice():
    assert len(DECLARED) == len(list(every_setting()))
    assert len(SHOWN) == sum(bool(LINE.fullmatch(line)) for line in LINES)


@pytest.mark.parametrize("name", DECLARED)
def test_each_setting_is_shown_with_its_default_and_its_sentence(name):
    assert name in SHOWN, (
        f".env.example needs the lines\n# {DECLARED[name].description}\n# {name}={DECLARED[name].default}"
    )
    match, above = SHOWN[name]
    assert match["text"] == DECLARED[name].default
    assert above == f"# {DECLARED[name].description}"


def test_nothing_is_shown_that_is_not_a_setting():
    # A provider that is found by pattern has three settings of its own, which nobody declares.
    by_pattern = re.compile(r"[A-Z0-9]+_(CLIENT_ID|CLIENT_SECRET|CALLBACK_URL)")
    assert [name for name in SHOWN if name not in DECLARED and not by_pattern.fullmatch(name)] == []


def test_each_sentence_is_one_line_and_ends_like_a_sentence():
    assert [one.name for one in DECLARED.values() if not re.fullmatch(r"[^\n]{5,110}\.", one.description)] == []


def test_a_secret_is_a_blank_line_that_is_ready_to_be_filled():
    assert {name for name in SECRETS if SHOWN[name][0]["comment"] or SHOWN[name][0]["text"]} == set()


def test_what_follows_another_setting_is_commented_out_so_that_it_follows():
    followers = [one.name for one in DECLARED.values() if one.falls_back_to]
    assert [name for name in followers if not SHOWN[name][0]["comment"]] == []


def test_what_follows_another_setting_says_which():
    followers = [one for one in DECLARED.values() if one.falls_back_to]
    assert [one.name for one in followers if f"{one.falls_back_to[0]} when unset" not in one.description] == []


def test_what_follows_another_setting_has_the_same_default():
    different = [
        (one.name, other)
        for one in DECLARED.values()
        for other in one.falls_back_to
        if DECLARED[other].default != one.default
    ]
    assert different == []


def test_each_group_says_what_it_is():
    assert [name for name, group in GROUPS.items() if not group.__doc__] == []
