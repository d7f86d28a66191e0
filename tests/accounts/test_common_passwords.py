"""The block-list of common passwords."""

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
