"""A client that asks for itself: an access token, and nothing of any person (RFC 6749 4.4)."""

import pytest

from identity_service.flows.oidc.granted import TokenRequest
from identity_service.foundation.errors import InvalidScope, UnauthorizedClient
from tests.fakes.tokens import claims_of, header_of


@pytest.fixture
def ask(provider):
    return lambda client, scope="": provider.ask(client, TokenRequest("client_credentials", scope=scope))


@pytest.fixture
def machine(provider):
    """A client that has a scope of its own."""
    return provider.register(grant_types=("client_credentials",), scope="openid email chat:read chat:write")


def test_a_client_is_the_subject_of_its_own_access_token(services, machine, ask):
    """RFC 9068 §2.2."""
    granted = ask(machine)
    claims = claims_of(granted.access_token)

    assert header_of(granted.access_token)["typ"] == "at+jwt"
    assert claims["sub"] == claims["client_id"] == machine.client_id
    assert claims["aud"] == f"{claims['iss']}/v1"
    assert claims["exp"] - claims["iat"] == granted.expires_in == 900
    assert claims.keys() == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"}
    assert services.capabilities.own_tokens_of_clients.read(granted.access_token).client_id == machine.client_id


def test_there_is_no_refresh_token_and_no_id_token(machine, ask):
    """RFC 6749 §4.4.3."""
    granted = ask(machine, "chat:read")

    assert (granted.refresh_token, granted.id_token) == (None, None)


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", ""),
        ("chat:read", "chat:read"),
        ("chat:write chat:read", "chat:write chat:read"),
        ("chat:read chat:read", "chat:read"),
    ],
)
def test_a_client_has_the_scopes_that_it_asks_for_and_is_registered_for(machine, ask, asked, granted):
    answer = ask(machine, asked)

    assert (answer.scope, claims_of(answer.access_token)["scope"]) == (granted, granted)


@pytest.mark.parametrize("scope", ["openid", "email chat:read", "offline_access", "profile", "chat:admin", "é", '"'])
def test_scopes_of_people_and_of_other_clients_are_refused(machine, ask, scope):
    """RFC 6749 §5.2."""
    with pytest.raises(InvalidScope):
        ask(machine, scope)


def test_a_client_that_cannot_prove_who_it_is_cannot_ask_for_itself(provider, ask):
    """RFC 6749 §4.4: only confidential clients."""
    public = provider.register(token_endpoint_auth_method="none", grant_types=("client_credentials",))

    with pytest.raises(UnauthorizedClient):
        ask(public)
