"""OpenID Connect Core 1.0 §2, §3.1.3.6 and §3.1.3.7: what an ID token says, checked as a party has to check it."""

import json
from datetime import timedelta

import pytest
from joserfc.errors import BadSignatureError

from identity_service.foundation.errors import InvalidClientMetadata
from tests.conformance.party import NONCE, Somebody, half_hash, told
from tests.conformance.user_agent import HOME
from tests.fakes.clock import START
from tests.fakes.tokens import claims_of, header_of

NOW = int(START.timestamp())


@pytest.fixture
def tokens(party, browser):
    """What Ada's sign-in brought the party."""
    return party.sign_in(browser)


def test_it_is_signed_with_a_published_key(party, tokens):
    signed = party.verified(tokens["id_token"])
    published = {key["kid"]: key for key in told(party.get("jwks_uri"))["keys"]}

    assert (signed.header["alg"], signed.header["typ"]) == ("RS256", "JWT")
    assert published[signed.header["kid"]]["alg"] == "RS256"
    assert published[signed.header["kid"]]["use"] == "sig"


def test_another_signature_does_not_verify(party, tokens):
    header, claims, signature = tokens["id_token"].split(".")
    turned = signature[:-8] + signature[-8:].swapcase()

    with pytest.raises(BadSignatureError):
        party.verified(f"{header}.{claims}.{turned}")
    assert party.verified(f"{header}.{claims}.{signature}")


def test_the_required_claims_are_there(party, tokens, ada):
    claims = party.verified(tokens["id_token"]).claims

    assert claims["iss"] == party.metadata["issuer"] == HOME
    assert (claims["sub"], claims["aud"], claims["nonce"]) == (ada.id, party.client_id, NONCE)
    assert (claims["iat"], claims["exp"]) == (NOW, NOW + 900)
    assert all(type(claims[name]) is int for name in ("iat", "exp", "auth_time"))


def test_the_subject_is_short_and_ascii(party, tokens):
    subject = party.verified(tokens["id_token"]).claims["sub"]

    assert isinstance(subject, str)
    assert subject.isascii()
    assert 0 < len(subject) <= 255


def test_the_party_is_the_only_audience(party, tokens):
    """§2: `azp` is needed only when there are more."""
    claims = claims_of(tokens["id_token"])

    assert claims["aud"] in (party.client_id, [party.client_id])
    assert claims.get("azp", party.client_id) == party.client_id


def test_the_time_of_the_sign_in_is_told_and_not_that_of_the_token(party, browser, clock):
    party.authorize(browser, Somebody(remember="yes"))
    clock.advance(timedelta(hours=3))
    claims = claims_of(party.sign_in(browser)["id_token"])

    assert (claims["auth_time"], claims["iat"]) == (NOW, NOW + 3 * 3600)


def test_how_the_person_signed_in_is_told(tokens):
    """RFC 8176 §2 has the names."""
    claims = claims_of(tokens["id_token"])

    assert (claims["acr"], claims["amr"]) == ("1", ["pwd"])


def test_the_access_token_is_tied_to_it(tokens):
    assert claims_of(tokens["id_token"])["at_hash"] == half_hash(tokens["access_token"])


def test_the_party_has_it_signed_as_it_was_registered(register, browser):
    party = register(id_token_signed_response_alg="ES256")
    tokens = party.sign_in(browser)
    signed = party.verified(tokens["id_token"], "ES256")

    assert signed.header["alg"] == "ES256"
    assert signed.claims["at_hash"] == half_hash(tokens["access_token"])


def test_both_algorithms_are_among_those_of_discovery(party):
    assert set(party.metadata["id_token_signing_alg_values_supported"]) == {"RS256", "ES256"}


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "PS256"])
def test_nobody_is_registered_for_another_algorithm(register, algorithm):
    """§2: `none` only without a signature being needed, and never here."""
    with pytest.raises(InvalidClientMetadata):
        register(id_token_signed_response_alg=algorithm)
    assert register(id_token_signed_response_alg="RS256")


def test_it_says_nothing_of_the_person_that_userinfo_tells(party, browser):
    """§5.4: with an access token the claims of the scopes are told at userinfo."""
    tokens = party.sign_in(browser, scope="openid profile email roles")

    assert not claims_of(tokens["id_token"]).keys() & {"name", "email", "email_verified", "picture", "roles"}
    assert party.userinfo(tokens["access_token"]).get_json()["email"] == "ada@example.org"


def test_a_client_that_never_asks_userinfo_finds_the_claims_in_it(register, browser):
    lazy = register(claims_in_id_token=True)
    claims = claims_of(lazy.sign_in(browser, scope="openid email")["id_token"])

    assert (claims["email"], claims["email_verified"], "name" in claims) == ("ada@example.org", False, False)


def test_it_is_no_access_token(party, tokens):
    """RFC 9068 §5: neither passes for the other."""
    assert party.userinfo(tokens["id_token"]).status_code == 401
    assert party.userinfo(tokens["access_token"]).status_code == 200
    assert (header_of(tokens["id_token"])["typ"], header_of(tokens["access_token"])["typ"]) == ("JWT", "at+jwt")


def test_the_session_of_the_party_is_named_in_both(party, browser, tokens):
    """Back-Channel Logout 1.0 §2.1: one `sid` for each sign-in of the party."""
    again = party.sign_in(browser)
    first, second = (claims_of(each["id_token"])["sid"] for each in (tokens, again))

    assert first == claims_of(tokens["access_token"])["sid"]
    assert first != second


def test_header_and_claims_are_json_without_blanks_or_repeats(tokens):
    """RFC 7515 §4, RFC 8725 §3."""
    for part in (header_of(tokens["id_token"]), claims_of(tokens["id_token"])):
        assert json.loads(json.dumps(part)) == part
    assert set(header_of(tokens["id_token"])) == {"alg", "typ", "kid"}
