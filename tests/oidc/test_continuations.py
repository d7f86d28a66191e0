"""A request on its way through the browser: sealed by us, for one purpose, for an hour, and not too long."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest

from identity_service.foundation.clock import to_microseconds
from identity_service.foundation.opaque import text
from identity_service.foundation.vault import Vault
from identity_service.oidc.continuations import LONGEST, Continuation, Continuations
from tests.fakes.clock import START

PARAMETERS = (("client_id", "app"), ("state", "é\ud800 &=\n"), ("state", "again"), ("state", "again"))
HOUR = timedelta(hours=1)


@pytest.fixture
def vault(chance):
    return Vault(bytes(32), chance)


@pytest.fixture
def continuations(vault, clock):
    return Continuations(vault, clock, "authorization request")


def test_a_request_comes_back_as_it_came_with_repeats_and_order(continuations):
    begun = continuations.begin(PARAMETERS)

    assert begun == Continuation(PARAMETERS, to_microseconds(START))
    assert continuations.open(continuations.seal(begun)) == begun


def test_of_a_new_request_nothing_has_been_done_and_nobody_knows_who_was_there(continuations):
    begun = continuations.begin(PARAMETERS)

    assert begun.before is None
    assert not begun.asked + begun.shown + begun.chosen + begun.consented


@pytest.mark.parametrize("before", [None, "", "the session"])
def test_every_step_comes_back_and_nobody_is_not_the_same_as_not_known(continuations, before):
    gone = Continuation(PARAMETERS, 1_773_480_413_000_000, before, "asked", "openid email", "chosen", "consented")

    assert continuations.open(continuations.seal(gone)) == gone


def test_what_travels_is_url_safe_tells_nothing_and_never_looks_the_same(continuations):
    begun = continuations.begin(PARAMETERS)
    first, second = continuations.seal(begun), continuations.seal(begun)

    assert first != second
    assert set(first) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert b"client_id" not in urlsafe_b64decode(first + "==")


def test_no_changed_byte_goes_unnoticed(continuations):
    raw = urlsafe_b64decode(continuations.seal(continuations.begin((("a", "b"),))) + "==")
    for place in range(len(raw)):
        changed = bytes([*raw[:place], raw[place] ^ 1, *raw[place + 1 :]])
        assert continuations.open(text(changed)) is None
    assert continuations.open(text(raw[:-1])) is None
    assert continuations.open(text(raw + b"\0")) is None
    assert continuations.open(text(raw)) is not None


@pytest.mark.parametrize(
    "said", ["", "A", "AAAA", "é", "\ud800", "\0", "!", "a.b.c", "=" * 8, "A" * 15, "A" * 16, "A" * 400, " \n", "%3D"]
)
def test_what_was_never_sealed_does_not_open(continuations, said):
    assert continuations.open(said) is None


def test_what_was_sealed_for_another_purpose_or_by_another_installation_does_not_open(vault, clock, chance):
    ours = Continuations(vault, clock, "authorization request")
    sealed = ours.seal(ours.begin(PARAMETERS))

    assert Continuations(vault, clock, "sign-out request").open(sealed) is None
    assert Continuations(Vault(bytes(31) + b"x", chance), clock, "authorization request").open(sealed) is None
    assert Continuations(vault, clock, "authorization request").open(sealed) is not None


def test_a_request_is_remembered_for_an_hour_from_its_beginning(continuations, clock):
    begun = continuations.begin(PARAMETERS)
    clock.advance(HOUR)
    sealed = continuations.seal(begun)
    assert continuations.open(sealed) == begun

    clock.advance(timedelta(microseconds=1))
    assert continuations.open(sealed) is None
    assert continuations.open(continuations.seal(begun)) is None  # a step taken does not make it younger


def test_a_clock_that_was_put_back_forgets_nothing(continuations, clock):
    sealed = continuations.seal(continuations.begin(PARAMETERS))
    clock.advance(-HOUR)

    assert continuations.open(sealed) is not None


def test_what_no_address_could_hold_is_not_sealed(continuations):
    def sealed(characters):
        return continuations.seal(continuations.begin((("state", "x" * characters),)))

    longest = max(filter(sealed, range(4300, 4500)))

    assert LONGEST - 4 <= len(sealed(longest)) <= LONGEST
    assert continuations.open(sealed(longest)) is not None
    assert sealed(longest + 1) is None
    assert sealed(100_000) is None


def test_what_is_longer_is_refused_even_if_we_had_sealed_it(vault, continuations):
    def sealed(characters):
        raw = json.dumps([[["state", "x" * characters]], to_microseconds(START)])
        return text(vault.seal(raw.encode(), "authorization request"))

    assert continuations.open(sealed(4000)) == Continuation((("state", "x" * 4000),), to_microseconds(START))
    assert continuations.open(sealed(5000)) is None


def test_now_is_told_in_microseconds(continuations, clock):
    clock.advance(timedelta(microseconds=7))

    assert continuations.now() == to_microseconds(START) + 7
