"""An independent and certified client registers itself here; and signs people in on one machine, without TLS."""

import json
import secrets

import pytest

from tests.attacks.crowd import UNLIMITED
from tests.journeys.conftest import Provider
from tests.journeys.relying_party import LANDING, REDIRECT_URI, Applications, Declined
from tests.servers.clients_file import SECRET, write_clients

TOKEN = secrets.token_urlsafe(32)
METADATA = {
    "client_name": "A newcomer",
    "redirect_uris": [REDIRECT_URI],
    "post_logout_redirect_uris": [LANDING],
    "grant_types": ["authorization_code", "refresh_token"],
    "contacts": ["ops@app.example.org"],
}


@pytest.fixture(scope="module")
def provider(provider_of):
    """Of one process: others would go on for a second with what they remember of a client."""
    return provider_of({}, DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=TOKEN, WEB_CONCURRENCY="1")


@pytest.fixture(scope="module")
def ada(provider):
    return provider.person()


@pytest.fixture
def register(applications, provider):
    """Let an application register itself; returns the client, and what it was told of itself."""

    def go(method="ClientSecretBasic", secret=None, token=TOKEN, **metadata):
        proof = applications.proof(method, secret)
        client = applications.registered(provider.issuer, token, proof, **{**METADATA, **metadata})
        return client, client.metadata

    return go


@pytest.mark.parametrize(
    ("method", "metadata"),
    [
        ("ClientSecretBasic", {"id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "RS256"}),
        ("ClientSecretPost", {"token_endpoint_auth_method": "client_secret_post"}),
        ("None", {"token_endpoint_auth_method": "none"}),
    ],
)
def test_a_newcomer_signs_a_person_in_who_is_warned(register, ada, method, metadata):
    client, _ = register(method, **metadata)
    page = ada.open(client.ask())
    page = ada.sign_in(page) if page.path == "/login" else page
    tokens = client.take(ada.decide(page, "allow").url)

    assert "nobody here has checked it" in page.text
    assert client.who(tokens)["email"] == ada.email
    assert client.refresh(tokens["refresh_token"])["claims"]["sub"] == tokens["claims"]["sub"]


def test_a_newcomer_brings_its_key(register, applications, ada):
    jwks = applications.key_pair("PS256")
    key = {"key": {"$kept": "PS256.privateKey"}, "kid": jwks["keys"][0]["kid"]}
    client, told = register("PrivateKeyJwt", key, token_endpoint_auth_method="private_key_jwt", jwks=jwks)
    tokens = client.take(ada.reach(client.ask()).url)

    assert "client_secret" not in told
    assert tokens["claims"]["sub"]


def test_a_newcomer_looks_after_its_registration(register, ada):
    client, told = register()
    own, where = told["registration_access_token"], told["registration_client_uri"]
    ours = {name: value for name, value in told.items() if not name.startswith(("registration", "client_"))}
    changed = {**ours, "client_id": told["client_id"], "client_name": "An old friend"}

    read = client.fetch(own, where)
    written = client.fetch(own, where, "PUT", json.dumps(changed))
    page = ada.open(client.ask())
    page = ada.sign_in(page) if page.path == "/login" else page

    assert (read["status"], json.loads(read["text"])["client_name"]) == (200, "A newcomer")
    assert (written["status"], json.loads(written["text"])["client_name"]) == (200, "An old friend")
    assert "An old friend" in page.text


def test_a_newcomer_that_goes_takes_everything_along(register, ada):
    client, told = register()
    tokens = client.take(ada.reach(client.ask()).url)
    gone = client.fetch(told["registration_access_token"], told["registration_client_uri"], "DELETE")
    with pytest.raises(Declined) as refused:
        client.who(tokens)

    assert gone == {"status": 204, "text": ""}
    assert refused.value.told["status"] == 401
    assert ada.open(client.ask()).status == 400


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": ["http://app.example.org/callback"]}, "invalid_redirect_uri"),
        ({"backchannel_logout_uri": "https://127.0.0.1/"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_the_words_of_the_law(register, metadata, error):
    with pytest.raises(Declined) as refused:
        register(**metadata)

    assert (refused.value.told["status"], refused.value.error) == (400, error)


def test_nobody_registers_without_the_operator(register):
    with pytest.raises(Declined) as refused:
        register(token="x" * 40)

    assert refused.value.told["status"] == 401
    assert refused.value.told["challenges"][0]["parameters"]["error"] == "invalid_token"


def test_on_one_machine_it_goes_without_tls(identity_server, node, tmp_path):
    written = write_clients(tmp_path, {"plain": {"redirect_uris": ["http://127.0.0.1:1/callback"]}})
    server = identity_server(environment={**UNLIMITED, "CLIENTS_FILE": str(written)})
    applications = Applications(node.converse("relying_party.mjs"), has_tls=False)
    ada = Provider(server, server.url).person()
    client = applications.discovered(server.url, "plain", applications.proof("ClientSecretBasic", SECRET))
    answer = ada.reach(client.ask(redirect_uri="http://127.0.0.1:1/callback", scope="openid email offline_access"))
    tokens = client.take(answer.url)

    assert set(ada.cookies) == {"refreshToken", "token_provider", "identity_session", "identity_device"}
    assert not any(cookie["secure"] for cookie in ada.cookies.values())
    assert client.who(tokens)["email"] == ada.email
    assert client.inspect(client.refresh(tokens["refresh_token"])["access_token"])["active"]
    assert ada.open(client.leave(id_token_hint=tokens["id_token"])).text.count("You are signed out")
