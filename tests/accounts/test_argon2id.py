"""Argon2id on memory that is kept: the library's digests, nobody else's memory, and all of it given back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher, Type
from argon2.low_level import ffi
from hypothesis import given
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher

from identity_service.accounts.argon2id import Argon2id
from identity_service.foundation.opaque import SystemChance

COST = {"time_cost": 2, "memory_cost": 64}
PASSWORD = "a long phrase that is mine"


@pytest.fixture
def hasher():
    return Argon2id(**COST, chance=SystemChance())


def form(kept, **other):
    """Return *kept* with other words at some of its places."""
    places = ("variant", "version", "cost", "salt", "digest")
    return "$".join(["", *({**dict(zip(places, kept[1:].split("$"), strict=True)), **other}[name] for name in places)])


@given(typed=st.text(max_size=200), salt=st.binary(min_size=8, max_size=64), length=st.integers(4, 128))
def test_a_digest_is_the_librarys_own(typed, salt, length):
    sent = typed.encode("utf-8", "replace")
    kept = PasswordHasher(**COST, parallelism=1, hash_len=length).hash(sent, salt=salt)
    hasher = Argon2id(**COST, chance=SystemChance())

    assert hasher.verify(sent, kept)
    assert not hasher.verify(sent + b"x", kept)


@given(typed=st.text(max_size=200), salt=st.binary(min_size=8, max_size=64))
def test_a_hash_is_the_librarys_own(typed, salt):
    sent = typed.encode("utf-8", "replace")

    assert Argon2id(**COST, chance=SystemChance()).hash(sent, salt=salt) == PasswordHasher(**COST, parallelism=1).hash(
        sent, salt=salt
    )


def test_every_hash_has_a_salt_of_its_own(hasher):
    kept = {hasher.hash(PASSWORD) for _ in range(20)}

    assert len({each.split("$")[4] for each in kept}) == 20
    assert all(PasswordHasher().verify(each, PASSWORD) for each in kept)


@pytest.mark.parametrize(("memory_cost", "time_cost"), [(8, 1), (64, 3), (20476, 2), (30001, 1)])
def test_every_cost_is_understood(hasher, memory_cost, time_cost):
    kept = Argon2Hasher(time_cost, memory_cost, 1).hash(PASSWORD)

    assert hasher.verify(PASSWORD, kept)
    assert not hasher.verify(f"{PASSWORD} ", kept)


@pytest.mark.parametrize("variant", [Type.I, Type.D])
def test_what_is_not_of_the_usual_form_is_the_librarys_to_verify(hasher, variant):
    for kept in (
        PasswordHasher(**COST, parallelism=1, type=variant).hash(PASSWORD),
        Argon2Hasher(2, 64, 4).hash(PASSWORD),
    ):
        assert hasher.verify(PASSWORD, kept)
        assert not hasher.verify("another", kept)
    assert not hasher._memory.idle


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost": "m=7,t=2,p=1"},
        {"cost": "m=64,t=0,p=1"},
        {"cost": "m=99999999999,t=2,p=1"},
        {"cost": "m=64,t=2,p=1,x=1"},
        {"version": "v=20"},
        {"salt": "c2hvcnQ"},
        {"salt": "A"},
        {"salt": "AAAAAAAAAAAAAAAAAAAAAB"},
        {"salt": ""},
        {"digest": "AAA"},
        {"digest": "A"},
        {"digest": "AAAA\n"},
        {"digest": ""},
    ],
    ids=str,
)
def test_a_hash_that_is_none_is_nobodys(hasher, wrong):
    assert not hasher.verify(PASSWORD, form(hasher.hash(PASSWORD), **wrong))


def test_memory_goes_from_one_hash_to_the_next_until_it_is_given_back(hasher):
    kept = hasher.hash(PASSWORD)
    assert hasher.verify(PASSWORD, kept)
    (piece,) = hasher._memory.idle
    assert hasher.verify(PASSWORD, kept)
    assert list(hasher._memory.idle) == [piece]

    hasher.give_back()
    assert not hasher._memory.idle


def test_nothing_of_a_hash_is_left_in_its_memory(hasher):
    hasher.verify(PASSWORD, hasher.hash(PASSWORD))
    (piece,) = hasher._memory.idle

    assert bytes(ffi.buffer(piece.start, piece.size)) == bytes(piece.size)


def test_hashes_at_the_same_time_have_memory_each():
    hasher = Argon2id(2, 20476, SystemChance())
    hashes = {word: hasher.hash(word) for word in ("one", "two", "three", "four")}
    with ThreadPoolExecutor(4) as threads:
        verdicts = threads.map(lambda pair: hasher.verify(*pair), [(a, b) for a in hashes for b in hashes.values()])

        assert list(verdicts) == [a == b for a in hashes for b in hashes]
    assert 1 <= len(hasher._memory.idle) <= 4


def test_without_code_that_is_made_while_the_program_runs_everything_works(hasher):
    hasher._memory.allocate = hasher._memory.free = ffi.NULL

    assert hasher.verify(PASSWORD, hasher.hash(PASSWORD))
    assert not hasher._memory.idle


def test_without_memory_nobody_is_let_in(hasher, capfd):
    """The library asks the system for memory itself then, and has it in this test."""

    def none(_place, _size):
        return -1

    hasher._memory.allocate = refusing = ffi.callback("int(uint8_t **, size_t)", none)

    assert refusing
    assert hasher.verify(PASSWORD, hasher.hash(PASSWORD))
    assert not hasher.verify("another", hasher.hash(PASSWORD))
    assert capfd.readouterr().err == ""
