"""Vouchers: good once, for a quarter of an hour, one of each kind; and kept as fingerprints."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from identity_service.accounts.vouchers import LIFE, RESET_PASSWORD, VERIFY_EMAIL, Voucher
from identity_service.foundation.opaque import fingerprint
from tests.fakes.people import EMAIL, person


@pytest.fixture
def vouchers(services):
    return services.capabilities.vouchers


@pytest.fixture
def ada(services):
    return person(services)


@pytest.fixture
def mint(services, ada, vouchers):
    """Mint a voucher of Ada's."""

    def make(kind=RESET_PASSWORD, whose=ada):
        with services.database.transaction():
            return vouchers.mint(kind, whose.id, whose.email)

    return make


@pytest.fixture
def claim(services, vouchers):
    """Use a voucher up, and say whether it was good."""

    def use(plain):
        found = vouchers.find(plain)
        with services.database.transaction():
            return found is not None and vouchers.claim(found)

    return use


def test_a_voucher_carries_256_random_bits_and_only_its_fingerprint_is_kept(services, mint):
    plain = mint()

    assert len(plain) == 43
    with services.database.transaction():
        (row,) = services.database.connection().execute(text("SELECT * FROM vouchers")).all()
    assert plain not in str(row)
    assert fingerprint(plain) in row


def test_a_voucher_says_whose_it_is_and_where_it_went(ada, vouchers, mint):
    plain = mint()

    assert vouchers.find(plain) == Voucher(ada.id, RESET_PASSWORD, fingerprint(plain), EMAIL)


def test_looking_at_a_voucher_uses_nothing_up_and_using_it_does(vouchers, mint, claim):
    plain = mint()

    assert all(vouchers.find(plain) for _ in range(3))
    assert [claim(plain), claim(plain)] == [True, False]
    assert vouchers.find(plain) is None


def test_of_two_that_found_the_same_voucher_one_may_use_it(services, vouchers, mint):
    found = vouchers.find(mint())

    with services.database.transaction():
        assert [vouchers.claim(found), vouchers.claim(found)] == [True, False]


def test_a_voucher_is_good_for_fifteen_minutes(clock, vouchers, mint, claim):
    plain = mint()
    clock.advance(LIFE - timedelta(seconds=1))
    found = vouchers.find(plain)
    assert found is not None

    clock.advance(timedelta(seconds=1))
    assert timedelta(minutes=15) == LIFE
    assert vouchers.find(plain) is None
    assert not claim(plain)


def test_one_that_went_out_of_date_after_it_was_found_is_not_good_either(services, clock, vouchers, mint):
    found = vouchers.find(mint())
    clock.advance(LIFE)

    with services.database.transaction():
        assert not vouchers.claim(found)


def test_a_new_voucher_is_the_end_of_the_older_one_of_its_kind_and_of_no_other(services, mint, claim):
    grace = person(services, "grace@example.org")
    old, other, hers = mint(), mint(VERIFY_EMAIL), mint(whose=grace)
    new = mint()

    assert [claim(each) for each in (old, new, other, hers)] == [False, True, True, True]


def test_all_vouchers_of_a_person_can_be_made_worthless(services, ada, vouchers, mint, claim):
    grace = person(services, "grace@example.org")
    reset, verify, hers = mint(), mint(VERIFY_EMAIL), mint(whose=grace)
    with services.database.transaction():
        vouchers.void(ada.id)

    assert [claim(each) for each in (reset, verify, hers)] == [False, False, True]


@pytest.mark.parametrize("plain", ["", "x", "x" * 5000, "\ud800", "' OR 1=1 --"])
def test_what_was_never_ours_is_no_voucher(vouchers, mint, plain):
    mint()

    assert vouchers.find(plain) is None


def test_vouchers_go_with_their_person(services, ada, vouchers, mint):
    plain = mint()
    services.close_account.by_operator(ada)

    assert vouchers.find(plain) is None


def test_what_is_out_of_date_is_forgotten_in_small_batches(services, clock, vouchers, mint):
    for number in range(3):
        mint(whose=person(services, f"person.{number}@example.org"))
    clock.advance(LIFE)

    with services.database.transaction():
        assert vouchers.forget_expired(clock.now(), 2) == 0  # out of date just now
        clock.advance(timedelta(seconds=1))
        assert [vouchers.forget_expired(clock.now(), 2) for _ in range(3)] == [2, 1, 0]
