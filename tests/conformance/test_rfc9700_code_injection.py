"""RFC 9700 §2.1.1, §4.5 and §4.8, RFC 7636: a code is worth nothing to whoever did not ask for it."""

import base64
import hashlib

import pytest

from tests.conformance.party import CHALLENGE, VERIFIER, Somebody, refused, told
from tests.fakes.tokens import claims_of

INVALID_GRANT = (400, "invalid_grant")
REMEMBERING = Somebody(remember="yes")
ALPHABET = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def challenge_of(verifier):
    """RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def code(party, browser):
    """A code on its way."""
    return party.authorize(browser, REMEMBERING).code


@pytest.mark.parametrize("verifier", [VERIFIER, "a" * 43, "~" * 128, ALPHABET])
def test_whoever_has_the_verifier_redeems_the_code(party, browser, verifier):
    answer = party.authorize(browser, code_challenge=challenge_of(verifier))

    assert told(party.redeem(answer.code, code_verifier=verifier))["id_token"]


@pytest.mark.parametrize(
    "verifier",
    [None, "", VERIFIER[:-1] + "l", VERIFIER[:-1], f"{VERIFIER}x", CHALLENGE, VERIFIER.swapcase(), "x" * 43, "é" * 43],
)
def test_whoever_has_not_does_not(party, browser, code, verifier):
    assert refused(party.redeem(code, code_verifier=verifier)) == INVALID_GRANT
    assert told(party.redeem(party.authorize(browser).code))


@pytest.mark.parametrize("changes", [{"code_challenge_method": "plain"}, {"code_challenge_method": None}])
def test_the_plain_method_is_refused_in_every_spelling(party, browser, changes):
    """§2.1.1; without a method RFC 7636 §4.3 would mean plain."""
    answer = party.authorize(browser, code_challenge=VERIFIER, **changes)

    assert answer.parameters["error"] == "invalid_request"
    assert party.authorize(browser).code


def test_a_verifier_without_a_challenge_is_refused(register, browser):
    """§4.8.2: somebody has taken the challenge out of the request on its way."""
    exempt = register(require_pkce=False)
    stripped = {"code_challenge": None, "code_challenge_method": None}

    assert refused(exempt.redeem(exempt.authorize(browser, **stripped).code)) == INVALID_GRANT
    assert told(exempt.redeem(exempt.authorize(browser).code))


def test_a_public_client_is_never_let_off(public_party, browser):
    answer = public_party.authorize(browser, code_challenge=None, code_challenge_method=None)

    assert answer.parameters["error"] == "invalid_request"
    assert public_party.authorize(browser).code


def test_an_exempt_client_without_a_nonce_is_refused(register, browser):
    """§2.1.1: one of the two protects the code."""
    exempt = register(require_pkce=False)
    stripped = {"code_challenge": None, "code_challenge_method": None}

    assert exempt.authorize(browser, **stripped, nonce=None).parameters["error"] == "invalid_request"
    assert exempt.authorize(browser, **stripped).code


def test_a_code_is_bound_to_its_client(party, register, code):
    thief = register("Thief")

    assert refused(thief.redeem(code)) == INVALID_GRANT
    assert told(party.redeem(code)), "and the thief has not spoilt it"


def test_a_code_is_bound_to_the_challenge_of_its_own_request(party, browser):
    """A code of another request in the same browser does not fit."""
    other = "b" * 43
    mine, theirs = party.authorize(browser), party.authorize(browser, code_challenge=challenge_of(other))

    assert refused(party.redeem(theirs.code)) == INVALID_GRANT
    assert told(party.redeem(mine.code))


def test_a_code_is_bound_to_the_nonce_of_its_own_request(party, browser):
    """§4.5.3.2: a party that finds another nonce knows that the code was slipped in."""
    mine, theirs = party.authorize(browser, nonce="n-1"), party.authorize(browser, nonce="n-2")

    assert claims_of(told(party.redeem(theirs.code))["id_token"])["nonce"] == "n-2"
    assert claims_of(told(party.redeem(mine.code))["id_token"])["nonce"] == "n-1"


def test_a_code_is_bound_to_the_session_in_which_it_was_asked_for(party, browser, code):
    """Whoever has signed out meanwhile is not signed in by an old code."""
    browser.submit(browser.open("/account"), "/logout")

    assert refused(party.redeem(code)) == INVALID_GRANT
    assert told(party.redeem(party.authorize(browser).code))


def test_a_code_does_not_outlive_the_consent_that_it_stands_on(party, browser, code):
    """Consent that is taken back while a code is on its way is taken back from the code as well."""
    browser.submit(browser.open("/account"), "/account/consents/withdraw", client_id=party.client_id)

    assert refused(party.redeem(code)) == INVALID_GRANT
    assert told(party.redeem(party.authorize(browser).code))


def test_a_code_of_somebody_whose_account_is_gone_brings_nothing(party, services, ada, code):
    services.close_account.by_operator(ada)

    assert refused(party.redeem(code)) == INVALID_GRANT


def test_discovery_names_the_one_method(party):
    """§2.1.1: the party must be able to find out."""
    assert party.metadata["code_challenge_methods_supported"] == ["S256"]
