"""/oauth2/register through the whole application."""

import pytest

from identity_service.oidc.details import Details
from tests.fakes.client_keys import ClientKey

INITIAL = "9b1d2e3f4a5c6b7d8e9f0a1b2c3d4e5f60718293a4b5c6d7"
METADATA = {"client_name": "The wiki", "redirect_uris": ["https://wiki.example.org/callback"]}
REGISTER = "/oauth2/register"

pytestmark = pytest.mark.environ(DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=INITIAL)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def post(browser):
    """Register with the operator's token."""
    return lambda **metadata: browser.post(REGISTER, json={**METADATA, **metadata}, headers=bearer(INITIAL))


@pytest.fixture
def registered(post):
    """What a client was told when it registered."""
    return post().json


@pytest.fixture
def own(browser, registered):
    """Come to one's own registration."""
    path = f"{REGISTER}/{registered['client_id']}"

    def ask(method, token=registered["registration_access_token"], **request):
        return browser.open(path, method=method, headers=bearer(token), **request)

    return ask


def test_an_application_registers_itself(services, post):
    answer = post(contacts=["ada@example.org"])
    client = services.capabilities.clients.by_id(answer.json["client_id"])

    assert (answer.status_code, answer.mimetype) == (201, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert services.capabilities.clients.prove(client.client_id, answer.json["client_secret"]) == client
    assert answer.json["registration_client_uri"] == f"http://localhost:3081{REGISTER}/{client.client_id}"
    assert answer.json == {
        **METADATA,
        "client_id": client.client_id,
        "client_secret": answer.json["client_secret"],
        "client_id_issued_at": 1773480413,
        "client_secret_expires_at": 0,
        "registration_access_token": answer.json["registration_access_token"],
        "registration_client_uri": answer.json["registration_client_uri"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "openid profile email address phone offline_access",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "post_logout_redirect_uris": [],
        "backchannel_logout_session_required": False,
        "require_auth_time": False,
        "contacts": ["ada@example.org"],
    }


def test_an_application_with_a_key_registers_itself(services, post):
    jwks = {"keys": [ClientKey("EdDSA", "one").jwk]}
    answer = post(token_endpoint_auth_method="private_key_jwt", jwks=jwks, application_type="native", scope="openid")

    assert (answer.json["jwks"], "client_secret" in answer.json) == (jwks, False)
    assert services.capabilities.clients.by_id(answer.json["client_id"]).details == Details(
        application_type="native",
        token_endpoint_auth_method="private_key_jwt",
        jwks=jwks,
        scope="openid",
        grant_types=("authorization_code",),
        may_introspect=False,
    )


@pytest.mark.parametrize("header", ["Bearer wrong", f"Bearer {INITIAL}x"])
def test_nobody_registers_with_another_token(services, browser, header):
    answer = browser.post(REGISTER, json=METADATA, headers={"Authorization": header})

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="identity", error="invalid_token"'
    assert services.capabilities.clients.all() == []


@pytest.mark.parametrize("header", [None, "", "Bearer", f"Basic {INITIAL}", INITIAL])
@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", "/a"), ("PUT", "/a"), ("DELETE", "/a")])
def test_whoever_shows_no_token_has_made_no_mistake_with_it(services, browser, header, method, path):
    """RFC 6750 §3.1: no error code and no other error information."""
    headers = {} if header is None else {"Authorization": header}
    answer = browser.open(REGISTER + path, method=method, json=METADATA, headers=headers)

    assert (answer.status_code, answer.json) == (401, {})
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="identity"'
    assert services.capabilities.clients.all() == []


def test_a_strangers_body_is_not_even_read(browser):
    answer = browser.post(REGISTER, data=b"{" * 1000, content_type="application/json")

    assert (answer.status_code, answer.json) == (401, {})


@pytest.mark.environ(DYNAMIC_REGISTRATION="false", DYNAMIC_REGISTRATION_TOKEN=INITIAL)
@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", "/a"), ("PUT", "/a"), ("DELETE", "/a")])
def test_when_it_is_off_there_is_no_such_door(browser, method, path):
    answer = browser.open(REGISTER + path, method=method, json=METADATA, headers=bearer(INITIAL))

    assert (answer.status_code, answer.json["error_description"]) == (404, "Not found.")


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": ["http://wiki.example.org/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://wiki.example.org/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://wiki.example.org/"}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"subject_type": "pairwise"}, "invalid_client_metadata"),
        ({"jwks_uri": "https://wiki.example.org/jwks"}, "invalid_client_metadata"),
        ({"software_statement": "eyJ…"}, "invalid_client_metadata"),
        ({"logo_uri": "https://169.254.169.254/"}, "invalid_client_metadata"),
        ({"backchannel_logout_uri": "http://localhost/"}, "invalid_client_metadata"),
        ({"client_name": "<" * 81}, "invalid_client_metadata"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_the_words_of_the_rfc(services, post, metadata, error):
    answer = post(**metadata)

    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert answer.json.keys() == {"error", "error_description"}
    assert services.capabilities.clients.all() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"[]", 400), (b"{", 400), (b'{"a": 1, "a": 2}', 400), (b'{"client_name": "\\u0000"}', 400)],
)
def test_a_body_that_cannot_be_read_is_refused(browser, body, status):
    answer = browser.post(REGISTER, data=body, content_type="application/json", headers=bearer(INITIAL))

    assert (answer.status_code, answer.json["error"]) == (status, "invalid_request")


def test_a_form_is_no_registration(browser):
    assert browser.post(REGISTER, data=METADATA, headers=bearer(INITIAL)).status_code == 415


def test_an_application_looks_at_its_registration(own, registered):
    answer = own("GET")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json == {name: told for name, told in registered.items() if not name.startswith("client_secret")}


def test_an_application_replaces_its_registration(services, own, registered):
    metadata = {"client_id": registered["client_id"], "redirect_uris": ["https://wiki.example.org/new"]}
    answer = own("PUT", json={**metadata, "client_secret": registered["client_secret"]})

    assert (answer.status_code, answer.json["redirect_uris"]) == (200, ["https://wiki.example.org/new"])
    assert own("GET").json == answer.json
    assert own("PUT", json={**metadata, "client_id": "another"}).json["error"] == "invalid_client_metadata"
    assert own("PUT", json={**metadata, "redirect_uris": ["x"]}).json["error"] == "invalid_redirect_uri"


def test_an_application_withdraws(services, own, registered):
    answer = own("DELETE")

    assert (answer.status_code, answer.data) == (204, b"")
    assert services.capabilities.clients.all() == []
    assert own("GET").status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_registration_is_nobody_elses(services, post, own, registered, method):
    other = post().json
    for token in (INITIAL, other["registration_access_token"], registered["client_secret"], "x"):
        answer = own(method, token, json={"client_id": registered["client_id"], **METADATA})

        assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert len(services.capabilities.clients.all()) == 2


@pytest.mark.parametrize("client_id", ["unknown", "%00", "é", "' OR 1=1 --", "x" * 3000])
def test_a_client_that_is_not_there_has_no_registration(browser, registered, client_id):
    answer = browser.get(f"{REGISTER}/{client_id}", headers=bearer(registered["registration_access_token"]))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_discovery_names_the_door_only_when_it_is_open(browser):
    told = browser.get("/.well-known/openid-configuration").json

    assert told["registration_endpoint"] == f"http://localhost:3081{REGISTER}"


@pytest.mark.environ
def test_discovery_does_not_name_a_door_that_is_not_there(browser):
    assert "registration_endpoint" not in browser.get("/.well-known/openid-configuration").json
