"""What is left of bcrypt: looked up now and then, and told as the cost of the dearest."""

from datetime import timedelta

import pytest

from identity_service.accounts.old_hashes import OldHashes
from tests.fakes.people import HASH, person

REST = "." * 53


@pytest.fixture
def old_hashes(services, clock):
    return OldHashes(services.database, clock)


@pytest.fixture
def look(old_hashes, clock):
    """Look again when it is time, and return the cost of the dearest."""

    def after_a_minute():
        clock.advance(timedelta(minutes=1))
        old_hashes.keep_up()
        return old_hashes.dearest()

    return after_a_minute


@pytest.mark.parametrize(
    ("kept", "dearest"),
    [
        ((), 0),
        ((HASH, None), 0),
        ((HASH, f"$2a$10${REST}", None), 10),
        ((f"$2b$04${REST}", f"$2y$12${REST}", f"$2a$10${REST}"), 10),
        ((f"$2b$10${REST}", f"$2b$13${REST}"), 10),
        ((f"$2b$31${REST}",), 10),
        (("$2b$xy$", "$2b$", "$2"), 0),
    ],
)
def test_the_cost_is_that_of_the_dearest_that_everybody_can_pay_for(services, look, kept, dearest):
    for place, each in enumerate(kept):
        person(services, f"ada{place}@example.org", password_hash=each)

    assert look() == dearest


def test_it_looks_once_a_minute(services, clock, old_hashes):
    old_hashes.keep_up()
    person(services, password_hash=f"$2a$10${REST}")
    clock.advance(timedelta(seconds=59))
    old_hashes.keep_up()
    assert old_hashes.dearest() == 0

    clock.advance(timedelta(seconds=1))
    old_hashes.keep_up()
    assert old_hashes.dearest() == 10


def test_once_the_last_is_renewed_none_is_left(services, look):
    kept = f"$2a$10${REST}"
    ada = person(services, password_hash=kept)
    assert look() == 10

    with services.database.transaction():
        services.capabilities.users.renew_hash(ada.id, kept, HASH)
    assert look() == 0
