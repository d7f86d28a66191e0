"""ID tokens: what they say, and which tokens are believed to be one when they come back as a hint."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from identity_service.foundation import jose
from identity_service.oidc.id_tokens import Hint, IDTokens, IDTokenSubject, acr_of
from identity_service.oidc.logout_tokens import LogoutTokens
from identity_service.sessions.access import StandardAccessTokens, Terms
from identity_service.sessions.client_access import ClientAccessTokens
from tests.fakes.clock import START
from tests.fakes.people import person, session
from tests.fakes.tokens import claims_of, header_of

ISSUER = "https://id.example.org"
NOW = int(START.timestamp())
LIFETIME = timedelta(minutes=15)

# OpenID Connect Core 1.0 §A.3 and §A.4: an access token and the at_hash of it.
SPECIFIED = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "77QmUPtjPfzWtF2AnpK9RQ"

SUBJECT = IDTokenSubject(
    user_id="66f1c0ffee0ddba11ad00001",
    client_id="app",
    session_id="66f1c0ffee0ddba11ad00002",
    auth_time=START - timedelta(minutes=3),
    amr="pwd",
    access_token=SPECIFIED[0],
)


@pytest.fixture
def keys(services):
    return services.capabilities.keys


@pytest.fixture
def id_tokens(keys, clock):
    return IDTokens(keys, ISSUER, LIFETIME, clock)


@pytest.fixture
def signed(keys):
    """Sign whatever is given, with our own key."""

    def sign(typ="JWT", algorithm="RS256", **claims):
        told = {
            "iss": ISSUER,
            "sub": SUBJECT.user_id,
            "aud": "app",
            "sid": SUBJECT.session_id,
            "at_hash": "x",
            "auth_time": NOW,
            "iat": NOW,
            "exp": NOW + 900,
            **claims,
        }
        kept = {name: value for name, value in told.items() if value is not None}
        return jose.sign(kept, keys.signing(algorithm), algorithm=algorithm, typ=typ)

    return sign


def test_an_id_token_says_who_signed_in_where_when_and_how(id_tokens):
    """OpenID Connect Core 1.0 §2; `aud` is a string and needs no `azp` beside it."""
    assert claims_of(id_tokens.issue(SUBJECT)) == {
        "iss": ISSUER,
        "sub": SUBJECT.user_id,
        "aud": "app",
        "exp": NOW + 900,
        "iat": NOW,
        "auth_time": NOW - 180,
        "at_hash": SPECIFIED[1],
        "sid": SUBJECT.session_id,
        "acr": "1",
        "amr": ["pwd"],
    }


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_an_id_token_is_signed_by_a_published_key(id_tokens, keys, algorithm):
    """OpenID Connect Core 1.0 §10.1."""
    token = id_tokens.issue(replace(SUBJECT, algorithm=algorithm))
    header = header_of(token)

    assert (header["alg"], header["typ"]) == (algorithm, "JWT")
    assert jose.verify(
        token,
        lambda kid: keys.verifying(kid, algorithm),
        jose.Expect(algorithm, "JWT", ISSUER, "app"),
        NOW,
    )
    assert header["kid"] in keys.key_set().body.decode()


def test_at_hash_is_the_left_half_of_the_access_tokens_hash(id_tokens):
    """OpenID Connect Core 1.0 §3.1.3.6."""
    half = sha256(b"another").digest()[:16]
    token = id_tokens.issue(replace(SUBJECT, access_token="another", algorithm="ES256"))

    assert claims_of(token)["at_hash"] == urlsafe_b64encode(half).decode().rstrip("=")


@pytest.mark.parametrize("nonce", ["n-0S6_WzA2Mj", "", "é"])
def test_a_nonce_is_repeated_as_it_came(id_tokens, nonce):
    """OpenID Connect Core 1.0 §3.1.3.6."""
    assert claims_of(id_tokens.issue(replace(SUBJECT, nonce=nonce)))["nonce"] == nonce


def test_what_is_told_of_the_person_stands_beside_and_never_in_place_of_what_the_token_says(id_tokens):
    claims = claims_of(id_tokens.issue(replace(SUBJECT, claims={"name": "Ada", "iss": "evil", "sub": "x", "acr": "9"})))

    assert (claims["name"], claims["iss"], claims["sub"], claims["acr"]) == ("Ada", ISSUER, SUBJECT.user_id, "1")


@pytest.mark.parametrize(("amr", "acr"), [(["pwd"], "1"), (["pwd", "pwd"], "1"), (["pwd", "otp"], "2"), ([], "1")])
def test_the_class_of_a_sign_in_counts_what_was_proven(amr, acr):
    assert acr_of(amr) == acr


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=15), timedelta(days=300)])
def test_an_id_token_is_a_hint_even_when_it_has_expired(id_tokens, keys, clock, algorithm, age):
    """OpenID Connect RP-Initiated Logout 1.0 §2: should be accepted when the exp time has passed."""
    token = id_tokens.issue(replace(SUBJECT, algorithm=algorithm))
    clock.advance(age)

    assert id_tokens.read_hint(token) == Hint(SUBJECT.user_id, "app", SUBJECT.session_id)


def test_no_other_token_of_ours_is_a_hint(services, id_tokens, keys, clock, chance):
    """RFC 8725 §3.11, §3.12."""
    begun = session(services, person(services))
    client = services.capabilities.clients
    with services.database.transaction():
        registered = client.register("App").client
    terms = Terms(ISSUER, "app", LIFETIME)
    machine = ClientAccessTokens(keys, terms, clock, chance).issue("app", "")
    logout = LogoutTokens(keys, ISSUER, clock, chance).issue(registered, SUBJECT.user_id, SUBJECT.session_id)

    for token in (begun.access_token, begun.refresh_token, machine, logout):
        assert id_tokens.read_hint(token) is None
    assert StandardAccessTokens(keys, terms, clock, chance).read(id_tokens.issue(SUBJECT)) is None


def test_a_hint_must_be_whole(id_tokens, signed):
    assert id_tokens.read_hint(signed()) == Hint(SUBJECT.user_id, "app", SUBJECT.session_id)


@pytest.mark.parametrize(
    "told",
    [
        {"typ": "at+jwt"},
        {"typ": "logout+jwt"},
        {"iss": "https://evil.example.org"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"aud": ["app"]},
        {"aud": None},
        {"sub": None},
        {"sid": None},
        {"auth_time": None},
        {"at_hash": None},
        {"exp": None},
        {"iat": NOW + 61},
    ],
    ids=str,
)
def test_a_hint_that_says_anything_else_is_none(id_tokens, signed, told):
    assert id_tokens.read_hint(signed(**told)) is None


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "x" * 9000])
def test_what_we_did_not_sign_is_no_hint(id_tokens, token):
    assert id_tokens.read_hint(token) is None


def test_a_hint_under_a_key_that_is_not_ours_is_none(id_tokens, signed, clock):
    token = signed()
    head, _, signature = token.split(".")
    claims = signed(sub="somebody else").split(".")[1]

    assert id_tokens.read_hint(token)
    assert id_tokens.read_hint(f"{head}.{claims}.{signature}") is None
    assert IDTokens(NoKeys(), ISSUER, LIFETIME, clock).read_hint(token) is None


class NoKeys:
    """A key ring that has forgotten everything."""

    def verifying(self, kid, algorithm):
        return None
