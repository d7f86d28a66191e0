"""Next, active, retired: no verifier ever meets a key that it could not know."""

import json
from datetime import timedelta

import pytest

from identity_service.foundation.vault import Vault
from identity_service.keys.rotation import CACHE_LIFE, Rotation, _certain, active
from tests.fakes.clock import START

LONGEST_TOKEN = timedelta(minutes=25)  # the life of an access token, and ten minutes to be sure
SECOND = timedelta(seconds=1)


class Slow(Rotation):
    """An operator's rotation that read the table before somebody else changed it."""

    def __init__(self, rotation):
        vars(self).update(vars(rotation))
        self._read_before = [super().generations()]

    def generations(self):
        return self._read_before.pop() if self._read_before else super().generations()


class Verifier:
    """A back end that reads the key set of one worker and keeps it for as long as it may."""

    def __init__(self, worker, clock):
        self._worker, self._clock = worker, clock
        self._known, self._read_at = frozenset(), None

    def knows(self, kid):
        if self._read_at is None or self._clock.now() - self._read_at >= CACHE_LIFE:
            self.read()
        return kid in self._known

    def read(self):
        self._known = frozenset(key["kid"] for key in json.loads(self._worker.key_set().body)["keys"])
        self._read_at = self._clock.now()


def kid_of(worker):
    return worker.signing("ES256").kid


def test_the_first_start_makes_an_active_and_a_next_key_of_each_kind(services):
    keys = services.capabilities.rotation.generations()

    assert [(key.algorithm, key.generation, key.active_from) for key in keys] == [
        ("ES256", 1, START),
        ("ES256", 2, None),
        ("RS256", 1, START),
        ("RS256", 2, None),
    ]
    assert services.capabilities.rotation.make_first() == []


def test_of_two_that_start_at_once_the_keys_of_the_quicker_one_stay(services, rotation):
    before = rotation.generations()
    with services.database.transaction():
        rotation.add_first([{**row, "generation": 1} for row in rotation.make_successors()])

    assert rotation.generations() == before


def test_a_kind_without_keys_is_given_some(services, rotation):
    services.administer.prepare_keys()

    assert {key.algorithm for key in rotation.generations()} == {"ES256", "RS256"}


def test_the_first_rotation_may_be_at_once_because_both_keys_were_always_published(worker, rotate, rotation, clock):
    first, second = rotation.generations()
    ring = worker()
    assert kid_of(ring) == first.kid

    planned = rotate()
    assert (planned.kid, planned.active_from, planned.was_planned_already) == (second.kid, clock.now(), False)
    assert kid_of(worker()) == second.kid
    assert [key.generation for key in rotation.generations()] == [1, 2, 3]


def test_a_new_key_signs_no_sooner_than_every_cached_key_set_can_know_it(worker, rotate, rotation, clock):
    rotate()
    now_active = kid_of(worker())
    planned = rotate()
    newest = rotation.generations()[2]

    assert planned.kid == newest.kid
    assert planned.active_from - newest.published_at >= CACHE_LIFE
    clock.advance(planned.active_from - clock.now() - SECOND)
    assert kid_of(worker()) == now_active
    clock.advance(SECOND)
    assert kid_of(worker()) == newest.kid


def test_a_second_rotation_within_the_cache_life_keeps_the_plan(rotate, rotation, clock):
    rotate()
    planned = rotate()
    clock.advance(timedelta(minutes=1))
    again = rotate()

    assert (again.kid, again.active_from) == (planned.kid, planned.active_from)
    assert again.was_planned_already is True
    assert len(rotation.generations()) == 4


def test_on_the_day_of_a_leak_the_next_key_signs_at_once(worker, rotate, rotation, clock):
    rotate()
    leaked = kid_of(worker())
    planned = rotate(at_once=True)

    assert planned.active_from == clock.now()
    clock.advance(SECOND)
    assert kid_of(worker()) == planned.kid != leaked
    assert leaked not in {key.kid for key in rotation.generations()}


def test_on_the_day_of_a_leak_a_plan_is_hurried_along(worker, rotate, rotation, clock):
    rotate()
    planned = rotate()
    clock.advance(SECOND)
    hurried = rotate(at_once=True)

    assert (hurried.kid, hurried.active_from) == (planned.kid, clock.now())
    assert kid_of(worker()) == planned.kid
    assert [key.active_from is None for key in rotation.generations()] == [False, True]


def test_two_operators_who_rotate_at_once_both_succeed(services, rotation):
    first, second = rotation.make_successors(), rotation.make_successors()
    for successors in (first, second):
        with services.database.transaction():
            rotation.advance(successors)

    assert [key.generation for key in rotation.generations()] == [1, 2, 3, 4]
    assert sum(key.active_from is None for key in rotation.generations()) == 1


def test_of_two_operators_the_slower_one_keeps_the_plan_of_the_quicker_one(services, rotation, rotate):
    rotate()
    slow, successors = Slow(rotation), rotation.make_successors()
    planned = rotate()
    with services.database.transaction():
        (found,) = slow.advance(successors)

    assert (found.kid, found.active_from, found.was_planned_already) == (planned.kid, planned.active_from, True)


def test_a_verifier_that_caches_never_meets_an_unknown_key_in_twenty_rotations(worker, rotate, clock):
    signer, publisher = worker(), worker()
    verifiers = [Verifier(publisher, clock) for _ in range(3)]
    used = []
    for step in range(20 * 24):
        if step % 24 == 5:
            rotate()
        clock.advance(timedelta(seconds=17, milliseconds=300 * (step % 7)))
        used.append(kid_of(signer))
        assert all(verifier.knows(used[-1]) for verifier in verifiers[: 1 + step % 3])

    assert len(set(used)) == 21


def test_a_key_set_read_just_before_a_worker_saw_the_new_key_is_good_for_its_whole_life(worker, rotate, clock):
    signer, publisher = worker(), worker()
    late = Verifier(publisher, clock)
    publisher.key_set()
    clock.advance(SECOND / 10)
    rotate()
    planned = rotate()
    clock.advance(SECOND / 2)
    late.read()  # the publisher looked at its table half a second ago

    while clock.now() < planned.active_from + SECOND:
        assert late.knows(kid_of(signer))
        clock.advance(SECOND / 2)


def test_a_retired_key_is_published_until_nothing_that_it_signed_can_be_alive(worker, rotate, rotation, clock):
    retired = kid_of(worker())
    planned = rotate()
    clock.advance(LONGEST_TOKEN)

    assert worker().verifying(retired, "ES256") is not None
    clock.advance(timedelta(microseconds=1))
    assert worker().verifying(retired, "ES256") is None
    assert worker().verifying(planned.kid, "ES256") is not None


def test_only_keys_that_are_gone_are_forgotten(services, rotate, rotation, clock):
    first, *_others = rotation.generations()
    rotate()
    clock.advance(LONGEST_TOKEN)
    with services.database.transaction():
        assert rotation.forget_retired() == 0
    clock.advance(timedelta(microseconds=1))
    with services.database.transaction():
        assert rotation.forget_retired() == 1
        assert rotation.forget_retired() == 0

    assert first.kid not in {key.kid for key in rotation.generations()}


def test_when_a_clock_was_put_back_behind_the_first_start_the_first_key_signs_all_the_same(rotation):
    first, *_waiting = rotation.generations()

    assert active(rotation.generations(), "ES256", START - SECOND) == first
    assert active(rotation.generations(), "RS256", START) is None


def test_a_key_that_waits_has_no_beginning():
    with pytest.raises(ValueError, match="has no beginning"):
        _certain(None)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_new_key_is_sealed_under_its_own_name(services, clock, chance, settings, algorithm):
    vault = Vault(settings.secrets.creds_key.get_secret_value(), chance)
    rotation = Rotation(services.database, clock, vault, LONGEST_TOKEN)
    row = rotation._new(algorithm, 9, START)

    assert vault.open(row["sealed"], f"signing key {row['kid']}").startswith(b"-----BEGIN PRIVATE KEY-----")
    assert row["public_jwk"]["kid"] == row["kid"]
    assert b"PRIVATE" not in row["sealed"]
