"""Logout tokens: what a client is told, in a form that passes for nothing else (Back-Channel Logout 1.0 2.4)."""

from datetime import timedelta

import pytest

from identity_service.foundation import jose
from identity_service.oidc.clients import Client
from identity_service.oidc.details import Details
from identity_service.oidc.logout_tokens import LogoutTokens
from tests.fakes.clock import START
from tests.fakes.tokens import claims_of, header_of

ISSUER = "https://id.example.org"
NOW = int(START.timestamp())
USER, SESSION = "66f1c0ffee0ddba11ad00001", "66f1c0ffee0ddba11ad00002"


@pytest.fixture
def keys(services):
    return services.capabilities.keys


@pytest.fixture
def tokens(keys, clock, chance):
    return LogoutTokens(keys, ISSUER, clock, chance)


@pytest.fixture
def issue(tokens):
    """Issue a logout token for a client with these details."""
    return lambda **details: tokens.issue(Client("chat", "Chat", (), START, details=Details(**details)), USER, SESSION)


def test_a_client_is_told_who_and_which_session_and_nothing_else(issue):
    claims = claims_of(issue())
    jti = claims.pop("jti")

    assert len(jti) >= 22
    assert claims == {
        "iss": ISSUER,
        "sub": USER,
        "aud": "chat",
        "iat": NOW,
        "exp": NOW + 120,
        "sid": SESSION,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }


def test_there_is_no_nonce(issue):
    """§2.4: so that it passes for no ID token."""
    assert "nonce" not in claims_of(issue())


def test_no_two_are_the_same(issue):
    assert claims_of(issue())["jti"] != claims_of(issue())["jti"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_it_is_signed_as_the_clients_id_tokens_are_and_says_what_it_is(keys, issue, algorithm):
    """§2.6, and RFC 8725 §3.11 for the type."""
    token = issue(id_token_signed_response_alg=algorithm)
    expect = jose.Expect(algorithm, "logout+jwt", ISSUER, "chat", {"sid": str, "jti": str, "events": dict})

    assert header_of(token)["alg"] == algorithm
    assert jose.verify(token, lambda kid: keys.verifying(kid, algorithm), expect, NOW)["sub"] == USER


def test_it_is_good_for_two_minutes(keys, issue):
    token = issue()
    expect = jose.Expect("RS256", "logout+jwt", ISSUER, "chat", {})

    def is_good(seconds):
        return bool(jose.verify(token, lambda kid: keys.verifying(kid, "RS256"), expect, NOW + seconds))

    assert is_good(119)
    with pytest.raises(jose.BadToken):
        is_good(120)


def test_it_is_no_id_token_and_no_access_token(services):
    client = Client("chat", "Chat", (), START)
    token = services.capabilities.logout_tokens.issue(client, USER, SESSION)

    assert claims_of(token)["iss"] == services.settings.site.issuer
    assert services.capabilities.id_tokens.read_hint(token) is None
    assert services.verify.access_token(token) is None
    assert services.capabilities.tokens_of_clients.read(token) is None


def test_the_time_is_that_of_the_telling_not_of_the_ending(issue, clock):
    clock.advance(timedelta(hours=1))

    assert claims_of(issue())["iat"] == NOW + 3600
