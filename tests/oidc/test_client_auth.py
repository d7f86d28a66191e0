"""
How a client proves who it is: one thing at a time, and an assertion that is exactly right, once.

Law: RFC 6749 §2.3, RFC 7521 §4.2, RFC 7523 §3, OpenID Connect Core 1.0 §9, RFC 8725.
"""

import json
from base64 import b64encode
from dataclasses import replace

import pytest

from identity_service.foundation.errors import InvalidClient, InvalidRequest
from identity_service.oidc.client_auth import (
    JWT_BEARER,
    ByAssertion,
    ByName,
    BySecret,
    ByToken,
    assertion_of,
    shown,
)
from identity_service.oidc.clients import Client
from identity_service.oidc.details import Details
from tests.fakes.client_keys import ClientKey, spelled
from tests.fakes.clock import START

ISSUER = "https://id.example.org"
NOW = int(START.timestamp())
CLAIMS = {"iss": "chat", "sub": "chat", "aud": ISSUER, "jti": "one", "iat": NOW, "exp": NOW + 60}
KEY, RSA = ClientKey("ES256", "first"), ClientKey("RS256", "second")
ASSERTION = KEY.sign(CLAIMS)
ASSERTED = {"client_assertion": ASSERTION, "client_assertion_type": JWT_BEARER}


def basic(credentials):
    return "Basic " + b64encode(credentials.encode()).decode()


def client(*jwks, algorithm=None, client_id="chat"):
    details = Details(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg=algorithm,
        jwks={"keys": list(jwks or [KEY.jwk])},
    )
    return Client(client_id, "Chat", (), START, details=details)


def is_good(assertion, whose=None):
    return assertion_of(whose or client(), assertion, ISSUER, NOW) is not None


@pytest.mark.parametrize(
    ("authorization", "form", "way"),
    [
        (basic("chat:secret"), {}, BySecret("chat", "secret")),
        (basic("chat:secret"), {"client_id": "chat"}, BySecret("chat", "secret")),
        (basic("chat:secret"), {"client_secret": "", "client_assertion": ""}, BySecret("chat", "secret")),
        (basic("a%2Db:s%3Ae+c:r"), {}, BySecret("a-b", "s:e c:r")),
        (basic("chat:"), {}, BySecret("chat", "")),
        (basic("chat:secret").replace("Basic", "bAsIc "), {}, BySecret("chat", "secret")),
        ("", {"client_id": "chat", "client_secret": "secret"}, BySecret("chat", "secret")),
        ("", ASSERTED, ByAssertion("chat", ASSERTION)),
        ("", {**ASSERTED, "client_id": "chat"}, ByAssertion("chat", ASSERTION)),
        ("", {"client_id": "My_Chat.2-x"}, ByName("My_Chat.2-x")),
        ("Bearer a.b.c", {}, ByToken("", "a.b.c")),
        ("bearer  a.b.c ", {"client_id": "chat"}, ByToken("chat", "a.b.c")),
    ],
)
def test_one_thing_is_read_as_it_was_shown(authorization, form, way):
    """RFC 6749 §2.3.1 (both halves of Basic are form-encoded) and §3.1 (without a value is absent)."""
    assert shown(authorization, form) == way


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (basic("chat:secret"), {"client_secret": "secret"}),
        (basic("chat:secret"), {"client_id": "chat", "client_secret": "secret"}),
        (basic("chat:secret"), ASSERTED),
        ("Bearer a.b.c", ASSERTED),
        ("Bearer a.b.c", {"client_id": "chat", "client_secret": "secret"}),
        ("", {**ASSERTED, "client_id": "chat", "client_secret": "secret"}),
    ],
)
def test_two_ways_at_once_are_one_too_many(authorization, form):
    """RFC 6749 §2.3."""
    with pytest.raises(InvalidRequest, match="in one way at a time"):
        shown(authorization, form)


@pytest.mark.parametrize(
    ("authorization", "form"),
    [(basic("chat:secret"), {"client_id": "wiki"}), ("", {**ASSERTED, "client_id": "wiki"})],
)
def test_a_client_has_one_name(authorization, form):
    """RFC 7521 §4.2."""
    with pytest.raises(InvalidRequest, match="under one name"):
        shown(authorization, form)


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        ("", {}),
        ("", {"client_id": ""}),
        ("", {"client_secret": "secret"}),
        ("", {"client_id": "' OR 1=1 --"}),
        ("", {"client_id": "chat\0"}),
        ("", {"client_id": "chät"}),
        ("", {"client_id": "x" * 65}),
        (basic("secret"), {}),
        (basic(":secret"), {}),
        ("Basic", {}),
        ("Basic !!!", {}),
        ("Basic " + b64encode(b"\xff:\xff").decode(), {}),
        ("Digest username=chat", {}),
        ("DPoP a.b.c", {}),
        ("", {"client_assertion": ASSERTION}),
        ("", {"client_assertion_type": JWT_BEARER, "client_id": "chat"}),
        ("", {**ASSERTED, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}),
        ("", {**ASSERTED, "client_assertion_type": JWT_BEARER.upper()}),
        ("", {**ASSERTED, "client_assertion": "no.assertion"}),
        ("", {**ASSERTED, "client_assertion": KEY.sign({**CLAIMS, "sub": ["chat"]})}),
        ("", {**ASSERTED, "client_assertion": KEY.sign({**CLAIMS, "sub": ""})}),
        ("", {**ASSERTED, "client_assertion": KEY.sign({"iss": "chat"})}),
    ],
)
def test_what_cannot_be_read_proves_nothing(authorization, form):
    with pytest.raises(InvalidClient):
        shown(authorization, form)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_an_assertion_is_good_in_each_algorithm_that_its_client_is_registered_for(algorithm):
    """OpenID Connect Core 1.0 §9."""
    key = ClientKey(algorithm)

    assert is_good(key.sign(CLAIMS), client(key.jwk, algorithm=algorithm))
    assert is_good(key.sign(CLAIMS), client({**key.jwk, "alg": algorithm}))


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW + 600},
        {"exp": NOW + 1},
        {"iat": NOW + 60},
        {"nbf": NOW + 60},
        {"aud": [ISSUER]},
        {"jti": "x"},
        {"jti": "x" * 256},
        {"more": {"of": "it"}},
    ],
    ids=str,
)
def test_an_assertion_at_the_edge_of_what_is_right_is_good(changed):
    assert is_good(KEY.sign({**CLAIMS, **changed}))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "wiki"},
        {"iss": "chat "},
        {"iss": ["chat"]},
        {"sub": "wiki"},
        {"aud": "https://other.example.org"},
        {"aud": f"{ISSUER}/"},
        {"aud": f"{ISSUER}/oauth2/token"},
        {"aud": [ISSUER, "https://other.example.org"]},
        {"aud": [ISSUER, f"{ISSUER}/oauth2/token"]},
        {"aud": []},
        {"aud": {"0": ISSUER}},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": NOW + 601},
        {"exp": 10**300},
        {"exp": str(NOW + 60)},
        {"exp": NOW + 60.5},
        {"exp": True},
        {"iat": NOW + 61},
        {"iat": "now"},
        {"nbf": NOW + 61},
        {"jti": ""},
        {"jti": "x" * 257},
        {"jti": 7},
        {"jti": "one\0"},
    ],
    ids=str,
)
def test_an_assertion_that_is_wrong_in_one_respect_is_refused(changed):
    """RFC 7523 §3; the audience is our name and no endpoint, so it is good nowhere else."""
    assert is_good(KEY.sign(CLAIMS))
    assert not is_good(KEY.sign({**CLAIMS, **changed}))


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "jti", "exp"])
def test_an_assertion_that_leaves_something_out_is_refused(name):
    assert not is_good(KEY.sign({claim: value for claim, value in CLAIMS.items() if claim != name}))


def test_an_assertion_need_not_say_when_it_was_made():
    assert is_good(KEY.sign({claim: value for claim, value in CLAIMS.items() if claim != "iat"}))


@pytest.mark.parametrize("header", [{}, {"typ": None}])
def test_an_assertion_may_leave_out_its_type(header):
    assert is_good(KEY.sign(CLAIMS, **header))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": "logout+jwt"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"crit": ["exp"]},
        {"jwk": KEY.jwk},
        {"jku": "https://evil.example.org/jwks"},
        {"x5u": "https://evil.example.org/cert"},
        {"kid": "unknown"},
        {"kid": 7},
    ],
    ids=str,
)
def test_an_assertion_with_another_header_is_refused(header):
    """RFC 8725 §3.1, §3.10 and §3.11, RFC 7515 §4.1.11."""
    assert not is_good(KEY.sign(CLAIMS, **header))


def test_an_assertion_without_a_signature_or_with_another_clients_is_refused():
    header, claims, _ = ASSERTION.split(".")

    assert not is_good(f"{header}.{claims}.")
    assert not is_good(f"{header}.{claims}.{'A' * 86}")
    assert not is_good(ClientKey("ES256", "first").sign(CLAIMS))


def test_a_public_key_does_not_pass_for_a_shared_secret():
    """The oldest trick: an HMAC with what everybody knows."""
    header = spelled(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    forged = f"{header}.{spelled(json.dumps(CLAIMS).encode())}.{'A' * 43}"

    assert not is_good(forged, client({"kty": "oct", "k": "AAAA"}))
    assert not is_good(forged, client(KEY.jwk, algorithm="HS256"))


def test_the_algorithm_is_not_the_assertions_to_choose():
    """One RSA key would verify RS256 and PS256 alike; it is for the one that it is registered for (RFC 8725 §3.1)."""
    pss = ClientKey("PS256", "second")

    assert is_good(RSA.sign(CLAIMS), client(RSA.jwk))
    assert not is_good(pss.sign(CLAIMS), client(pss.jwk))
    assert not is_good(RSA.sign(CLAIMS), client(RSA.jwk, algorithm="PS256"))
    assert not is_good(KEY.sign(CLAIMS), client(KEY.jwk, algorithm="RS256"))


def test_the_key_is_found_by_its_name_and_needs_none_where_it_is_alone():
    bare = {name: value for name, value in KEY.jwk.items() if name != "kid"}

    assert is_good(ASSERTION, client(RSA.jwk, KEY.jwk))
    assert is_good(KEY.sign(CLAIMS, kid=None), client(KEY.jwk))
    assert is_good(KEY.sign(CLAIMS, kid=None), client({**RSA.jwk, "use": "enc"}, KEY.jwk))
    assert is_good(ASSERTION, client(bare))


def test_a_key_that_is_not_the_one_that_is_meant_is_not_tried():
    assert not is_good(KEY.sign(CLAIMS, kid=None), client(KEY.jwk, RSA.jwk))
    assert not is_good(KEY.sign(CLAIMS, kid="second"), client(KEY.jwk, RSA.jwk))
    assert not is_good(KEY.sign(CLAIMS, kid="second"), client(KEY.jwk))
    assert not is_good(ASSERTION, client(KEY.jwk, {**RSA.jwk, "kid": "first"}))


@pytest.mark.parametrize("said", [{"use": "enc"}, {"key_ops": ["sign"]}, {"alg": "RS256"}, {"d": "AA"}], ids=str)
def test_a_key_that_is_for_something_else_is_not_used(said):
    assert not is_good(ASSERTION, client({**KEY.jwk, **said}))


@pytest.mark.parametrize("jwks", [None, {}, {"keys": []}, {"keys": ["key"]}])
def test_a_client_without_keys_has_nothing_to_sign_with(jwks):
    without = replace(client(), details=replace(client().details, jwks=jwks))

    assert not is_good(ASSERTION, without)
