"""OpenID Connect Discovery 1.0 §3, RFC 8414 §2: what the provider says of itself, and that it is true."""

from urllib.parse import urlsplit

import pytest

from tests.conformance.user_agent import HOME
from tests.fakes.tokens import claims_of

REQUIRED = {
    "issuer": str,
    "authorization_endpoint": str,
    "token_endpoint": str,
    "jwks_uri": str,
    "response_types_supported": list,
    "subject_types_supported": list,
    "id_token_signing_alg_values_supported": list,
}
RECOMMENDED = {"userinfo_endpoint": str, "scopes_supported": list, "claims_supported": list}
FLAGS = {
    "claims_parameter_supported": True,
    "request_parameter_supported": False,
    "request_uri_parameter_supported": False,
    "require_request_uri_registration": False,
    "authorization_response_iss_parameter_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
}
NOT_DONE = (
    *("check_session_iframe", "frontchannel_logout_supported", "pushed_authorization_request_endpoint"),
    *("device_authorization_endpoint", "dpop_signing_alg_values_supported", "op_policy_uri"),
)


@pytest.fixture
def metadata(party):
    """The discovery document, as a party has read it."""
    return party.metadata


@pytest.mark.parametrize(("name", "kind"), [*REQUIRED.items(), *RECOMMENDED.items()])
def test_what_is_required_or_recommended_is_there(metadata, name, kind):
    assert type(metadata[name]) is kind
    assert metadata[name]


def test_the_issuer_is_an_https_address_without_query_and_fragment(metadata):
    parts = urlsplit(metadata["issuer"])

    assert (metadata["issuer"], parts.scheme, parts.query, parts.fragment) == (HOME, "https", "", "")


def test_the_issuer_is_that_of_the_tokens(party, metadata, browser):
    tokens = party.sign_in(browser)

    assert claims_of(tokens["id_token"])["iss"] == claims_of(tokens["access_token"])["iss"] == metadata["issuer"]


def test_every_endpoint_is_an_https_address_of_the_issuer(metadata):
    endpoints = {name: value for name, value in metadata.items() if name.endswith(("_endpoint", "_uri"))}

    assert len(endpoints) >= 7
    assert all(value.startswith(f"{HOME}/") and "#" not in value for value in endpoints.values())


@pytest.mark.parametrize(
    ("name", "method", "status"),
    [
        ("authorization_endpoint", "GET", 400),
        ("token_endpoint", "POST", 415),
        ("userinfo_endpoint", "GET", 401),
        ("jwks_uri", "GET", 200),
        ("introspection_endpoint", "POST", 415),
        ("revocation_endpoint", "POST", 415),
        ("end_session_endpoint", "GET", 200),
    ],
)
def test_behind_every_address_there_is_somebody(metadata, wire, name, method, status):
    answer = wire.open(urlsplit(metadata[name]).path, base_url=HOME, method=method)

    assert answer.status_code == status


@pytest.mark.parametrize(("name", "value"), FLAGS.items())
def test_the_flags_say_what_is_done(metadata, name, value):
    """What would be `true` by default and is not done is denied expressly: `request_uri_parameter_supported`."""
    assert metadata[name] is value


@pytest.mark.parametrize("name", NOT_DONE)
def test_nothing_is_named_that_is_not_done(metadata, name):
    assert name not in metadata


def test_no_list_is_empty_and_nothing_is_null(metadata):
    """§4.2: claims with zero elements must be omitted."""
    assert not [name for name, value in metadata.items() if value in (None, "", [])]


def test_the_lists_have_no_repeats(metadata):
    assert not [name for name, value in metadata.items() if isinstance(value, list) and len({*value}) < len(value)]


def test_the_lists_are_exactly_what_works(metadata):
    """RFC 9700 §2.1.1 and §2.4: PKCE with S256 only, the code flow only, no passwords."""
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["query", "form_post"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert set(metadata["grant_types_supported"]) == {"authorization_code", "refresh_token", "client_credentials"}
    assert metadata["subject_types_supported"] == ["public"]
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["id_token_signing_alg_values_supported"]


@pytest.mark.parametrize("endpoint", ["token_endpoint", "introspection_endpoint", "revocation_endpoint"])
def test_assertions_are_never_unsigned(metadata, endpoint):
    algorithms = metadata[f"{endpoint}_auth_signing_alg_values_supported"]

    assert "private_key_jwt" in metadata[f"{endpoint}_auth_methods_supported"]
    assert "RS256" in algorithms
    assert not [name for name in algorithms if name == "none" or name.startswith("HS")]


def test_only_who_can_prove_itself_may_introspect(metadata):
    assert "none" not in metadata["introspection_endpoint_auth_methods_supported"]
    assert "none" in metadata["token_endpoint_auth_methods_supported"]


@pytest.mark.environ(DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN="8c1f0e5b7a2d49634f1e8a0b6c3d2e97")
def test_registration_is_named_where_it_is_possible(metadata, wire):
    answer = wire.post(urlsplit(metadata["registration_endpoint"]).path, base_url=HOME, json={})

    assert answer.status_code == 401


def test_registration_is_not_named_where_it_is_not_possible(metadata, wire):
    assert "registration_endpoint" not in metadata
    assert wire.post("/oauth2/register", base_url=HOME, json={}).status_code == 404
