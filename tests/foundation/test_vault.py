"""The vault: what is sealed opens under its own label and its own key, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.foundation.vault import Broken, Vault
from tests.fakes.chance import SeededChance

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
SECRET, LABEL = b"a private key", "signing key 1"


@pytest.fixture
def vault(chance):
    return Vault(KEY, chance)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_opens_again(secret, label):
    vault = Vault(KEY, SeededChance())

    assert vault.open(vault.seal(secret, label), label) == secret


def test_the_same_secret_sealed_twice_does_not_look_the_same(vault):
    one, other = vault.seal(SECRET, LABEL), vault.seal(SECRET, LABEL)

    assert one != other
    assert one[:12] != other[:12]
    assert SECRET not in one


def test_a_seal_opens_in_another_process_with_the_same_key(vault):
    assert Vault(KEY, SeededChance("another process")).open(vault.seal(SECRET, LABEL), LABEL) == SECRET


def test_a_seal_does_not_open_with_another_key(vault):
    with pytest.raises(Broken):
        Vault(OTHER_KEY, SeededChance()).open(vault.seal(SECRET, LABEL), LABEL)


@pytest.mark.parametrize("label", ["", "signing key 2", "signing key 1 "])
def test_a_seal_does_not_open_under_another_label(vault, label):
    with pytest.raises(Broken):
        vault.open(vault.seal(SECRET, LABEL), label)


def test_a_seal_of_which_any_bit_was_changed_does_not_open(vault):
    sealed = vault.seal(SECRET, LABEL)
    for place in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(Broken):
            vault.open(bytes(changed), LABEL)


def test_a_seal_of_any_other_length_does_not_open(vault):
    sealed = vault.seal(SECRET, LABEL)
    for length in range(len(sealed)):
        with pytest.raises(Broken):
            vault.open(sealed[:length], LABEL)
    with pytest.raises(Broken):
        vault.open(sealed + b"\0", LABEL)
