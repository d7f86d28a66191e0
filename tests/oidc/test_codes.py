"""Authorization codes: good once, for a minute, for the client that was given them (RFC 6749 4.1.2)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from identity_service.foundation.opaque import fingerprint
from identity_service.oidc.codes import Claimed, Codes, IssuedCode, Replayed
from tests.fakes.clock import START
from tests.fakes.people import person


@pytest.fixture
def codes(services):
    return Codes(services.database, services.clock, services.chance)


@pytest.fixture
def issued(services):
    """A code with everything that one can have."""
    return IssuedCode(
        client_id="app",
        user_id=person(services).id,
        parent_id="66f1c0ffee0ddba11ad00002",
        redirect_uri="https://app.example.org/callback?x=1",
        scope="openid email",
        auth_time=START - timedelta(minutes=3),
        amr="pwd",
        code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        nonce="a nonce, é",
        claims={"id_token": {"email": {"essential": True}}},
    )


@pytest.fixture
def mint(services, codes, issued):
    def minted(what=None):
        with services.database.transaction():
            return codes.mint(what or issued)

    return minted


@pytest.fixture
def claim(services, codes):
    def claimed(code, client_id="app"):
        with services.database.transaction():
            return codes.claim(code, client_id)

    return claimed


def test_a_code_stands_for_what_was_said_when_it_was_minted(mint, claim, issued):
    code = mint()

    assert claim(code) == Claimed(fingerprint(code), issued)


def test_what_may_be_left_out_is_left_out(mint, claim, issued):
    least = IssuedCode(
        "app", issued.user_id, issued.parent_id, issued.redirect_uri, issued.scope, issued.auth_time, issued.amr
    )
    code = mint(least)

    assert claim(code).issued == least
    assert (least.code_challenge, least.nonce, least.claims) == (None, None, {})


def test_each_code_carries_256_random_bits_and_the_table_holds_none_of_them(services, mint):
    """RFC 6749 §10.10."""
    first, second = mint(), mint()
    with services.database.engine.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM authorization_codes")).all())

    assert first != second
    assert (len(first), len(second)) == (43, 43)
    assert fingerprint(first) in rows
    assert first not in rows


def test_a_code_is_good_once(mint, claim, issued):
    code = mint()
    claim(code)

    assert claim(code) == claim(code) == Replayed(None, issued.user_id)


def test_a_code_that_comes_back_names_what_it_produced(services, codes, mint, claim, issued):
    code, other = mint(), mint()
    with services.database.transaction():
        codes.produced(codes.claim(code, "app").fingerprint, "66f1c0ffee0ddba11ad00003")
    claim(other)

    assert claim(code) == Replayed("66f1c0ffee0ddba11ad00003", issued.user_id)
    assert claim(other) == Replayed(None, issued.user_id)


def test_the_claims_that_were_asked_for_are_known_by_the_session(services, codes, mint, issued):
    """OpenID Connect Core 1.0 §5.5: userinfo needs them when the code has long been used."""
    code = mint()
    with services.database.transaction():
        codes.produced(codes.claim(code, "app").fingerprint, "66f1c0ffee0ddba11ad00003")

    assert codes.requested_in("66f1c0ffee0ddba11ad00003") == issued.claims
    assert codes.requested_in("66f1c0ffee0ddba11ad00004") == {}


def test_a_claim_that_is_rolled_back_never_was(services, codes, mint, claim):
    code = mint()

    def claim_in_vain():
        with services.database.transaction():
            codes.claim(code, "app")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        claim_in_vain()
    assert isinstance(claim(code), Claimed)


@pytest.mark.parametrize("is_used", [False, True])
def test_another_client_learns_and_changes_nothing(mint, claim, is_used):
    code = mint()
    if is_used:
        claim(code)

    assert claim(code, "another") is None
    assert isinstance(claim(code), Replayed if is_used else Claimed)


def test_a_code_lives_for_a_minute(mint, claim, clock):
    code, late = mint(), mint()
    clock.advance(timedelta(seconds=60) - timedelta(microseconds=1))
    assert isinstance(claim(code), Claimed)
    clock.advance(timedelta(microseconds=1))
    assert claim(late) is None
    assert isinstance(claim(code), Replayed)


@pytest.mark.parametrize("code", ["", "garbage", "\ud800", "' OR 1=1 --", "\0"])
def test_what_was_never_minted_is_no_code(mint, claim, code):
    mint()

    assert claim(code) is None


def test_what_has_expired_is_forgotten_in_batches(services, codes, mint, claim, clock):
    old = [mint() for _ in range(3)]
    clock.advance(timedelta(hours=1))
    fresh = mint()
    with services.database.transaction():
        gone = [codes.forget_expired(clock.now(), size=2) for _ in range(3)]

    assert gone == [2, 1, 0]
    assert [claim(code) for code in old] == [None] * 3
    assert isinstance(claim(fresh), Claimed)


def test_a_withdrawal_takes_what_one_person_has_open_at_one_client(services, codes, mint, claim, issued):
    grace = person(services, "grace@example.org").id
    used, pending = mint(), mint()
    claim(used)
    of_grace, elsewhere = mint(replace(issued, user_id=grace)), mint(replace(issued, client_id="another"))
    with services.database.transaction():
        assert codes.withdraw(issued.user_id, "app") == 1

    assert claim(pending) is None
    assert claim(used) == Replayed(None, issued.user_id)
    assert isinstance(claim(of_grace), Claimed)
    assert isinstance(claim(elsewhere, "another"), Claimed)


def test_a_withdrawal_for_everybody_takes_what_is_open_at_one_client(services, codes, mint, claim, issued):
    grace = person(services, "grace@example.org").id
    here, of_grace, elsewhere = mint(), mint(replace(issued, user_id=grace)), mint(replace(issued, client_id="another"))
    with services.database.transaction():
        assert codes.withdraw(None, "app") == 2

    assert (claim(here), claim(of_grace)) == (None, None)
    assert isinstance(claim(elsewhere, "another"), Claimed)


def test_a_code_goes_with_its_person(services, mint, claim, issued):
    code = mint()
    with services.database.transaction():
        services.capabilities.users.remove(issued.user_id)

    assert claim(code) is None
