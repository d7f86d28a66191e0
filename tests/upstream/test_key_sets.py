"""The keys of an issuer: fetched again when one is missed, and not more often than twice a minute."""

from datetime import timedelta

import pytest

from identity_service.upstream.key_sets import KeySets
from identity_service.upstream.provider import NotProven
from tests.fakes.client_keys import ClientKey
from tests.fakes.lines import Scripted

KEYS = "https://idp.example.org/keys"
OLD, NEW, STRANGER = ClientKey("ES256", "old"), ClientKey("ES256", "new"), ClientKey("ES256", "old")


@pytest.fixture
def line():
    return Scripted({KEYS: {"keys": [OLD.jwk]}})


@pytest.fixture
def key_sets(clock):
    return KeySets(clock, timedelta(minutes=10))


def test_the_set_is_kept(key_sets, line):
    for _ in range(3):
        assert key_sets.verified(OLD.sign({"sub": "x"}), KEYS, line).claims == {"sub": "x"}

    assert line.count(KEYS) == 1


@pytest.mark.parametrize("signer", [NEW, STRANGER], ids=["an unknown name", "a bad signature"])
def test_a_key_that_is_missed_is_looked_for_once_more(key_sets, line, signer):
    key_sets.verified(OLD.sign({}), KEYS, line)
    line.script[KEYS] = {"keys": [signer.jwk]}

    assert key_sets.verified(signer.sign({"sub": "x"}), KEYS, line).claims == {"sub": "x"}
    assert line.count(KEYS) == 2


def test_a_token_without_a_name_is_tried_with_each_key_of_its_kind(key_sets, line):
    line.script[KEYS] = {"keys": [ClientKey("RS256", "r").jwk, OLD.jwk, NEW.jwk]}

    assert key_sets.verified(NEW.sign({"sub": "x"}, kid=None), KEYS, line).claims == {"sub": "x"}


def test_the_issuer_is_not_asked_for_every_key_that_somebody_makes_up(key_sets, line, clock):
    for _ in range(10):
        with pytest.raises(NotProven):
            key_sets.verified(STRANGER.sign({}), KEYS, line)
    assert line.count(KEYS) == 3  # once because there was none, twice again
    clock.advance(timedelta(minutes=1))
    with pytest.raises(NotProven):
        key_sets.verified(STRANGER.sign({}), KEYS, line)

    assert line.count(KEYS) == 4


def test_the_set_is_fetched_again_when_it_is_old(key_sets, line, clock):
    key_sets.verified(OLD.sign({}), KEYS, line)
    clock.advance(timedelta(minutes=10))
    line.script[KEYS] = {"keys": []}

    with pytest.raises(NotProven):
        key_sets.verified(OLD.sign({}), KEYS, line)


@pytest.mark.parametrize("keys", [{}, {"keys": 7}, {"keys": [7, None, "x", {}]}, {"keys": [{"kid": "old"}]}])
def test_a_set_that_holds_no_usable_key_verifies_nothing(key_sets, line, keys):
    line.script[KEYS] = keys

    with pytest.raises(NotProven):
        key_sets.verified(OLD.sign({}), KEYS, line)


def test_a_key_for_something_else_verifies_nothing(key_sets, line):
    line.script[KEYS] = {"keys": [{**OLD.jwk, "use": "enc"}]}

    with pytest.raises(NotProven):
        key_sets.verified(OLD.sign({}), KEYS, line)
