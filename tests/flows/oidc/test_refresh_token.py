"""Refreshing for a client: the same ratchet as everywhere, within what was granted (OpenID Connect Core 12)."""

from datetime import timedelta

import pytest

from identity_service.foundation.errors import InvalidGrant, InvalidRequest, InvalidScope, SessionEnded
from identity_service.sessions.refresh import Reused
from tests.fakes.clock import START
from tests.fakes.people import VISITOR
from tests.fakes.tokens import claims_of

SCOPE = "openid profile email offline_access"


@pytest.fixture
def granted(provider, client, browser):
    """What the client was given for its code."""
    return provider.redeem(client, provider.mint(client, browser, scope=SCOPE))


@pytest.fixture
def session_id(granted):
    return claims_of(granted.access_token)["sid"]


def test_the_present_refresh_token_brings_its_successor_and_a_new_access_token(
    provider, client, granted, session_id, clock
):
    """RFC 6749 §6."""
    clock.advance(timedelta(minutes=5))
    renewed = provider.refresh(client, granted.refresh_token)
    claims = claims_of(renewed.access_token)

    assert renewed.refresh_token not in (None, granted.refresh_token)
    assert (claims["sid"], claims["client_id"], claims["scope"]) == (session_id, client.client_id, SCOPE)
    assert (renewed.scope, renewed.expires_in) == (SCOPE, 900)
    assert claims["iat"] == int(START.timestamp()) + 300


def test_the_new_id_token_tells_of_the_old_sign_in(provider, client, granted, clock):
    """OpenID Connect Core 1.0 §12.2: same iss, sub, aud and auth_time, a new iat, no nonce."""
    clock.advance(timedelta(minutes=5))
    old, new = (claims_of(each.id_token) for each in (granted, provider.refresh(client, granted.refresh_token)))

    assert {name for name in old if new.get(name) != old[name]} == {"iat", "exp", "nonce", "at_hash"}
    assert "nonce" not in new
    assert new["iat"] == old["iat"] + 300


def test_a_retry_gets_the_same_refresh_token(provider, client, granted, clock):
    first = provider.refresh(client, granted.refresh_token)
    clock.advance(timedelta(seconds=30))

    assert provider.refresh(client, granted.refresh_token).refresh_token == first.refresh_token


def test_an_old_token_ends_the_clients_session_and_nothing_else(
    provider, client, granted, session_id, browser, ada, clock, told
):
    """RFC 9700 §4.14.2."""
    newest = provider.refresh(client, granted.refresh_token)
    clock.advance(timedelta(seconds=31))
    for _ in range(2):
        with pytest.raises(InvalidGrant):
            provider.refresh(client, granted.refresh_token)

    assert not provider.is_alive(session_id)
    assert provider.is_alive(browser.session_id)
    with pytest.raises(InvalidGrant):
        provider.refresh(client, newest.refresh_token)
    assert told(ada.id) == ["refresh.reused refused"]


def test_of_two_alarms_at_once_one_is_recorded(services, client, session_id, ada, told):
    grant = services.provider.token.grants["refresh_token"]
    for _ in range(2):
        grant._sound_alarm(Reused(session_id, ada.id), client, VISITOR)

    assert told(ada.id) == ["refresh.reused refused"]


def test_another_clients_refresh_token_brings_nothing_and_costs_its_owner_nothing(provider, client, granted):
    """RFC 6749 §6: ensure that the refresh token was issued to the authenticated client."""
    stranger = provider.register(grant_types=("refresh_token",))
    for scope in ("", "openid", "admin"):
        with pytest.raises(InvalidGrant):
            provider.refresh(stranger, granted.refresh_token, scope)

    assert provider.refresh(client, granted.refresh_token)


def test_a_clients_refresh_token_is_not_good_for_the_chat(provider, services, client, granted):
    with pytest.raises(SessionEnded):
        services.refresh.renew(granted.refresh_token, VISITOR)

    assert provider.refresh(client, granted.refresh_token)


@pytest.mark.parametrize("scope", ["", "openid"])
def test_the_chats_refresh_token_is_not_good_for_a_client(provider, services, client, browser, scope):
    with pytest.raises(InvalidGrant):
        provider.refresh(client, browser.refresh_token, scope)

    assert services.refresh.renew(browser.refresh_token, VISITOR)


def test_a_narrower_scope_counts_for_one_answer(provider, client, granted):
    """RFC 6749 §6: the new refresh token has the scope of the old one."""
    narrow = provider.refresh(client, granted.refresh_token, "email openid")
    whole = provider.refresh(client, narrow.refresh_token)

    assert (narrow.scope, claims_of(narrow.access_token)["scope"]) == ("openid email", "openid email")
    assert (whole.scope, claims_of(whole.access_token)["scope"]) == (SCOPE, SCOPE)


def test_without_openid_in_the_narrower_scope_there_is_no_id_token(provider, client, granted):
    assert provider.refresh(client, granted.refresh_token, "profile").id_token is None


@pytest.mark.parametrize("scope", ["roles", "openid roles", "OPENID", "openid,profile", 'open"id', "é"])
def test_a_wider_scope_is_refused_and_costs_no_refresh_token(provider, client, granted, scope):
    """RFC 6749 §6: must not include any scope not originally granted."""
    with pytest.raises(InvalidScope):
        provider.refresh(client, granted.refresh_token, scope)
    with pytest.raises(InvalidScope):
        provider.refresh(client, granted.refresh_token, scope)

    assert provider.refresh(client, granted.refresh_token).scope == SCOPE


@pytest.mark.parametrize("scope", ["", "openid"])
def test_a_session_that_is_over_has_nothing_to_give(provider, client, granted, session_id, scope):
    provider.end(session_id)

    with pytest.raises(InvalidGrant):
        provider.refresh(client, granted.refresh_token, scope)


def test_an_account_that_is_closing_gets_no_new_tokens(provider, services, client, granted, ada):
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    with pytest.raises(InvalidGrant):
        provider.refresh(client, granted.refresh_token)


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "x" * 9000])
def test_what_we_did_not_sign_is_no_refresh_token(provider, client, token):
    with pytest.raises(InvalidGrant):
        provider.refresh(client, token)


def test_no_other_token_of_ours_passes_for_a_refresh_token(provider, client, granted):
    for token in (granted.access_token, granted.id_token):
        with pytest.raises(InvalidGrant):
            provider.refresh(client, token)


def test_a_request_without_a_refresh_token_is_no_request(provider, client):
    with pytest.raises(InvalidRequest):
        provider.refresh(client, "")


def test_a_refresh_token_is_dead_at_the_end_of_its_session(provider, client, granted, clock):
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    renewed = provider.refresh(client, granted.refresh_token)
    clock.advance(timedelta(seconds=1))

    with pytest.raises(InvalidGrant):
        provider.refresh(client, renewed.refresh_token)
