"""OpenID Connect Core 1.0 §10.1.1: signing keys change, and no party ever meets a signature that it cannot verify."""

from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from tests.conformance.party import Somebody, told
from tests.fakes.tokens import claims_of, header_of

MINUTE = timedelta(minutes=1)
REMEMBERING = Somebody(remember="yes")


class Cache:
    """The keys as a party keeps them: fetched anew when their time is over, never before."""

    def __init__(self, party, clock):
        self._party, self._clock = party, clock
        self._fetch()

    def _fetch(self):
        answer = self._party.get("jwks_uri")
        lifetime = int(answer.headers["Cache-Control"].rpartition("max-age=")[2])
        self._keys = KeySet.import_key_set(answer.get_json())
        self._until = self._clock.now() + timedelta(seconds=lifetime)

    def verify(self, token):
        if self._clock.now() >= self._until:
            self._fetch()
        return jwt.decode(token, self._keys, algorithms=["RS256"]).claims


@pytest.fixture
def sign_in(party, browser):
    """Sign in once more and return the tokens."""
    party.authorize(browser, REMEMBERING)
    return lambda: party.sign_in(browser)


def test_the_next_key_is_published_before_it_signs(party, services, clock, sign_in):
    published = {key["kid"] for key in told(party.get("jwks_uri"))["keys"]}
    before = header_of(sign_in()["id_token"])["kid"]
    services.administer.rotate_keys()
    clock.advance(MINUTE)
    after = header_of(sign_in()["id_token"])["kid"]

    assert before != after
    assert {before, after} <= published


def test_a_party_that_keeps_the_keys_as_long_as_it_may_is_never_surprised(party, services, clock, sign_in):
    cache, kids = Cache(party, clock), set()
    for minute in range(22):
        if minute in {1, 11}:
            services.administer.rotate_keys()
        token = sign_in()["id_token"]
        assert cache.verify(token)["aud"] == party.client_id
        kids.add(header_of(token)["kid"])
        clock.advance(MINUTE)

    assert len(kids) == 3


def test_an_old_token_verifies_for_as_long_as_it_lives(party, services, clock, sign_in):
    token = sign_in()["id_token"]
    services.administer.rotate_keys()
    clock.advance(timedelta(minutes=15))

    assert party.verified(token).claims["aud"] == party.client_id


def test_a_retired_key_is_taken_down_in_the_end(party, services, clock, sign_in):
    token = sign_in()["id_token"]
    services.administer.rotate_keys()
    clock.advance(timedelta(minutes=30))

    assert header_of(token)["kid"] not in {key["kid"] for key in told(party.get("jwks_uri"))["keys"]}
    with pytest.raises(InvalidKeyIdError):
        party.verified(token)
    assert party.verified(sign_in()["id_token"])


def test_a_session_outlives_the_key_that_it_began_with(party, services, clock, sign_in):
    tokens = sign_in()
    services.administer.rotate_keys()
    clock.advance(timedelta(minutes=30))
    again = told(party.refresh(tokens["refresh_token"]))

    assert party.verified(again["id_token"]).claims["sub"] == claims_of(tokens["id_token"])["sub"]
    assert party.userinfo(again["access_token"]).status_code == 200


def test_a_key_that_has_leaked_is_believed_no_more(party, services, clock, sign_in):
    token = sign_in()
    services.administer.rotate_keys(at_once=True)
    clock.advance(timedelta(seconds=2))

    assert header_of(token["id_token"])["kid"] not in {key["kid"] for key in told(party.get("jwks_uri"))["keys"]}
    assert party.userinfo(token["access_token"]).status_code == 401
    assert party.verified(sign_in()["id_token"])


def test_a_party_asks_for_the_keys_and_is_told_when_they_are_the_same(party, services, clock):
    """RFC 9111 §4.3."""
    first = party.get("jwks_uri")
    unchanged = party.get("jwks_uri", **{"If-None-Match": first.headers["ETag"]})
    services.administer.rotate_keys()
    clock.advance(timedelta(seconds=2))
    changed = party.get("jwks_uri", **{"If-None-Match": first.headers["ETag"]})

    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert (changed.status_code, changed.headers["ETag"] != first.headers["ETag"]) == (200, True)


def test_what_is_published_is_public(party):
    """RFC 7517 §9.2, RFC 7518 §6."""
    for key in told(party.get("jwks_uri"))["keys"]:
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
        assert key.keys() >= {"kty", "kid", "use", "alg"}
        assert key["use"] == "sig"


def test_no_two_keys_have_one_name(party):
    kids = [key["kid"] for key in told(party.get("jwks_uri"))["keys"]]

    assert len(set(kids)) == len(kids) >= 4
