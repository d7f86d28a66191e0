"""OpenID Connect Core 1.0 §12, RFC 6749 §6, RFC 9700 §4.14: refresh tokens, and the ID tokens that come with them."""

from datetime import timedelta

import pytest

from tests.conformance.party import Somebody, half_hash, refused, told
from tests.fakes.clock import START
from tests.fakes.tokens import claims_of

INVALID_GRANT = (400, "invalid_grant")
SCOPE = "openid profile email"


@pytest.fixture
def tokens(party, browser):
    """What Ada's sign-in brought the party."""
    return party.sign_in(browser, scope=SCOPE)


def test_a_refresh_token_brings_new_tokens(party, tokens, clock):
    clock.advance(timedelta(minutes=20))
    again = told(party.refresh(tokens["refresh_token"]))

    assert set(again) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert again["scope"] == SCOPE
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.userinfo(again["access_token"]).status_code == 200


def test_the_answer_is_kept_by_nobody(party, tokens):
    answer = party.refresh(tokens["refresh_token"])

    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")


def test_the_new_id_token_tells_of_the_same_sign_in(party, tokens, clock):
    """§12.2, point by point."""
    clock.advance(timedelta(hours=5))
    before = claims_of(tokens["id_token"])
    again = told(party.refresh(tokens["refresh_token"]))
    after = party.verified(again["id_token"]).claims

    for name in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert after[name] == before[name]
    assert after.get("azp") == before.get("azp")
    assert after["iat"] == int(START.timestamp()) + 5 * 3600
    assert "nonce" not in after
    assert after["at_hash"] == half_hash(again["access_token"])


def test_a_narrower_scope_counts_for_one_answer(party, tokens):
    narrow = told(party.refresh(tokens["refresh_token"], scope="openid email"))
    wide = told(party.refresh(narrow["refresh_token"]))

    assert (narrow["scope"], wide["scope"]) == ("openid email", SCOPE)
    assert told(party.userinfo(narrow["access_token"])).keys() == {"sub", "email", "email_verified"}
    assert "name" in told(party.userinfo(wide["access_token"]))


@pytest.mark.parametrize("scope", ["openid phone", "roles", f"{SCOPE} offline_access", "openid foo"])
def test_a_wider_scope_is_refused_and_costs_nothing(party, tokens, scope):
    """RFC 6749 §6."""
    assert refused(party.refresh(tokens["refresh_token"], scope=scope)) == (400, "invalid_scope")
    assert told(party.refresh(tokens["refresh_token"]))["scope"] == SCOPE


def test_without_openid_there_is_no_id_token(party, tokens):
    assert "id_token" not in told(party.refresh(tokens["refresh_token"], scope="email"))


def test_the_client_must_prove_who_it_is(party, tokens):
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": party.client_id}

    assert refused(party.ask("token_endpoint", form)) == (401, "invalid_client")
    assert told(party.ask("token_endpoint", form, **party.basic()))


def test_a_refresh_token_belongs_to_the_client_that_it_was_issued_to(party, register, tokens):
    other = register("Other", grant_types=["authorization_code", "refresh_token"])

    assert refused(other.refresh(tokens["refresh_token"])) == INVALID_GRANT
    assert told(party.refresh(tokens["refresh_token"])), "and the attempt of another did not hurt"


def test_a_public_client_refreshes_by_its_name(public_party, browser):
    tokens = public_party.sign_in(browser)
    again = told(public_party.refresh(tokens["refresh_token"]))

    assert again["refresh_token"] != tokens["refresh_token"]


def test_each_use_brings_another_and_the_old_one_is_reuse(party, browser, tokens, clock):
    """RFC 9700 §4.14.2: then whoever holds the newest loses it as well."""
    second = told(party.refresh(tokens["refresh_token"]))
    clock.advance(timedelta(minutes=1))
    third = told(party.refresh(second["refresh_token"]))
    clock.advance(timedelta(minutes=1))

    assert len({each["refresh_token"] for each in (tokens, second, third)}) == 3
    assert party.userinfo(third["access_token"]).status_code == 200
    assert refused(party.refresh(tokens["refresh_token"])) == INVALID_GRANT
    assert refused(party.refresh(third["refresh_token"])) == INVALID_GRANT
    assert party.userinfo(third["access_token"]).status_code == 401


def test_a_lost_answer_may_be_asked_for_again(party, tokens, clock):
    """Within half a minute the same successor is told, so there are never two."""
    second = told(party.refresh(tokens["refresh_token"]))
    clock.advance(timedelta(seconds=30))
    retried = told(party.refresh(tokens["refresh_token"]))

    assert retried["refresh_token"] == second["refresh_token"]
    assert told(party.refresh(second["refresh_token"]))


def test_reuse_is_no_sign_out_of_the_person(party, register, browser, tokens, clock):
    party.authorize(browser, Somebody(remember="yes"), scope=SCOPE)
    elsewhere = register("Another", grant_types=["authorization_code", "refresh_token"]).sign_in(browser)
    told(party.refresh(tokens["refresh_token"]))
    clock.advance(timedelta(minutes=1))
    assert refused(party.refresh(tokens["refresh_token"])) == INVALID_GRANT

    assert party.authorize(browser, prompt="none", scope=SCOPE).code
    assert party.userinfo(elsewhere["access_token"]).status_code == 200


def test_a_session_ends_when_it_was_to_end_however_often_it_is_refreshed(party, tokens, clock):
    refresh_token = tokens["refresh_token"]
    for _ in range(6):
        clock.advance(timedelta(days=1))
        refresh_token = told(party.refresh(refresh_token))["refresh_token"]
    clock.advance(timedelta(days=1))

    assert refused(party.refresh(refresh_token)) == INVALID_GRANT


@pytest.mark.parametrize("wrong", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", "x" * 8000])
def test_what_is_no_refresh_token_brings_nothing(party, tokens, wrong):
    assert refused(party.refresh(wrong)) == INVALID_GRANT
    assert told(party.refresh(tokens["refresh_token"]))


def test_no_other_token_passes_for_a_refresh_token(party, browser, tokens):
    for name in ("access_token", "id_token"):
        assert refused(party.refresh(tokens[name])) == INVALID_GRANT
    assert refused(party.refresh(browser.jar["refreshToken"][0])) == INVALID_GRANT
    assert told(party.refresh(tokens["refresh_token"]))


def test_a_refresh_token_of_a_party_opens_no_page_of_ours(party, browser, other_browser, tokens):
    other_browser.jar["refreshToken"] = (tokens["refresh_token"], "Strict")

    assert other_browser.open("/account").request.path == "/login"
    assert browser.open("/account").request.path == "/account"
