"""
Revocation: a token and its session end together, and only by the client whose they are.

Law: RFC 7009 §2.1, §2.2 and §2.2.1.
"""

from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from identity_service.foundation.errors import DatabaseUnavailable, InvalidGrant, InvalidToken
from tests.fakes.people import VISITOR
from tests.fakes.tokens import claims_of


@pytest.fixture
def granted(provider, client, browser):
    """What the client was given for Ada."""
    return provider.redeem(client, provider.mint(client, browser))


@pytest.fixture
def revoke(services):
    return lambda token, client: services.provider.revoke.token(token, client, VISITOR)


@pytest.fixture
def is_active(services, provider):
    asker = provider.register()
    return lambda token: services.provider.introspect.of(token, asker) is not None


@pytest.fixture
def own_token(services):
    return lambda client: services.capabilities.own_tokens_of_clients.issue(client.client_id, "")


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_either_token_ends_the_session_and_all_that_came_of_it(provider, revoke, is_active, client, granted, kind):
    assert is_active(granted.access_token)
    revoke(getattr(granted, kind), client)

    assert not is_active(granted.access_token)
    with pytest.raises(InvalidGrant):
        provider.refresh(client, granted.refresh_token)


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_the_browser_and_other_clients_stay_signed_in(provider, revoke, is_active, client, browser, granted, kind):
    other = provider.register()
    theirs = provider.redeem(other, provider.mint(other, browser))
    again = provider.redeem(client, provider.mint(client, browser))
    revoke(getattr(granted, kind), client)

    assert is_active(browser.access_token)
    assert is_active(theirs.access_token)
    assert is_active(again.access_token)


def test_a_public_client_revokes_its_own(provider, revoke, is_active, browser):
    public = provider.register(token_endpoint_auth_method="none", grant_types=("authorization_code", "refresh_token"))
    theirs = provider.redeem(public, provider.mint(public, browser))
    revoke(theirs.refresh_token, public)

    assert not is_active(theirs.access_token)


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_a_token_of_another_client_stays_as_it_is(provider, revoke, is_active, client, granted, kind):
    revoke(getattr(granted, kind), provider.register())

    assert is_active(granted.access_token)
    assert provider.refresh(client, granted.refresh_token)


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_a_token_of_our_own_pages_is_no_clients_to_revoke(revoke, is_active, client, browser, kind):
    revoke(getattr(browser, kind), client)

    assert is_active(browser.access_token)


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "x" * 100_000, "\0"])
def test_what_is_no_token_is_no_mistake(services, revoke, is_active, client, granted, token, told, ada):
    revoke(token, client)

    assert is_active(granted.access_token)
    assert "token.revoked done" not in told(ada.id)


def test_an_id_token_revokes_nothing(revoke, is_active, client, granted):
    revoke(granted.id_token, client)

    assert is_active(granted.access_token)


def test_what_a_client_got_for_itself_is_spent(services, revoke, is_active, client, own_token):
    token, another = own_token(client), own_token(client)
    assert services.provider.client_auth.prove_caller(f"Bearer {token}", {}) == client
    revoke(token, client)

    assert not is_active(token)
    assert is_active(another)
    with pytest.raises(InvalidToken):
        services.provider.client_auth.prove_caller(f"Bearer {token}", {})


def test_what_another_client_got_for_itself_stays_good(provider, revoke, is_active, client, own_token):
    token = own_token(client)
    revoke(token, provider.register())

    assert is_active(token)


def test_the_trail_tells_of_it_once(revoke, client, granted, own_token, told, ada):
    own = own_token(client)
    for _ in range(2):
        revoke(granted.refresh_token, client)
        revoke(own, client)

    assert told(ada.id).count("token.revoked done") == 1
    assert told(client.client_id).count("token.revoked done") == 1


def test_a_session_that_ends_in_the_same_moment_is_not_told_twice(services, client, granted, told, ada):
    """Somebody else was quicker, between the look at the session and its end."""
    late = replace(services.provider.revoke, endings=SimpleNamespace(one=lambda _session_id, _because: 0))
    late.token(granted.refresh_token, client, VISITOR)

    assert "token.revoked done" not in told(ada.id)


def test_the_trail_names_the_client_and_the_session(services, revoke, client, granted, ada):
    revoke(granted.access_token, client)
    (entry,) = [one.event for one in services.capabilities.trail.about(ada.id) if one.event.name == "token.revoked"]

    assert (entry.actor, entry.address, entry.request_id) == (client.client_id, VISITOR.address, VISITOR.request_id)
    assert entry.detail == {"session_id": claims_of(granted.access_token)["sid"]}


def test_nobody_is_told_that_a_token_is_revoked_while_it_is_not(services, is_active, client, granted, own_token):
    """RFC 7009 §2.2.1: a database that is down is no success."""

    @contextmanager
    def down():
        raise DatabaseUnavailable
        yield

    revoke, own = replace(services.provider.revoke, transaction=down), own_token(client)
    for token in (granted.refresh_token, granted.access_token, own):
        with pytest.raises(DatabaseUnavailable):
            revoke.token(token, client, VISITOR)

    assert is_active(granted.access_token)
    assert is_active(own)
