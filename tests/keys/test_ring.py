"""The key ring: what signs, what verifies, and what everybody may read."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from identity_service.foundation import jose
from identity_service.foundation.errors import DatabaseUnavailable, Misconfigured
from identity_service.foundation.vault import Vault
from identity_service.keys.ring import KeyRing
from identity_service.keys.tables import SigningKey
from tests.conftest import ON_POSTGRES

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}  # RFC 7518 §6.2.2, §6.3.2, §6.4.1
GLANCE = timedelta(seconds=1)


class Flaky:
    """A rotation whose table can be out of reach."""

    def __init__(self, rotation):
        self._rotation, self.is_away = rotation, False

    def generations(self):
        if self.is_away:
            raise DatabaseUnavailable
        return self._rotation.generations()

    def is_gone(self, *asked):
        return self._rotation.is_gone(*asked)


class Overtaken:
    """The turn to look, when somebody else has looked while one waited for it."""

    def __init__(self, ring, quicker):
        self._ring, self._quicker = ring, quicker

    def __enter__(self):
        self._quicker.key_set()
        self._ring._present = self._quicker._present

    def __exit__(self, *_):
        pass


def published(ring):
    return json.loads(ring.key_set().body)["keys"]


def test_the_key_set_never_holds_a_private_member(services):
    keys = published(services.capabilities.keys)

    assert {key["kty"] for key in keys} == {"EC", "RSA"}
    assert [key.keys() & PRIVATE_MEMBERS for key in keys] == [set()] * 4


def test_each_published_key_says_its_name_its_algorithm_and_that_it_signs(services):
    for key in published(services.capabilities.keys):
        assert key["use"] == "sig"
        assert key["alg"] in {"ES256", "RS256"}
        assert len(key["kid"]) == 43


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_what_the_ring_signs_it_verifies(services, algorithm):
    ring = services.capabilities.keys
    token = jose.sign({"iat": 1, "exp": 3}, ring.signing(algorithm), algorithm=algorithm, typ="JWT")
    expect = jose.Expect(algorithm, "JWT", None, None)

    assert jose.verify(token, lambda kid: ring.verifying(kid, algorithm), expect, now=2) == {"iat": 1, "exp": 3}


def test_a_key_verifies_only_for_its_own_algorithm(services):
    ring = services.capabilities.keys
    kid = ring.signing("ES256").kid

    assert ring.verifying(kid, "ES256") is ring.verifying(kid, "ES256")
    assert ring.verifying(kid, "RS256") is None
    assert ring.verifying("unknown", "ES256") is None
    assert ring.verifying("", "ES256") is None


def test_the_tag_and_the_epoch_change_when_the_published_keys_change(worker, rotate, clock):
    ring = worker()
    before = ring.key_set().tag, ring.epoch()
    clock.advance(GLANCE)
    assert (ring.key_set().tag, ring.epoch()) == before

    rotate()
    clock.advance(GLANCE)
    assert ring.key_set().tag != before[0]
    assert ring.epoch() != before[1]


def test_the_ring_looks_at_its_table_once_a_second(worker, rotate, rotation, clock):
    ring = worker()
    assert len(published(ring)) == 2
    rotate()
    clock.advance(GLANCE - timedelta(microseconds=1))
    assert len(published(ring)) == 2
    clock.advance(timedelta(microseconds=1))
    assert len(published(ring)) == 3


def test_the_ring_looks_again_when_the_clock_was_set_back(worker, rotate, clock):
    ring = worker()
    ring.key_set()
    rotate()
    clock.advance(-timedelta(hours=1))

    assert len(published(ring)) == 3


def test_another_creds_key_is_told_in_a_sentence(services, clock, chance, rotation):
    ring = KeyRing(services.database, clock, Vault(bytes(32), chance), rotation)

    with pytest.raises(Misconfigured) as refusal:
        ring.signing("ES256")
    (problem,) = refusal.value.problems
    assert problem == "CREDS_KEY is not the one that sealed the signing keys in this database. Put the old value back."


def test_an_installation_without_keys_is_told_how_to_get_some(services, worker, rotation):
    with services.database.transaction():
        services.database.change(delete(SigningKey))
    ring = worker()

    with pytest.raises(DatabaseUnavailable, match="There is no ES256 signing key yet"):
        ring.signing("ES256")
    assert published(ring) == []


def test_a_key_that_went_between_two_looks_signs_no_more(services, worker, rotation):
    ring = worker()
    ring.key_set()
    with services.database.transaction():
        services.database.change(delete(SigningKey))

    with pytest.raises(Misconfigured):
        ring.signing("ES256")


def test_while_the_database_is_away_the_keys_of_a_moment_ago_are_published(services, clock, rotation):
    flaky = Flaky(rotation)
    ring = KeyRing(services.database, clock, rotation._vault, flaky)
    before = ring.key_set()
    flaky.is_away = True
    clock.advance(GLANCE)

    assert ring.key_set() == before
    assert ring.signing("ES256").kid in {key["kid"] for key in published(ring)}


def test_before_the_first_look_there_is_nothing_to_publish_without_the_database(services, clock, rotation):
    flaky = Flaky(rotation)
    flaky.is_away = True

    with pytest.raises(DatabaseUnavailable):
        KeyRing(services.database, clock, rotation._vault, flaky).key_set()


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL takes nothing for JSON that is none.")
def test_a_key_that_is_damaged_is_told_in_a_sentence_and_those_of_a_moment_ago_are_published(services, worker, clock):
    ring = worker()
    before = ring.key_set()
    with services.database.transaction():
        services.database.change(text("UPDATE signing_keys SET public_jwk = '{cut'"))
    clock.advance(GLANCE)

    assert ring.key_set() == before
    with pytest.raises(DatabaseUnavailable, match="is damaged"):
        worker().key_set()


def test_what_another_thread_has_just_seen_is_not_looked_at_again(worker, rotate, clock):
    ring, quicker = worker(), worker()
    ring.key_set()
    rotate()
    clock.advance(GLANCE)
    ring._looking = Overtaken(ring, quicker)

    assert ring.key_set() is quicker.key_set()
