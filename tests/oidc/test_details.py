"""Client metadata as it is kept: little, and readable by the release before and after."""

import json
from dataclasses import fields

from identity_service.oidc.details import Details

EVERYTHING = Details(
    application_type="native",
    token_endpoint_auth_method="private_key_jwt",
    token_endpoint_auth_signing_alg="ES256",
    grant_types=("refresh_token",),
    scope="openid",
    id_token_signed_response_alg="ES256",
    userinfo_signed_response_alg="RS256",
    jwks={"keys": [{"kty": "EC"}]},
    post_logout_redirect_uris=("https://a.example/",),
    backchannel_logout_uri="https://a.example/logout",
    backchannel_logout_session_required=True,
    require_pkce=False,
    is_trusted=True,
    may_introspect=False,
    claims_in_id_token=True,
    default_max_age=0,
    require_auth_time=True,
    client_uri="https://a.example/",
    logo_uri="https://a.example/logo.png",
    tos_uri="https://a.example/terms",
    policy_uri="https://a.example/privacy",
    contacts=("ada@example.org",),
)


def test_what_is_kept_is_what_differs_from_the_defaults():
    assert Details().as_mapping() == {}
    assert Details(is_trusted=True, contacts=("a",)).as_mapping() == {"is_trusted": True, "contacts": ["a"]}
    assert EVERYTHING.as_mapping().keys() == {each.name for each in fields(Details)}


def test_details_come_back_from_json_as_they_were():
    for details in (Details(), EVERYTHING):
        assert Details.from_mapping(json.loads(json.dumps(details.as_mapping()))) == details


def test_a_name_of_a_newer_release_is_left_aside():
    assert Details.from_mapping({"scope": "openid", "from_the_future": [1]}) == Details(scope="openid")
