"""OpenID Connect Dynamic Client Registration 1.0 §2 to §4, RFC 7591, RFC 7592: a party registers itself."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.conformance.party import CALLBACK, Party, refused, told
from tests.conformance.user_agent import HOME
from tests.fakes.client_keys import ClientKey

TOKEN = "8c1f0e5b7a2d49634f1e8a0b6c3d2e97"
METADATA = {"client_name": "Wiki", "redirect_uris": [CALLBACK]}
REFUSED = {
    "no address": ({"redirect_uris": []}, "invalid_redirect_uri"),
    "an address with a fragment": ({"redirect_uris": [f"{CALLBACK}#x"]}, "invalid_redirect_uri"),
    "an address with an empty fragment": ({"redirect_uris": [f"{CALLBACK}#"]}, "invalid_redirect_uri"),
    "one good address and one bad": ({"redirect_uris": [CALLBACK, f"{CALLBACK}#x"]}, "invalid_redirect_uri"),
    "an address without encryption": ({"redirect_uris": ["http://app.example.org/"]}, "invalid_redirect_uri"),
    "a script for an address": ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    "no https for the way out": ({"post_logout_redirect_uris": ["ftp://x.example"]}, "invalid_client_metadata"),
    "the implicit flow": ({"response_types": ["id_token"]}, "invalid_client_metadata"),
    "pairwise subjects": ({"subject_type": "pairwise"}, "invalid_client_metadata"),
    "unsigned ID tokens": ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
    "encrypted ID tokens": ({"id_token_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata"),
    "a secret that is a JWT": ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
    "keys and none there": ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    "keys that we would have to fetch": ({"jwks_uri": "https://app.example.org/keys"}, "invalid_client_metadata"),
}

pytestmark = pytest.mark.environ(DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=TOKEN)


@pytest.fixture
def send(wire, party):
    """Send a registration request to where discovery says."""

    def registration(metadata, token=TOKEN):
        path = urlsplit(party.metadata["registration_endpoint"]).path
        return wire.post(path, base_url=HOME, json=metadata, headers={"Authorization": f"Bearer {token}"})

    return registration


@pytest.fixture
def registered(send, party):
    """Register a party and return it, with what it was told."""

    def of(**metadata):
        answer = send({**METADATA, **metadata})
        assert answer.status_code == 201, answer.text
        about = answer.get_json()
        return Party(party.wire, about["client_id"], about.get("client_secret"), CALLBACK, party.metadata), about

    return of


def manage(party, about, method="GET", **sent):
    """Look after a registration."""
    headers = {"Authorization": f"Bearer {about['registration_access_token']}"}
    place = urlsplit(about["registration_client_uri"]).path
    return party.wire.open(place, base_url=HOME, method=method, headers=headers, **sent)


def test_a_party_that_registered_itself_signs_people_in(registered, browser, ada):
    party, _ = registered()
    tokens = party.sign_in(browser, scope="openid email")

    assert party.verified(tokens["id_token"]).claims["sub"] == ada.id
    assert told(party.userinfo(tokens["access_token"]))["email"] == ada.email


def test_it_is_told_what_was_registered(send):
    """§3.2: 201, nobody keeps it, and every value that counts from now on."""
    answer = send({**METADATA, "contacts": ["ada@example.org"], "foo": "ignored"})
    about = answer.get_json()

    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
        201,
        "application/json",
        "no-store",
    )
    assert (about["client_name"], about["redirect_uris"]) == ("Wiki", [CALLBACK])
    assert (about["response_types"], about["grant_types"]) == (["code"], ["authorization_code"])
    assert (about["token_endpoint_auth_method"], about["id_token_signed_response_alg"]) == (
        "client_secret_basic",
        "RS256",
    )
    assert (about["client_secret_expires_at"], len(about["client_secret"]) >= 43) == (0, True)
    assert about["registration_client_uri"].startswith(f"{HOME}/")
    assert (about["contacts"], "foo" in about) == (["ada@example.org"], False)


@pytest.mark.parametrize("token", ["x", TOKEN[:-1], TOKEN.upper()])
def test_nobody_registers_without_the_operators_token(send, token):
    """RFC 7591 §3: the initial access token."""
    answer = send(METADATA, token)

    assert refused(answer) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert send(METADATA).status_code == 201


@pytest.mark.parametrize(("wrong", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_in_the_words_of_the_specification(send, wrong, error):
    """§3.3."""
    assert refused(send({**METADATA, **wrong})) == (400, error)
    assert send(METADATA).status_code == 201


def test_a_party_without_a_secret_is_given_none(registered, browser):
    party, about = registered(token_endpoint_auth_method="none")

    assert "client_secret" not in about
    assert party.sign_in(browser)["id_token"]


def test_a_party_with_keys_is_given_no_secret(registered):
    jwks = {"keys": [ClientKey("ES256", "mine").jwk]}
    _, about = registered(token_endpoint_auth_method="private_key_jwt", jwks=jwks)

    assert "client_secret" not in about
    assert about["jwks"]["keys"][0]["kid"] == "mine"


def test_people_are_told_that_nobody_has_looked_at_it(registered, browser):
    """RFC 7591 §5."""
    party, _ = registered()
    page = browser.submit(party.send(browser), "/login", email="ada@example.org", password="a long phrase that is mine")

    assert "This application registered itself" in page.text


def test_it_may_not_call_itself_one_of_the_house(registered, browser):
    party, about = registered(is_trusted=True, require_pkce=False, scope="openid roles")

    assert about["scope"] == "openid"
    assert party.authorize(browser).asked == ("/login", "/consent")
    refusal = party.send(browser, code_challenge=None, code_challenge_method=None)
    # RFC 9700 §4.11.2: nobody vouches for its address, so nobody is sent there by an error alone.
    assert (refusal.status_code, refusal.location, "invalid_request" in refusal.text) == (400, None, True)


def test_it_looks_after_its_registration(registered, browser):
    """§4, RFC 7592 §2."""
    party, about = registered()
    moved = "https://wiki.example.org/callback"
    change = {**METADATA, "client_id": party.client_id, "redirect_uris": [moved]}

    assert told(manage(party, about))["redirect_uris"] == [CALLBACK]
    assert told(manage(party, about, "PUT", json=change))["redirect_uris"] == [moved]
    assert party.send(browser).status_code == 400
    assert replace(party, redirect_uri=moved).send(browser).status_code == 200
    assert manage(party, about, "DELETE").status_code == 204
    assert manage(party, about).status_code == 401
    assert replace(party, redirect_uri=moved).send(browser).status_code == 400


def test_nobody_looks_after_the_registration_of_another(registered):
    party, about = registered()
    _, others = registered()
    stolen = {**about, "registration_access_token": others["registration_access_token"]}

    assert manage(party, stolen).status_code == 401
    assert manage(party, about).status_code == 200
