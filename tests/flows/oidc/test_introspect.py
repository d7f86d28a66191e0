"""
Introspection: three kinds of tokens, each told for what it is, and only to who may know.

Law: RFC 7662 §2.2 and §4, RFC 9068 §5.
"""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import Active, ActiveClient
from identity_service.foundation import jose
from tests.fakes.clock import START
from tests.fakes.people import VISITOR
from tests.fakes.tokens import claims_of

NOW = int(START.timestamp())


@pytest.fixture
def of(services):
    return services.provider.introspect.of


@pytest.fixture
def asker(provider):
    """A back end that may ask about tokens of others."""
    return provider.register()


@pytest.fixture
def modest(provider):
    """A client that may ask about its own tokens only."""
    return provider.register(may_introspect=False)


@pytest.fixture
def granted(provider, client, browser):
    """What the client was given for Ada."""
    return provider.redeem(client, provider.mint(client, browser, scope="openid email profile"))


@pytest.fixture
def own_token(services):
    return lambda client, scope="": services.capabilities.own_tokens_of_clients.issue(client.client_id, scope)


def test_a_token_of_our_own_pages_is_told_as_ever(services, of, asker, browser):
    active = of(browser.access_token, asker)

    assert active == services.verify.access_token(browser.access_token)
    assert (active.client_id, active.audience) == ("first-party", "")


def test_a_token_of_a_client_is_told_with_its_session_and_its_audience(services, of, asker, client, granted, ada):
    active, claims = of(granted.access_token, asker), claims_of(granted.access_token)

    assert isinstance(active, Active)
    assert (active.person, active.client_id, active.session_id) == (ada, client.client_id, claims["sid"])
    assert active.scope.split() == ["openid", "email", "profile"]
    assert (active.issued_at, active.expires_at) == (NOW, NOW + 15 * 60)
    assert (active.auth_time, active.amr) == (NOW - 3 * 60, ("pwd",))
    assert active.audience == claims["aud"] == f"{services.settings.site.issuer}/oauth2/userinfo"


def test_the_scope_is_the_tokens_even_where_the_session_has_more(provider, of, asker, client, granted):
    narrow = provider.refresh(client, granted.refresh_token, "openid")

    assert of(narrow.access_token, asker).scope == "openid"
    assert of(granted.access_token, asker).scope == "openid email profile"


def test_a_token_that_a_client_got_for_itself_is_told_without_a_person(services, of, asker, client, own_token):
    active = of(own_token(client, "read"), asker)

    audience = f"{services.settings.site.issuer}/v1"
    assert active == ActiveClient(client.client_id, "read", NOW, NOW + 15 * 60, audience)


def test_a_token_that_a_client_got_for_itself_dies_with_the_client(services, of, asker, client, own_token):
    token = own_token(client)
    assert of(token, asker) is not None
    with services.database.transaction():
        services.capabilities.clients.delete(client.client_id)

    assert of(token, asker) is None


def test_who_may_not_ask_about_others_sees_its_own(provider, of, modest, client, browser, granted, own_token):
    """RFC 7662 §4: the answer about a foreign token is that about garbage."""
    mine = provider.redeem(modest, provider.mint(modest, browser))

    assert of(mine.access_token, modest).client_id == modest.client_id
    assert of(own_token(modest), modest).client_id == modest.client_id
    for foreign in (browser.access_token, granted.access_token, own_token(client), "garbage"):
        assert of(foreign, modest) is None


def test_no_other_kind_of_token_is_active(of, asker, browser, granted):
    for token in (browser.refresh_token, granted.refresh_token, granted.id_token):
        assert of(token, asker) is None
    for garbage in ("", "garbage", "a.b.c", "x" * 100_000):
        assert of(garbage, asker) is None


def test_a_token_is_dead_at_its_end(of, asker, browser, granted, client, own_token, clock):
    tokens = (browser.access_token, granted.access_token, own_token(client))
    assert all(of(token, asker) for token in tokens)
    clock.advance(timedelta(minutes=15))

    assert not any(of(token, asker) for token in tokens)


def test_the_end_of_the_clients_session_is_felt_at_once(provider, of, asker, browser, granted):
    assert of(granted.access_token, asker) is not None
    provider.end(claims_of(granted.access_token)["sid"])

    assert of(granted.access_token, asker) is None
    assert of(browser.access_token, asker) is not None


def test_the_end_of_the_browsers_session_is_felt_at_once(services, of, asker, browser, granted):
    assert of(granted.access_token, asker) is not None
    services.sign_out.by_refresh_token(browser.refresh_token, VISITOR)

    assert of(granted.access_token, asker) is None


def test_a_person_who_is_going_has_no_active_token(services, of, asker, ada, granted):
    assert of(granted.access_token, asker) is not None
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    assert of(granted.access_token, asker) is None


def test_neither_verifier_remembers_a_token_for_the_other(services, browser, granted):
    """A verdict is remembered by token, so two that shared a memory would let each other's tokens in."""
    ours, theirs = services.provider.introspect.first_party, services.provider.introspect.for_clients

    for _ in range(2):
        assert ours.access_token(granted.access_token) is None
        assert theirs.access_token(granted.access_token) is not None
        assert theirs.access_token(browser.access_token) is None
        assert ours.access_token(browser.access_token) is not None


def test_a_token_under_our_signature_for_another_audience_is_not_active(services, of, asker, granted):
    key, claims = services.capabilities.keys.signing("ES256"), claims_of(granted.access_token)
    for audience in ("https://elsewhere.example.org", [claims["aud"]], None):
        token = jose.sign({**claims, "aud": audience}, key, algorithm="ES256", typ="at+jwt")
        assert of(token, asker) is None
    again = jose.sign(claims, key, algorithm="ES256", typ="at+jwt")

    assert of(again, asker) == of(granted.access_token, asker)
