"""
UserInfo: what the scope of a token covers, of somebody who is in good standing right now.

Law: OpenID Connect Core 1.0 §5.3, §5.4 and §5.5, RFC 6750 §3.1.
"""

from datetime import timedelta

import pytest

from identity_service.foundation import jose
from identity_service.foundation.errors import InsufficientScope, InvalidToken
from tests.fakes.people import VISITOR
from tests.fakes.tokens import claims_of, header_of


@pytest.fixture
def about(services):
    return services.provider.userinfo.about


@pytest.fixture
def token(provider, client, browser):
    """A maker of access tokens for Ada, by scope and by what else was asked for."""

    def granted(scope="openid", **asked):
        return provider.redeem(client, provider.mint(client, browser, scope=scope, **asked)).access_token

    return granted


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", {"sub"}),
        ("openid email", {"sub", "email", "email_verified"}),
        ("openid profile", {"sub", "name", "preferred_username", "updated_at"}),
        ("openid roles", {"sub", "roles"}),
        ("openid address phone offline_access", {"sub"}),
    ],
)
def test_a_scope_covers_its_claims_and_no_others(about, token, ada, scope, names):
    """§5.4; nothing is told that has no value (§5.3.2)."""
    told = about(token(scope))

    assert set(told) == names
    assert told["sub"] == ada.id


def test_what_is_told_is_what_is_known(about, token, ada):
    told = about(token("openid email profile roles"))

    assert (told["email"], told["email_verified"]) == (ada.email, False)
    assert (told["name"], told["preferred_username"]) == ("Ada Lovelace", "ada")
    assert told["roles"] == [ada.role]


def test_the_person_is_the_one_in_the_id_token(provider, about, client, browser):
    """§5.3.2: the two `sub` are the same."""
    granted = provider.redeem(client, provider.mint(client, browser))

    assert about(granted.access_token)["sub"] == claims_of(granted.id_token)["sub"]


def test_a_claim_that_was_asked_for_by_name_is_told_beside_the_scopes(about, token, ada):
    """§5.5: what was asked for the ID token stands there."""
    asked = {"userinfo": {"email": None, "name": {"essential": True}}, "id_token": {"preferred_username": None}}

    assert about(token(claims=asked)) == {"sub": ada.id, "email": ada.email, "name": ada.name}
    assert about(token()) == {"sub": ada.id}


def test_a_claim_that_was_asked_for_by_name_is_told_as_long_as_the_session_lives(provider, about, client, browser, ada):
    code = provider.mint(client, browser, claims={"userinfo": {"name": None}})
    granted = provider.redeem(client, code)
    renewed = provider.refresh(client, granted.refresh_token)

    assert about(renewed.access_token) == {"sub": ada.id, "name": ada.name}


def test_a_narrower_token_tells_less(provider, about, client, browser, ada):
    granted = provider.redeem(client, provider.mint(client, browser, scope="openid email"))
    narrow = provider.refresh(client, granted.refresh_token, "openid")

    assert about(narrow.access_token) == {"sub": ada.id}
    assert "email" in about(granted.access_token)


def test_a_token_of_our_own_pages_tells_of_its_person_too(about, browser, ada):
    assert about(browser.access_token)["sub"] == ada.id


def test_without_openid_nothing_is_told(provider, about, token):
    """§5.3.1, RFC 6750 §3.1."""
    with pytest.raises(InsufficientScope):
        about(token("email profile"))


@pytest.mark.parametrize("kind", ["refresh_token", "id_token"])
def test_no_other_token_of_the_client_opens_this_door(provider, about, client, browser, kind):
    granted = provider.redeem(client, provider.mint(client, browser))

    with pytest.raises(InvalidToken):
        about(getattr(granted, kind))


def test_a_token_without_a_person_opens_this_door_to_nobody(services, about, client):
    """RFC 9068 §5."""
    with pytest.raises(InvalidToken):
        about(services.capabilities.own_tokens_of_clients.issue(client.client_id, "openid"))


@pytest.mark.parametrize("garbage", ["", "garbage", "a.b.c", "x" * 100_000])
def test_what_is_no_token_opens_this_door_to_nobody(about, garbage):
    with pytest.raises(InvalidToken):
        about(garbage)


def test_a_token_is_dead_at_its_end(about, token, clock):
    shown = token()
    assert about(shown)
    clock.advance(timedelta(minutes=15))

    with pytest.raises(InvalidToken):
        about(shown)


def test_the_end_of_a_session_is_felt_at_once(services, provider, about, token, browser):
    first, second = token(), token()
    assert about(first)
    provider.end(claims_of(first)["sid"])

    with pytest.raises(InvalidToken):
        about(first)
    assert about(second)
    services.sign_out.by_refresh_token(browser.refresh_token, VISITOR)
    with pytest.raises(InvalidToken):
        about(second)


def test_nothing_is_told_of_somebody_who_is_going(services, about, token, ada):
    shown = token()
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    with pytest.raises(InvalidToken):
        about(shown)


def test_nothing_is_told_to_a_client_that_is_gone(services, about, token, client):
    shown = token()
    with services.database.transaction():
        services.capabilities.clients.delete(client.client_id)

    with pytest.raises(InvalidToken):
        about(shown)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_client_that_wants_it_signed_gets_it_signed(services, provider, about, browser, ada, algorithm):
    """§5.3.2: `iss` and `aud` stand in it, and it cannot be taken for anything else."""
    client = provider.register(userinfo_signed_response_alg=algorithm)
    signed = about(provider.redeem(client, provider.mint(client, browser, scope="openid email")).access_token)
    issuer, keys = services.settings.site.issuer, services.capabilities.keys

    assert header_of(signed) == {"alg": algorithm, "typ": "JWT", "kid": keys.signing(algorithm).kid}
    assert claims_of(signed) == {
        "iss": issuer,
        "aud": client.client_id,
        "sub": ada.id,
        "email": ada.email,
        "email_verified": False,
    }
    assert services.capabilities.id_tokens.read_hint(signed) is None
    with pytest.raises(jose.BadToken):
        jose.verify(
            signed,
            lambda kid: keys.verifying(kid, algorithm),
            jose.Expect(algorithm, "JWT", issuer, client.client_id),
            0,
        )
