"""Opaque secrets and identifiers."""

import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.foundation.opaque import SystemChance, fingerprint, matches, mint, object_id, text
from tests.fakes.clock import START


def test_a_secret_carries_256_random_bits_in_an_url_safe_form(chance):
    secret = mint(chance)

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret.plain)
    assert len(urlsafe_b64decode(secret.plain + "=")) == 32


def test_a_secret_comes_with_its_own_fingerprint(chance):
    one, other = mint(chance), mint(chance)

    assert one.fingerprint == fingerprint(one.plain) != other.fingerprint
    assert matches(one.plain, one.fingerprint)
    assert not matches(other.plain, one.fingerprint)


def test_a_fingerprint_is_the_sha_256_in_hexadecimal():
    # FIPS 180-4, the example of "abc".
    assert fingerprint("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.text(alphabet=st.characters(), max_size=40))
def test_whatever_somebody_sends_has_a_fingerprint(secret):
    assert matches(secret, fingerprint(secret))


@pytest.mark.parametrize("raw", [b"", b"\xff", b"\xfb\xff\xfe", bytes(32)])
def test_text_is_base64url_without_padding(raw):
    assert not set(text(raw)) & set("+/=")
    assert urlsafe_b64decode(text(raw) + "=" * (-len(text(raw)) % 4)) == raw


def test_an_object_id_is_24_lower_case_hexadecimal_characters_that_begin_with_the_second(chance):
    first, second = object_id(START, chance), object_id(START, chance)

    assert re.fullmatch(r"[0-9a-f]{24}", first)
    assert int(first[:8], 16) == int(START.timestamp())
    assert first != second


def test_object_ids_of_later_seconds_sort_behind(chance):
    assert object_id(START, chance) < object_id(START + timedelta(seconds=1), chance)


def test_an_object_id_has_room_for_the_second_after_2106(chance):
    assert len(object_id(START + timedelta(days=365 * 200), chance)) == 24


def test_the_chance_of_the_machine_gives_as_many_bytes_as_asked_and_never_the_same():
    chance = SystemChance()

    assert [len(chance.token_bytes(n)) for n in (0, 1, 32)] == [0, 1, 32]
    assert len({sha256(chance.token_bytes(16)).digest() for _ in range(100)}) == 100
