"""The discovery document: what the validators of both specifications accept, and nothing that does not work."""

import json

import pytest
from authlib.oauth2 import rfc9101, rfc9207
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc import rpinitiated
from authlib.oidc.discovery import OpenIDProviderMetadata

from identity_service.oidc.details import EVERY_SCOPE
from identity_service.oidc.metadata import discovery

ISSUER = "https://id.example.org"
EXTENSIONS = [
    rfc9101.AuthorizationServerMetadata,
    rfc9207.AuthorizationServerMetadata,
    rpinitiated.OpenIDProviderMetadata,
]
ENDPOINTS = {
    "authorization_endpoint": "/oauth2/authorize",
    "token_endpoint": "/oauth2/token",
    "userinfo_endpoint": "/oauth2/userinfo",
    "jwks_uri": "/.well-known/jwks.json",
    "introspection_endpoint": "/oauth2/introspect",
    "revocation_endpoint": "/oauth2/revoke",
    "end_session_endpoint": "/oauth2/logout",
}


@pytest.fixture
def document():
    return discovery(ISSUER, registration=True)


@pytest.mark.parametrize("registration", [False, True])
@pytest.mark.parametrize("specification", [OpenIDProviderMetadata, AuthorizationServerMetadata])
def test_the_document_is_valid(specification, registration):
    specification(discovery(ISSUER, registration=registration)).validate(metadata_classes=EXTENSIONS)


def test_each_endpoint_lies_below_the_issuer(document):
    told = {name: place for name, place in document.items() if str(place).startswith("https://")}

    assert told.pop("issuer") == ISSUER
    assert told.pop("registration_endpoint") == f"{ISSUER}/oauth2/register"
    assert told == {name: ISSUER + path for name, path in ENDPOINTS.items()}


def test_an_issuer_may_have_a_path():
    assert discovery("https://example.org/id", registration=False)["jwks_uri"] == (
        "https://example.org/id/.well-known/jwks.json"
    )


def test_registration_is_named_only_where_it_is_open(document):
    closed = discovery(ISSUER, registration=False)

    assert closed == {name: told for name, told in document.items() if name != "registration_endpoint"}


def test_the_document_survives_json_and_has_no_empty_member(document):
    assert json.loads(json.dumps(document)) == document
    assert [name for name, told in document.items() if told in (None, [], "", {})] == []


def test_only_the_code_flow_and_only_with_s256(document):
    assert document["response_types_supported"] == ["code"]
    assert document["response_modes_supported"] == ["query", "form_post"]
    assert document["grant_types_supported"] == ["authorization_code", "refresh_token", "client_credentials"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["prompt_values_supported"] == ["none", "login", "consent", "select_account"]


def test_what_may_be_asked_for(document):
    assert document["scopes_supported"] == EVERY_SCOPE.split()
    assert document["acr_values_supported"] == ["1"]
    assert document["subject_types_supported"] == ["public"]
    assert {"sub", "iss", "auth_time", "acr", "sid", "name", "email", "picture", "roles"} <= set(
        document["claims_supported"]
    )
    assert not {"address", "phone_number", "birthdate"} & set(document["claims_supported"])


def test_request_objects_do_not_exist_here(document):
    assert document["claims_parameter_supported"] is True
    assert document["request_parameter_supported"] is False
    assert document["request_uri_parameter_supported"] is False
    assert document["require_request_uri_registration"] is False


def test_how_clients_prove_themselves(document):
    proofs = ["client_secret_basic", "client_secret_post", "private_key_jwt"]

    assert document["token_endpoint_auth_methods_supported"] == [*proofs, "none"]
    assert document["revocation_endpoint_auth_methods_supported"] == [*proofs, "none"]
    assert document["introspection_endpoint_auth_methods_supported"] == proofs
    for endpoint in ("token", "revocation", "introspection"):
        algorithms = document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert algorithms == ["RS256", "PS256", "ES256", "EdDSA"]


def test_no_algorithm_is_none_and_none_needs_a_shared_secret(document):
    algorithms = {each for name, told in document.items() if "_alg_values_" in name for each in told}

    assert algorithms == {"RS256", "PS256", "ES256", "EdDSA"}
    assert document["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]
    assert document["userinfo_signing_alg_values_supported"] == ["RS256", "ES256"]


def test_answers_name_their_issuer_and_logout_reaches_the_clients(document):
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True
