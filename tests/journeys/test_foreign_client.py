"""An independent and certified client signs people in here, over TLS, in every way that we offer it."""

import json
import secrets
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.journeys.relying_party import LANDING, REDIRECT_URI, Declined
from tests.servers.clients_file import SECRET

PROOFS = {
    "basic": "ClientSecretBasic",
    "post": "ClientSecretPost",
    "signs-rs256": "PrivateKeyJwt",
    "signs-es256": "PrivateKeyJwt",
    "public": "None",
    "es256": "ClientSecretBasic",
}
REFRESHES = {"grant_types": ["authorization_code", "refresh_token", "client_credentials"]}
ES256 = {"id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "ES256"}
CONFIDENTIAL = [client for client in PROOFS if client != "public"]


@pytest.fixture(scope="module")
def provider(provider_of, applications):
    by_key = {"token_endpoint_auth_method": "private_key_jwt", **REFRESHES}
    return provider_of(
        {
            "basic": {},
            "post": {"token_endpoint_auth_method": "client_secret_post", **REFRESHES},
            "signs-rs256": {**by_key, "jwks": applications.key_pair("RS256")},
            "signs-es256": {**by_key, "jwks": applications.key_pair("ES256")},
            "public": {"token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"]},
            "es256": {**ES256, **REFRESHES},
            "rs256": {"userinfo_signed_response_alg": "RS256"},
        },
        REUSE_LEEWAY="0",
    )


@pytest.fixture(scope="module")
def client_of(applications, provider):
    """Return the client that is registered under a name; it insists on what is registered."""

    def discover(name):
        method, metadata = PROOFS.get(name, "ClientSecretBasic"), {}
        secret = None if method == "None" else SECRET
        if method == "PrivateKeyJwt":
            algorithm = name.removeprefix("signs-").upper()
            secret = {"key": {"$kept": f"{algorithm}.privateKey"}, "kid": f"{algorithm} of ours"}
        if name in {"es256", "rs256"}:
            metadata = ES256 if name == "es256" else {"userinfo_signed_response_alg": "RS256"}
        return applications.discovered(provider.issuer, name, applications.proof(method, secret), **metadata)

    return discover


@pytest.fixture
def ada(provider):
    """Somebody with an account and a browser of her own."""
    return provider.person(f"ada-{secrets.token_hex(4)}@example.org")


def query(page):
    """Return what the application is told in the address."""
    return dict(parse_qsl(urlsplit(page.url).query))


def signed_in(client, person, **parameters):
    """Return the tokens after a sign-in without incident."""
    return client.take(person.reach(client.ask(**parameters)).url)


@pytest.mark.parametrize("name", PROOFS)
def test_a_person_signs_in_stays_and_signs_out(client_of, ada, name):
    client = client_of(name)
    tokens = signed_in(client, ada, scope="openid profile email offline_access")
    told = client.who(tokens)
    later = client.refresh(tokens["refresh_token"])

    assert (told["name"], told["email"]) == ("Ada Lovelace", ada.email)
    assert tokens["claims"]["amr"] == ["pwd"]
    assert later["claims"]["sub"] == told["sub"]
    assert client.who(later) == told

    client.revoke(later["refresh_token"])
    with pytest.raises(Declined) as refused:
        client.refresh(later["refresh_token"])
    assert refused.value.error == "invalid_grant"

    hint = later["id_token"]
    landed = ada.open(client.leave(post_logout_redirect_uri=LANDING, state="and back", id_token_hint=hint))
    assert (landed.url.partition("?")[0], query(landed)) == (LANDING, {"state": "and back"})
    assert set(ada.cookies) == {"__Host-identity_device"}  # says who signed in from here before, and lets nobody in


@pytest.mark.parametrize("name", CONFIDENTIAL)
def test_a_back_end_learns_what_a_token_is_good_for_until_it_is_given_back(client_of, ada, name):
    client = client_of(name)
    tokens = signed_in(client, ada)
    before = client.inspect(tokens["access_token"])
    client.revoke(tokens["access_token"])

    assert (before["active"], before["sub"], before["client_id"]) == (True, tokens["claims"]["sub"], name)
    assert client.inspect(tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize("name", CONFIDENTIAL)
def test_a_back_end_acts_for_itself(client_of, name):
    client = client_of(name)
    tokens = client.act_for_itself()

    assert "refresh_token" not in tokens
    assert client.inspect(tokens["access_token"])["sub"] == name
    client.revoke(tokens["access_token"])
    assert client.inspect(tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize(
    ("name", "method", "proof"),
    [
        ("basic", "ClientSecretBasic", SECRET[::-1]),
        ("post", "ClientSecretPost", SECRET[::-1]),
        ("signs-rs256", "ClientSecretBasic", SECRET),
        ("signs-rs256", "PrivateKeyJwt", {"key": {"$kept": "ES256.privateKey"}, "kid": "RS256 of ours"}),
        ("basic", "None", None),
    ],
    ids=["secret", "posted secret", "secret instead of key", "key of another", "no proof"],
)
def test_who_cannot_prove_itself_is_challenged(applications, provider, ada, name, method, proof):
    client = applications.discovered(provider.issuer, name, applications.proof(method, proof))
    with pytest.raises(Declined) as refused:
        signed_in(client, ada)

    assert refused.value.told["status"] == 401
    assert [challenge["scheme"] for challenge in refused.value.told["challenges"]] == ["basic"]


def test_a_refresh_token_is_replaced_and_the_old_one_ends_everything(client_of, ada):
    client = client_of("post")
    first = signed_in(client, ada, scope="openid offline_access")
    second = client.refresh(first["refresh_token"])
    same = ("sub", "sid", "auth_time", "aud", "iss")

    assert second["refresh_token"] != first["refresh_token"]
    assert [second["claims"][name] for name in same] == [first["claims"][name] for name in same]
    assert "nonce" not in second["claims"]
    for token in (first["refresh_token"], second["refresh_token"]):
        with pytest.raises(Declined) as refused:
            client.refresh(token)
        assert refused.value.error == "invalid_grant"


def test_offline_access_outlives_the_browser_and_nothing_else_does(client_of, ada):
    client = client_of("post")
    near = signed_in(client, ada)
    far = signed_in(client, ada, scope="openid offline_access")
    ada.send(ada.open(f"{ada.site}/account").forms[-1])

    assert client.refresh(far["refresh_token"])["claims"]["sub"] == far["claims"]["sub"]
    with pytest.raises(Declined) as refused:
        client.refresh(near["refresh_token"])
    assert refused.value.error == "invalid_grant"


def test_single_claims_are_asked_for(client_of, ada):
    client = client_of("basic")
    wanted = {"id_token": {"email": None, "auth_time": {"essential": True}}, "userinfo": {"name": {"essential": True}}}
    tokens = signed_in(client, ada, scope="openid", claims=json.dumps(wanted))

    assert tokens["claims"]["email"] == ada.email
    assert "name" not in tokens["claims"]
    assert client.who(tokens) == {"sub": tokens["claims"]["sub"], "name": "Ada Lovelace"}


def test_the_answer_comes_as_a_form(client_of, ada):
    client = client_of("post")
    page = ada.reach(client.ask(response_mode="form_post"))
    (form,) = page.forms
    tokens = client.take({"$form": form.fields, "$at": form.action})

    assert form.action == REDIRECT_URI
    assert tokens["claims"]["nonce"] == client.nonce


@pytest.mark.parametrize("name", ["rs256", "es256"])
def test_userinfo_is_signed(client_of, ada, name):
    client = client_of(name)
    told = client.who(signed_in(client, ada))

    assert (told["iss"], told["aud"], told["email"]) == (ada.site, name, ada.email)


def test_a_sign_in_that_is_too_long_ago_is_repeated(client_of, ada):
    client = client_of("basic")
    first = signed_in(client, ada)
    page = ada.open(client.ask(max_age="0"))
    second = client.take(ada.sign_in(page).url, maxAge=5)

    assert page.path == "/login"
    assert second["claims"]["sub"] == first["claims"]["sub"]


def test_a_sign_in_that_is_recent_enough_is_not(client_of, ada):
    client = client_of("basic")
    first = signed_in(client, ada)
    second = client.take(ada.open(client.ask(max_age="60")).url, maxAge=60)

    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


def test_without_a_page_the_client_learns_what_is_missing(client_of, ada):
    client, another = client_of("basic"), client_of("post")

    with pytest.raises(Declined) as nobody:
        client.take(ada.open(client.ask(prompt="none")).url)
    signed_in(another, ada)
    with pytest.raises(Declined) as unasked:
        client.take(ada.open(client.ask(prompt="none")).url)

    assert nobody.value.told["code"] == unasked.value.told["code"] == "OAUTH_AUTHORIZATION_RESPONSE_ERROR"
    assert (nobody.value.error, unasked.value.error) == ("login_required", "consent_required")
    assert another.take(ada.open(another.ask(prompt="none")).url)["claims"]["sub"]


def test_a_person_who_says_no_is_heard(client_of, ada):
    client = client_of("basic")
    page = ada.sign_in(ada.open(client.ask()))

    with pytest.raises(Declined) as refused:
        client.take(ada.decide(page, "deny").url)
    assert refused.value.error == "access_denied"


@pytest.mark.parametrize("issuer", ["", "&iss=https%3A%2F%2Fevil.example"])
def test_an_answer_that_does_not_say_who_gives_it_is_not_taken(client_of, ada, issuer):
    """RFC 9207: the client checks it because we say that we do."""
    client = client_of("basic")
    answer, _, _ = ada.reach(client.ask()).url.partition("&iss=")

    with pytest.raises(Declined, match="iss"):
        client.take(answer + issuer)


def test_with_tls_the_cookies_are_for_this_host_and_for_tls_alone(ada):
    ada.sign_in()

    assert set(ada.cookies) == {"refreshToken", "token_provider", "__Host-identity_session", "__Host-identity_device"}
    assert all(cookie["secure"] and cookie["httponly"] and cookie["path"] == "/" for cookie in ada.cookies.values())
    assert ada.cookies["__Host-identity_session"]["samesite"] == "Lax"
    assert not ada.cookies["__Host-identity_session"]["domain"]
