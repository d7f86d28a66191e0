"""Client metadata: what may be registered by whom, and what is made of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from identity_service.foundation.errors import InvalidClientMetadata, InvalidRedirectURI
from identity_service.oidc.client_metadata import OWN, SHAPES, UNSUPPORTED
from identity_service.oidc.clients import Client
from identity_service.oidc.details import EVERY_SCOPE, Details
from identity_service.oidc.registration import _Said, mistakes, read, registered
from tests.fakes.clock import START
from tests.oidc.registering import CALLBACK, LEAST, dynamic, told

JWKS = {"keys": [ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)]}


def by_operator(**metadata):
    return read({"client_name": "Wiki", **LEAST, **metadata}, by_operator=True)


def test_one_address_is_enough_and_the_rest_has_the_defaults_of_the_rfc():
    wanted = dynamic()

    assert (wanted.name, wanted.redirect_uris) == ("wiki.example.org", (CALLBACK,))
    assert wanted.details == Details(
        grant_types=("authorization_code",),
        scope="openid profile email address phone offline_access",
        may_introspect=False,
    )


def test_a_client_that_registers_itself_is_never_trusted_whatever_it_says():
    details = dynamic(is_trusted=True, may_introspect=True, require_pkce=False, claims_in_id_token=True).details

    assert (details.is_trusted, details.may_introspect) == (False, False)
    assert (details.require_pkce, details.claims_in_id_token) == (True, False)


def test_a_client_that_registers_itself_is_not_given_roles():
    assert dynamic(scope="email roles openid unheard-of").details.scope == "openid email"
    with pytest.raises(InvalidClientMetadata, match=r"^scope must name some of openid "):
        dynamic(scope="roles")


def test_an_operator_may_more():
    wanted = by_operator(
        redirect_uris=["http://wiki:3000/callback"],
        backchannel_logout_uri="http://10.0.0.7/logout",
        client_uri="https://wiki.local/",
        is_trusted=True,
        require_pkce=False,
        claims_in_id_token=True,
        scope="roles openid",
    )

    assert wanted.redirect_uris == ("http://wiki:3000/callback",)
    assert wanted.details == Details(
        backchannel_logout_uri="http://10.0.0.7/logout",
        client_uri="https://wiki.local/",
        is_trusted=True,
        require_pkce=False,
        claims_in_id_token=True,
        scope="openid roles",
    )
    assert by_operator().details == Details(scope=EVERY_SCOPE)


def test_a_client_of_an_operator_needs_no_address_and_is_a_back_end_then():
    assert read({"client_name": "Back end"}, by_operator=True).details == Details(
        scope=f"{EVERY_SCOPE} violations bans"
    )
    told = {"client_name": "Back end", "scope": "openid bans"}
    assert read(told, by_operator=True).details == Details(scope="openid bans")


def test_what_people_sign_in_to_may_moderate_only_if_the_operator_says_so():
    assert by_operator(scope="openid violations").details.scope == "openid violations"
    assert "bans" not in by_operator().details.scope


@pytest.mark.parametrize(
    "uri",
    [
        "http://wiki.example.org/callback",
        "https://wiki.example.org/#x",
        "https://*.example.org/",
        "https://user@wiki.example.org/",
        "javascript:alert(1)",
        "wiki.example.org",
        "com.example.app:/callback",
        "https://wiki.example.org/../x",
    ],
)
def test_a_redirect_address_that_cannot_be_is_told_as_such(uri):
    with pytest.raises(
        InvalidRedirectURI, match=r"^redirect_uris\[1\] must be an https address, or http on 127"
    ) as wrong:
        dynamic(redirect_uris=[CALLBACK, uri])
    assert uri not in wrong.value.message


def test_an_app_may_have_a_scheme_of_its_own():
    wanted = dynamic(application_type="native", redirect_uris=["com.example.app:/callback", "http://127.0.0.1/cb"])

    assert wanted.redirect_uris == ("com.example.app:/callback", "http://127.0.0.1/cb")
    assert wanted.name == "An application without a name"


def test_http_after_signing_out_is_for_an_operators_client_that_can_prove_itself():
    back = {"post_logout_redirect_uris": ["http://wiki:3000/"]}

    assert told(operator=True, **back) == []
    for public in ({"operator": True, "token_endpoint_auth_method": "none"}, {"operator": False}):
        (mistake,) = told(**public, **back)
        assert mistake.startswith("post_logout_redirect_uris[0] must be an https address")


@pytest.mark.parametrize("name", ["client_uri", "logo_uri", "tos_uri", "policy_uri", "backchannel_logout_uri"])
@pytest.mark.parametrize(
    "uri",
    ["http://wiki.example.org/", "https://169.254.169.254/", "https://localhost/", "https://a.example/#b", "x", ""],
)
def test_a_client_may_not_lead_us_or_people_into_the_house(name, uri):
    with pytest.raises(InvalidClientMetadata, match=f"^{name} must be an https address of a public host"):
        dynamic(**{name: uri})


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({"redirect_uris": []}, "redirect_uris must hold an address for the grant type authorization_code."),
        (
            {"grant_types": ["client_credentials"], "response_types": ["code"]},
            "response_types must be code for the grant",
        ),
        (
            {"response_types": []},
            "response_types must be code for the grant type authorization_code, and for no other.",
        ),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "jwks must be there for private_key_jwt."),
        (
            {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
            "grant_types must not have client_credentials without any.",
        ),
        ({"default_max_age": -1}, "default_max_age must not be negative."),
        ({"default_max_age": True}, "default_max_age must be a whole number."),
    ],
)
def test_what_does_not_go_together_is_refused(metadata, sentence):
    assert any(mistake.startswith(sentence) for mistake in told(**metadata))


@pytest.mark.parametrize("name", ["may_introspect", "require_pkce"])
def test_a_client_without_credentials_has_less_freedom(name):
    public = {"token_endpoint_auth_method": "none", name: name == "may_introspect"}

    assert told(operator=True, **public) == [
        f"{name} must be {'false' if public[name] else 'true'} for a client that cannot prove itself."
    ]
    assert by_operator(token_endpoint_auth_method="none").details == Details(
        token_endpoint_auth_method="none", grant_types=("authorization_code",), may_introspect=False
    )


def test_a_client_may_prove_itself_with_a_key():
    details = dynamic(token_endpoint_auth_method="private_key_jwt", jwks=JWKS).details

    assert details.jwks == JWKS
    assert not Client("a", "A", (), START, details=details).has_secret


def test_a_weak_or_private_key_is_told_by_its_place():
    private = RSAKey.generate_key(2048).as_dict(private=True)

    assert told(jwks={"keys": [private]}) == ["jwks.keys[0] cannot be: a private or secret key."]
    (weak,) = told(jwks={"keys": [{"kty": "RSA", "n": "AQAB" * 8, "e": "AQAB"}]})
    assert weak.startswith("jwks.keys[0] cannot be: an RSA key of fewer than 2048 bits")


def test_every_mistake_is_told_at_once():
    found = told(
        redirect_uris=["x", "y"],
        client_uri="z",
        jwks={},
        jwks_uri="w",
        scope=7,
        grant_types=["magic"],
        client_name="\n",
    )

    assert sorted(mistake.split()[0] for mistake in found) == [
        "client_name",
        "client_uri",
        "grant_types",
        "jwks",
        "jwks_uri",
        "redirect_uris[0]",
        "redirect_uris[1]",
        "scope",
    ]


def test_what_is_registered_is_told_and_can_be_registered_again():
    metadata = {
        "client_name": "The wiki",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": ["https://wiki.example.org/"],
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": JWKS,
        "scope": "openid email",
        "subject_type": "public",
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "RS256",
        "backchannel_logout_uri": "https://wiki.example.org/logout",
        "backchannel_logout_session_required": True,
        "default_max_age": 0,
        "require_auth_time": True,
        "client_uri": "https://wiki.example.org/about",
        "logo_uri": "https://wiki.example.org/logo.png",
        "tos_uri": "https://wiki.example.org/terms",
        "policy_uri": "https://wiki.example.org/privacy",
        "contacts": ["ada@example.org"],
    }
    assert metadata.keys() == SHAPES.keys()
    wanted = read(metadata, by_operator=False)
    shown = registered(Client("a", wanted.name, wanted.redirect_uris, START, details=wanted.details))

    assert shown == metadata
    assert not shown.keys() & OWN.keys()
    assert read(shown, by_operator=False) == wanted
    assert Details.from_mapping(json.loads(json.dumps(wanted.details.as_mapping()))) == wanted.details


def test_a_client_that_only_asks_for_itself_has_no_response_type():
    wanted = dynamic(redirect_uris=None, grant_types=["client_credentials"])

    assert registered(Client("a", "A", (), START, details=wanted.details))["response_types"] == []


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from([CALLBACK, "code"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
NAMES = st.sampled_from([*SHAPES, *OWN, *UNSUPPORTED, "strange"])


@given(st.dictionaries(NAMES, ANYTHING, max_size=6), st.booleans())
def test_whatever_is_said_is_registered_or_refused_in_words(metadata, operator):
    found = mistakes(metadata, by_operator=operator)
    if found:
        with pytest.raises((InvalidRedirectURI, InvalidClientMetadata)):
            read(metadata, by_operator=operator)
    else:
        wanted = read(metadata, by_operator=operator)
        assert json.dumps(wanted.details.as_mapping())
        assert wanted.name


@pytest.mark.parametrize("strange", [{"subject_type": "pairwise"}, {"jwks": {"keys": [{"kty": "EC"}]}}])
def test_what_would_slip_by_us_is_refused_by_the_library(strange):
    (mistake,) = _Said({**LEAST, **strange}, by_operator=False).judged_by_the_library()

    assert str(mistake) == f"{next(iter(strange))} is not valid."
