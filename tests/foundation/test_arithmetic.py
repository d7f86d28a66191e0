"""Sums in settings: what they are worth, and what is refused before it can do harm."""

import ast
import operator
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.foundation.arithmetic import DEEPEST, LARGEST, LONGEST, evaluate

ALPHABET = "0123456789+-*/%(). \t"
SENTENCES = {
    f"must be a number or a sum of at most {LONGEST} characters: digits and + - * / % ( ) only.",
    f"has more than {DEEPEST} parentheses inside one another.",
    "is not a complete sum.",
    "divides by zero.",
    "must use + - * / % ( ) only, as in 1000 * 60 * 15.",
    "is too large a number.",
}
"""Every refusal there is; none depends on the text, so none can repeat it."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("900000", 900000),
        ("1000 * 60 * 15", 900000),
        ("(1000 * 60 * 60 * 24) * 7", 604800000),
        (" 1000*60 ", 60000),
        ("7 / 2", 3.5),
        ("10 / 5", 2),
        ("-5 + 3", -2),
        ("+4", 4),
        (".5 * 4", 2),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("7 % 4", 3),
        ("7 % 2.5", 2),
    ],
)
def test_a_sum_has_the_value_it_has_on_paper(text, value):
    assert evaluate(text) == value


def test_a_remainder_has_the_sign_that_javascript_gives_it():
    assert evaluate("-7 % 3") == -1


def test_a_whole_result_is_an_int():
    assert isinstance(evaluate("1000 * 1.5"), int)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1e9",
        "0x10",
        "1_000",
        "True",
        "__import__('os')",
        "1 if 1 else 2",
        "1,2",
        "1;2",
        "1\n2",
        "１２",  # noqa: RUF001 - digits of another script are what is tested
        "inf",
        "nan",
    ],
)
def test_anything_but_digits_and_signs_is_refused(text):
    with pytest.raises(ValueError, match="must be a number or a sum"):
        evaluate(text)


@pytest.mark.parametrize("text", [" ", "1 +", "(1", "1)", "()", "1 2", "1.2.3", "007", "..", "*", "* 3", "1..2"])
def test_half_a_sum_is_refused(text):
    with pytest.raises(ValueError, match=r"sum|must use"):
        evaluate(text)


@pytest.mark.parametrize("text", ["9**9", "9**9**9**9", "7 // 2", "2(3)", "(1)(2)", "..."])
def test_operations_that_are_not_on_the_list_are_refused(text):
    with pytest.raises(ValueError, match=r"must use \+ - \* / % \( \) only"):
        evaluate(text)


@pytest.mark.parametrize("text", ["1 / 0", "1 % 0", "1 / (2 - 2)", "1.5 % 0.0"])
def test_division_by_zero_is_named(text):
    with pytest.raises(ValueError, match="divides by zero"):
        evaluate(text)


@pytest.mark.parametrize(
    "text",
    [str(LARGEST + 1), "9" * LONGEST, "9" * 60 + "*" + "9" * 59, "1" + "0" * 100 + ".0 * 9999", f"{LARGEST} + 1"],
)
def test_a_number_that_javascript_could_not_hold_is_too_large(text):
    with pytest.raises(ValueError, match="too large"):
        evaluate(text)


def test_the_largest_number_is_still_a_number():
    assert evaluate(str(LARGEST)) == LARGEST


def test_a_text_that_is_too_long_is_refused_unread():
    with pytest.raises(ValueError, match="at most 120 characters"):
        evaluate("1+" * LONGEST + "1")


def test_parentheses_nest_up_to_the_limit_and_no_further():
    assert evaluate("(" * DEEPEST + "1" + ")" * DEEPEST) == 1
    with pytest.raises(ValueError, match="parentheses"):
        evaluate("(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1))


def test_many_signs_in_a_row_do_no_harm():
    assert evaluate("-" * (LONGEST - 1) + "1") == -1


def test_the_text_is_never_repeated_in_the_error():
    with pytest.raises(ValueError, match=r"^(?!.*secret)"):
        evaluate("secret")


@given(st.text(alphabet=ALPHABET, max_size=LONGEST + 20))
def test_every_text_of_allowed_characters_ends_in_a_bounded_number_or_a_sentence(text):
    try:
        value = evaluate(text)
    except ValueError as error:
        assert re.fullmatch(r"(must|is|has|divides) .*\.", str(error))  # noqa: PT017 - either ending is right
    else:
        assert abs(value) <= LARGEST


@given(st.text(max_size=40))
def test_every_text_at_all_ends_in_a_number_or_a_value_error(text):
    try:
        assert isinstance(evaluate(text), int | float)
    except ValueError as error:
        assert str(error) in SENTENCES  # noqa: PT017 - either ending is right


_SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@given(st.lists(st.tuples(st.sampled_from("+-*"), st.integers(0, 99)), max_size=6), st.integers(0, 99))
def test_whole_sums_agree_with_python(steps, first):
    text = str(first)
    value = first
    for sign, number in steps:
        text, value = f"({text}) {sign} {number}", _SIGNS[sign](value, number)
    assert evaluate(text) == value == ast.literal_eval(str(value))
