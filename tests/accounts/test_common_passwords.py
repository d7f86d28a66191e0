"""The block-list of common passwords."""

from statistics import median
from time import perf_counter

import pytest

from identity_service.accounts.common_passwords import _listed, is_common


@pytest.mark.parametrize(
    "password", ["password", "PASSWORD", "12345678", "1qaz2wsx", "iloveyou", "jennifer", "Michelle"]
)
def test_a_common_password_is_on_the_list_in_any_case(password):
    assert is_common(password)


@pytest.mark.parametrize(
    "password", ["", " password", "a long phrase that is mine", "pässword", "password\n12345678", "assword"]
)
def test_other_passwords_are_not(password):
    assert not is_common(password)


def test_the_list_holds_only_what_the_length_rule_lets_pass():
    listed = _listed().strip("\n").split("\n")

    assert len(listed) > 10_000  # ASVS 6.2.4 asks for the 3,000 most common ones
    assert min(len(password) for password in listed) >= 8
    assert {password for password in listed if password != password.casefold()} == set()


def test_a_look_at_the_list_takes_less_than_a_millisecond():
    is_common("read the list once")

    assert median(_seconds(f"a phrase like no other, {number}") for number in range(200)) < 0.001


def _seconds(password):
    begun = perf_counter()
    is_common(password)
    return perf_counter() - begun
