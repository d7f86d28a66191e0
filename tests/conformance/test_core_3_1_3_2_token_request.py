"""OpenID Connect Core 1.0 §3.1.3.1 and §3.1.3.2: a token request, and how it is validated."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.conformance.party import CALLBACK, VERIFIER, Somebody, refused, told
from tests.conformance.user_agent import HOME

INVALID_GRANT = (400, "invalid_grant")
REMEMBERING = Somebody(remember="yes")


@pytest.fixture
def code(party, browser):
    """A code on its way."""
    return party.authorize(browser, REMEMBERING).code


def test_a_code_is_redeemed_by_post(party, code):
    assert set(told(party.redeem(code))) >= {"access_token", "token_type", "expires_in", "id_token"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_a_code_is_redeemed_in_no_other_way(party, code, wire, method):
    """RFC 6749 §3.2."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = wire.open("/oauth2/token", base_url=HOME, method=method, query_string=form, headers=party.basic())

    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert told(party.redeem(code))


def test_parameters_in_the_address_do_not_count(party, code, wire):
    """They would end up in logs."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = wire.post("/oauth2/token", base_url=HOME, query_string=form, headers=party.basic())

    assert refused(answer)[1] == "invalid_request"
    assert told(party.redeem(code))


def test_a_form_is_wanted_and_no_json(party, code, wire):
    """RFC 6749 §3.2."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = wire.post("/oauth2/token", base_url=HOME, json=form, headers=party.basic())

    assert refused(answer) == (415, "invalid_request")
    assert told(party.redeem(code))


def test_a_code_is_good_once_and_its_replay_ends_what_it_brought(party, browser, code):
    """The second attempt fails and takes the tokens of the first along (RFC 6749 §4.1.2)."""
    tokens = told(party.redeem(code))
    assert party.userinfo(tokens["access_token"]).status_code == 200

    assert refused(party.redeem(code)) == INVALID_GRANT
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert refused(party.refresh(tokens["refresh_token"])) == INVALID_GRANT
    assert party.authorize(browser, prompt="none").code, "the person is still signed in"


def test_a_code_that_was_used_is_refused_half_a_minute_later_too(party, clock, code):
    tokens = told(party.redeem(code))
    clock.advance(timedelta(seconds=30))

    assert refused(party.redeem(code)) == INVALID_GRANT
    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_a_code_is_used_up_by_whoever_has_its_client_and_not_its_verifier(party, code):
    assert refused(party.redeem(code, code_verifier="x" * 43)) == INVALID_GRANT
    assert refused(party.redeem(code)) == INVALID_GRANT


@pytest.mark.parametrize(("seconds", "is_good"), [(59, True), (60, False), (600, False)])
def test_a_code_lives_for_a_minute(party, clock, code, seconds, is_good):
    clock.advance(timedelta(seconds=seconds))
    answer = party.redeem(code)

    assert (answer.status_code == 200) is is_good
    assert is_good or refused(answer) == INVALID_GRANT


def test_the_client_must_prove_who_it_is(party, code):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}

    assert refused(party.ask("token_endpoint", form)) == (401, "invalid_client")
    assert refused(party.ask("token_endpoint", {**form, "client_id": party.client_id})) == (401, "invalid_client")
    assert told(party.redeem(code))


def test_a_code_belongs_to_the_client_that_it_was_issued_to(party, register, code):
    other = register("Other")

    assert refused(other.redeem(code)) == INVALID_GRANT
    assert told(party.redeem(code))


def test_a_public_client_proves_itself_by_its_verifier(public_party, register, browser):
    code = public_party.authorize(browser).code
    other = register("Another page", token_endpoint_auth_method="none")

    assert refused(other.redeem(code)) == INVALID_GRANT
    assert told(public_party.redeem(code))["id_token"]


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.org/other",
        f"{CALLBACK}/",
        f"{CALLBACK}?x=1",
        "https://APP.example.org/callback",
        "https://app.example.org:443/callback",
    ],
)
def test_the_address_must_be_the_one_of_the_request(party, browser, code, address):
    assert refused(party.redeem(code, redirect_uri=address)) == INVALID_GRANT
    assert told(party.redeem(party.authorize(browser).code))


def test_the_address_of_the_request_counts_and_not_another_registered_one(register, services, browser):
    two = register(is_trusted=True)
    other_address = "https://app.example.org/other"
    client = services.administer.find_client(two.client_id)
    with services.database.transaction():
        services.capabilities.clients.change(replace(client, redirect_uris=(CALLBACK, other_address)))

    assert refused(two.redeem(two.authorize(browser).code, redirect_uri=other_address)) == INVALID_GRANT
    assert told(two.redeem(two.authorize(browser).code))
    assert told(two.redeem(two.authorize(browser, redirect_uri=other_address).code, redirect_uri=other_address))


def test_without_pkce_the_address_is_required(register, browser):
    exempt = register(require_pkce=False, is_trusted=True)
    without = {"code_challenge": None, "code_challenge_method": None}
    bare, whole = (exempt.authorize(browser, **without).code for _ in range(2))

    assert refused(exempt.redeem(bare, code_verifier=None, redirect_uri=None)) == INVALID_GRANT
    assert told(exempt.redeem(whole, code_verifier=None))


@pytest.mark.parametrize("wrong", ["", "x", "'", "A" * 43, "A" * 512, "\ud7ff", "..", "%00"])
def test_what_is_no_code_brings_nothing(party, code, wrong):
    assert refused(party.redeem(wrong)) == (INVALID_GRANT if wrong else (400, "invalid_request"))
    assert told(party.redeem(code))


def test_unknown_parameters_are_ignored(party, code):
    """RFC 6749 §3.2."""
    assert told(party.redeem(code, resource="https://api.example.org", foo="bar"))
