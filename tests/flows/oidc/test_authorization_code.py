"""Redeeming a code: once, by its own client, with its own address and verifier (OpenID Connect Core 3.1.3)."""

from datetime import timedelta

import pytest

from identity_service.foundation.errors import InvalidGrant, InvalidRequest
from identity_service.oidc.codes import is_verifier_of
from tests.fakes.clock import START
from tests.fakes.people import session
from tests.fakes.tokens import claims_of, header_of

CALLBACK = "https://app.example.org/callback"
OFFLINE = "openid offline_access"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

WRONG_VERIFIERS = {
    "none": "",
    "another": VERIFIER[:-1] + "l",
    "the challenge itself, as with plain": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "one character too few": VERIFIER[:-1],
    "too long": VERIFIER * 3,
    "a blank behind it": VERIFIER + " ",
    "a line end behind it": VERIFIER + "\n",
    "not ASCII": VERIFIER[:-1] + "é",
    "not Unicode": VERIFIER[:-1] + "\ud800",
}


@pytest.fixture
def code(provider, client, browser):
    return provider.mint(client, browser)


def test_a_code_brings_an_access_token_for_the_client(provider, client, browser, ada, code):
    """RFC 6749 §4.1.4, RFC 9068 §2.2."""
    granted = provider.redeem(client, code)
    claims = claims_of(granted.access_token)

    assert header_of(granted.access_token)["typ"] == "at+jwt"
    assert (claims["sub"], claims["client_id"]) == (ada.id, client.client_id)
    assert claims["aud"] == f"{claims['iss']}/oauth2/userinfo"
    assert (claims["scope"], granted.scope) == ("openid", "openid")
    assert claims["exp"] - claims["iat"] == granted.expires_in == 900
    assert claims["auth_time"] == int(START.timestamp()) - 180
    assert claims["sid"] != browser.session_id
    assert not claims.keys() & {"email", "username", "role", "id"}


def test_with_openid_comes_an_id_token_of_the_same_sign_in(provider, client, ada, code):
    """OpenID Connect Core 1.0 §3.1.3.3, §2."""
    granted = provider.redeem(client, code)
    claims = claims_of(granted.id_token)

    assert (claims["sub"], claims["aud"], claims["nonce"]) == (ada.id, client.client_id, "n-0S6_WzA2Mj")
    assert (claims["auth_time"], claims["acr"], claims["amr"]) == (int(START.timestamp()) - 180, "1", ["pwd"])
    assert claims["sid"] == claims_of(granted.access_token)["sid"]


def test_without_openid_there_is_no_id_token(provider, client, browser):
    granted = provider.redeem(client, provider.mint(client, browser, scope="profile", nonce=None))

    assert (granted.id_token, granted.scope) == (None, "profile")


def test_a_nonce_that_was_not_sent_is_not_made_up(provider, client, browser):
    assert "nonce" not in claims_of(provider.redeem(client, provider.mint(client, browser, nonce=None)).id_token)


def test_the_id_token_is_signed_as_the_client_was_registered(provider, browser):
    client = provider.register(id_token_signed_response_alg="ES256")
    token = provider.redeem(client, provider.mint(client, browser)).id_token

    assert (header_of(token)["alg"], header_of(token)["typ"]) == ("ES256", "JWT")


def test_claims_of_the_scopes_stand_in_the_id_token_of_a_client_that_never_asks_for_them(provider, browser, client):
    """OpenID Connect Core 1.0 §5.4."""
    patient = provider.register(claims_in_id_token=True)
    told, silent = (
        claims_of(provider.redeem(who, provider.mint(who, browser, scope="openid email roles")).id_token)
        for who in (patient, client)
    )

    assert (told["email"], told["roles"]) == (browser.person.email, ["ADMIN"])
    assert not silent.keys() & {"email", "email_verified", "roles", "name"}


def test_a_claim_that_was_asked_for_by_name_stands_in_the_id_token(provider, browser, client):
    """OpenID Connect Core 1.0 §5.5."""
    asked = {"id_token": {"name": None, "nickname": None}, "userinfo": {"email": None}}
    claims = claims_of(provider.redeem(client, provider.mint(client, browser, claims=asked)).id_token)

    assert claims["name"] == "Ada Lovelace"
    assert not claims.keys() & {"nickname", "email"}


@pytest.mark.parametrize(
    ("grant_types", "scope", "is_given"),
    [
        (("authorization_code",), "openid", False),
        (("authorization_code",), OFFLINE, True),
        (("authorization_code", "refresh_token"), "openid", True),
        (("authorization_code", "refresh_token"), OFFLINE, True),
    ],
)
def test_a_refresh_token_is_for_those_who_were_granted_or_registered_for_one(
    provider, browser, grant_types, scope, is_given
):
    """OpenID Connect Core 1.0 §11; RFC 6749 §1.5: at our discretion."""
    client = provider.register(grant_types=grant_types)
    granted = provider.redeem(client, provider.mint(client, browser, scope=scope))

    assert (granted.refresh_token is not None) == is_given


@pytest.mark.parametrize(("scope", "lives_on"), [("openid", False), (OFFLINE, True)])
def test_the_clients_session_ends_with_the_browsers_unless_it_has_offline_access(
    provider, client, browser, scope, lives_on
):
    granted = provider.redeem(client, provider.mint(client, browser, scope=scope))
    session_id = claims_of(granted.access_token)["sid"]
    assert provider.is_alive(session_id)

    provider.end(browser.session_id)

    assert provider.is_alive(session_id) is lives_on


@pytest.mark.parametrize(("scope", "days"), [("openid", 7), (OFFLINE, 10)])
def test_the_end_of_the_clients_session_is_fixed_when_it_begins(provider, client, browser, clock, scope, days):
    clock.advance(timedelta(days=3))
    granted = provider.redeem(client, provider.mint(client, browser, scope=scope))

    assert claims_of(granted.refresh_token)["exp"] == int((START + timedelta(days=days)).timestamp())


def test_a_code_lives_for_a_minute(provider, client, browser, clock):
    """RFC 6749 §4.1.2."""
    first, second = provider.mint(client, browser), provider.mint(client, browser)
    clock.advance(timedelta(seconds=59))
    assert provider.redeem(client, first)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(InvalidGrant):
        provider.redeem(client, second)


@pytest.mark.parametrize("code", ["x", "é", "\ud800", "' OR 1=1 --", "A" * 43])
def test_what_was_never_a_code_brings_nothing(provider, client, code):
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_a_request_without_a_code_is_no_request(provider, client):
    with pytest.raises(InvalidRequest):
        provider.redeem(client, "")


def test_another_client_gets_nothing_for_a_code_and_does_not_spoil_it(provider, client, code):
    """RFC 6749 §4.1.3: ensure that the code was issued to the authenticated client."""
    stranger = provider.register()
    with pytest.raises(InvalidGrant):
        provider.redeem(stranger, code)

    granted = provider.redeem(client, code)

    with pytest.raises(InvalidGrant):
        provider.redeem(stranger, code)
    assert provider.is_alive(claims_of(granted.access_token)["sid"])


@pytest.mark.parametrize(
    "address",
    ["https://evil.example.org/callback", f"{CALLBACK}/", f"{CALLBACK}?x=1", CALLBACK.upper(), f"{CALLBACK} "],
)
def test_another_address_is_refused_and_the_code_is_gone(provider, client, code, address):
    """RFC 6749 §4.1.3, RFC 9700 §4.5; a stolen code can be tried once."""
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code, redirect_uri=address)
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_with_pkce_the_address_may_be_left_out(provider, client, code):
    """OAuth 2.1 §4.1.3."""
    assert provider.redeem(client, code, redirect_uri="").access_token


def test_without_pkce_the_address_must_be_there(provider, client, browser):
    """RFC 6749 §4.1.3."""
    first, second = (provider.mint(client, browser, code_challenge=None) for _ in range(2))

    assert provider.redeem(client, first, code_verifier="").access_token
    with pytest.raises(InvalidGrant):
        provider.redeem(client, second, code_verifier="", redirect_uri="")


@pytest.mark.parametrize("verifier", WRONG_VERIFIERS.values(), ids=WRONG_VERIFIERS.keys())
def test_another_verifier_is_refused_and_the_code_is_gone(provider, client, code, verifier):
    """RFC 7636 §4.6."""
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code, code_verifier=verifier)
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_a_verifier_without_a_challenge_is_refused(provider, client, browser):
    """RFC 9700 §2.1.1 and §4.8.2: somebody took the challenge out on the way."""
    with pytest.raises(InvalidGrant):
        provider.redeem(client, provider.mint(client, browser, code_challenge=None))


def test_the_verifier_of_the_specification_fits_its_challenge():
    """RFC 7636 appendix B."""
    assert is_verifier_of(VERIFIER, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    assert not is_verifier_of(VERIFIER, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN")


def test_whoever_signed_out_meanwhile_is_not_signed_in_by_an_old_code(provider, client, browser, code):
    provider.end(browser.session_id)

    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_an_account_that_is_closing_gets_no_tokens(provider, services, client, ada, code):
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_a_session_of_somebody_else_carries_no_code(provider, services, client, browser, grace):
    code = provider.mint(client, browser, parent_id=session(services, grace).session_id)

    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_a_first_party_refresh_token_is_no_code(provider, client, browser):
    with pytest.raises(InvalidGrant):
        provider.redeem(client, browser.refresh_token)
