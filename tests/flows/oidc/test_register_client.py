"""Registration by the application itself, as the doors walk it."""

import pytest

from identity_service.foundation.errors import (
    InvalidClientMetadata,
    InvalidRedirectURI,
    InvalidToken,
    NotFound,
    SignInRequired,
)
from identity_service.foundation.opaque import fingerprint
from identity_service.oidc.clients import DYNAMIC
from tests.fakes.client_keys import ClientKey
from tests.fakes.people import VISITOR, session

INITIAL = "9b1d2e3f4a5c6b7d8e9f0a1b2c3d4e5f60718293a4b5c6d7"
METADATA = {"client_name": "The wiki", "redirect_uris": ["https://wiki.example.org/callback"]}
JWKS = {"keys": [ClientKey("ES256", "one").jwk]}

pytestmark = pytest.mark.environ(DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=INITIAL)


@pytest.fixture
def flow(services):
    return services.provider.register_client


@pytest.fixture
def clients(services):
    return services.capabilities.clients


@pytest.fixture
def register(flow):
    """Register a client with the operator's token."""
    return lambda **metadata: flow.new(INITIAL, {**METADATA, **metadata}, VISITOR)


@pytest.fixture
def put(flow):
    """Replace what is registered, as whoever was told *registered*."""

    def with_this(registered, **metadata):
        client_id, token = registered["client_id"], registered["registration_access_token"]
        return flow.replaced(flow.of(client_id, token), token, {"client_id": client_id, **metadata}, VISITOR)

    return with_this


def test_a_client_is_registered_and_told_everything_once(clients, register, told):
    registered = register(scope="openid email", grant_types=["authorization_code", "refresh_token"])
    client = clients.by_id(registered["client_id"])

    assert (client.name, client.origin, client.details.is_trusted) == ("The wiki", DYNAMIC, False)
    assert (client.details.may_introspect, client.details.require_pkce) == (False, True)
    assert clients.prove(client.client_id, registered["client_secret"]) == client
    assert registered["client_secret_expires_at"] == 0
    assert registered["client_id_issued_at"] == int(client.created_at.timestamp())
    assert registered["registration_client_uri"] == f"http://localhost:3081/oauth2/register/{client.client_id}"
    assert clients.managed(client.client_id, registered["registration_access_token"]) == client
    assert (registered["scope"], registered["grant_types"]) == ("openid email", ["authorization_code", "refresh_token"])
    assert told(client.client_id) == ["client.created done"]


@pytest.mark.parametrize("method", ["none", "private_key_jwt"])
def test_a_client_that_needs_no_secret_is_given_none(register, method):
    registered = register(token_endpoint_auth_method=method, jwks=JWKS)

    assert not {"client_secret", "client_secret_expires_at"} & registered.keys()


@pytest.mark.parametrize("token", [None, "", "another", INITIAL[:-1], INITIAL.upper(), fingerprint(INITIAL)])
def test_nobody_registers_without_the_operators_token(flow, clients, token):
    refusal = InvalidToken if token else SignInRequired
    with pytest.raises(refusal):
        flow.new(token, METADATA, VISITOR)
    with pytest.raises(refusal):
        flow.admit(token)
    assert clients.all() == []


@pytest.mark.environ(DYNAMIC_REGISTRATION="false", DYNAMIC_REGISTRATION_TOKEN=INITIAL)
def test_when_it_is_off_there_is_nothing_here(flow):
    for asked in (lambda: flow.new(INITIAL, METADATA, VISITOR), lambda: flow.of("any", "any")):
        with pytest.raises(NotFound):
            asked()


def test_what_cannot_be_registered_is_refused_in_the_words_of_the_rfc(register, clients):
    with pytest.raises(InvalidRedirectURI):
        register(redirect_uris=["http://wiki.example.org/"])
    with pytest.raises(InvalidClientMetadata):
        register(subject_type="pairwise")
    assert clients.all() == []


def test_a_registration_is_shown_to_whoever_has_its_own_token(flow, register):
    registered = register()
    token = registered["registration_access_token"]
    shown = flow.shown(flow.of(registered["client_id"], token), token)

    assert shown == {name: told for name, told in registered.items() if not name.startswith("client_secret")}


def test_the_three_ways_not_to_have_the_token_are_not_told_apart(services, flow, register):
    first, second = register(), register()
    by_hand = services.administer.create_client("Chat").client
    for client_id, token in (
        (first["client_id"], second["registration_access_token"]),
        (first["client_id"], INITIAL),
        (first["client_id"], first["client_secret"]),
        (by_hand.client_id, "x"),
        ("unknown", first["registration_access_token"]),
    ):
        with pytest.raises(InvalidToken) as refusal:
            flow.of(client_id, token)
        assert refusal.value.message == InvalidToken.message
    with pytest.raises(SignInRequired):
        flow.of(by_hand.client_id, "")


def test_what_is_left_out_goes_back_to_its_default(clients, register, put, told):
    registered = register(scope="openid", contacts=["ada@example.org"])
    changed = put(registered, redirect_uris=["https://wiki.example.org/new"])
    client = clients.by_id(registered["client_id"])

    assert (client.name, client.redirect_uris) == ("wiki.example.org", ("https://wiki.example.org/new",))
    assert (client.details.contacts, client.details.scope) == ((), "openid profile email address phone offline_access")
    assert changed["registration_access_token"] == registered["registration_access_token"]
    assert "client_secret" not in changed
    assert clients.prove(client.client_id, registered["client_secret"]) == client
    assert told(client.client_id) == ["client.created done", "client.changed done"]


def test_a_client_stays_what_it_is_when_it_is_replaced(clients, register, put):
    registered = register()
    put(registered, **METADATA, is_trusted=True, may_introspect=True, origin="operator", scope="openid roles")
    client = clients.by_id(registered["client_id"])

    assert (client.origin, client.details.is_trusted, client.details.may_introspect) == (DYNAMIC, False, False)
    assert client.details.scope == "openid"


def test_a_client_that_comes_to_need_a_secret_is_given_one(clients, register, put):
    registered = register(token_endpoint_auth_method="none")
    changed = put(registered, **METADATA)

    assert clients.prove(registered["client_id"], changed["client_secret"])
    assert changed["client_secret_expires_at"] == 0


def test_a_client_whose_secret_went_meanwhile_is_given_another(flow, clients, register, put):
    """Another worker has just let it go: what this one knew when it let the client in does not count."""
    registered = register()
    client_id, token = registered["client_id"], registered["registration_access_token"]
    known = flow.of(client_id, token)
    put(registered, **METADATA, token_endpoint_auth_method="none")
    changed = flow.replaced(known, token, {"client_id": client_id, **METADATA}, VISITOR)

    assert clients.prove(client_id, changed["client_secret"])


def test_a_client_that_needs_its_secret_no_more_cannot_use_it_any_more(clients, register, put):
    registered = register()
    changed = put(registered, **METADATA, token_endpoint_auth_method="private_key_jwt", jwks=JWKS)

    assert "client_secret" not in changed
    assert clients.prove(registered["client_id"], registered["client_secret"]) is None


@pytest.mark.parametrize("client_id", [None, "", "another", 7])
def test_a_replacement_names_the_client(register, put, client_id):
    with pytest.raises(InvalidClientMetadata, match="client_id"):
        put(register(), **{**METADATA, "client_id": client_id})


@pytest.mark.parametrize("secret", ["", "a secret of my own choice, which is long", 7, ["x"]])
def test_a_client_does_not_choose_its_secret(clients, register, put, secret):
    registered = register()
    with pytest.raises(InvalidClientMetadata, match="client_secret"):
        put(registered, **METADATA, client_secret=secret)
    assert put(registered, **METADATA, client_secret=registered["client_secret"])


def test_a_replacement_that_cannot_be_changes_nothing(clients, register, put):
    registered = register()
    before = clients.by_id(registered["client_id"])
    with pytest.raises(InvalidClientMetadata):
        put(registered, **METADATA, jwks_uri="https://wiki.example.org/jwks")
    assert clients.all() == [before]


def test_a_client_withdraws_with_its_sessions(services, flow, clients, register, told, ada, provider):
    registered = register()
    client_id, token = registered["client_id"], registered["registration_access_token"]
    alive = session(services, ada, client_id)
    client = flow.of(client_id, token)
    flow.withdrawn(client, VISITOR)
    flow.withdrawn(client, VISITOR)

    assert clients.all() == []
    assert not provider.is_alive(alive.session_id)
    assert told(client_id) == ["client.created done", "client.deleted done"]
    with pytest.raises(InvalidToken):
        flow.of(client_id, token)
    with pytest.raises(InvalidToken):
        flow.replaced(client, token, {**METADATA, "client_id": client_id}, VISITOR)


def test_no_token_and_no_secret_is_kept(services, register):
    registered = register()
    with services.database.engine.connect() as connection:
        row = str(connection.exec_driver_sql("SELECT * FROM oauth_clients").one())

    assert registered["client_secret"] not in row
    assert registered["registration_access_token"] not in row
