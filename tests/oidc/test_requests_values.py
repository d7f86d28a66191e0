"""The values in an authorization request: scope, challenge, prompt, age, free texts and claims, each with its rule."""

from dataclasses import replace

import pytest

from identity_service.oidc.scopes import RequestedClaims
from tests.oidc.requesting import (
    CHALLENGE,
    EXEMPT,
    LENGTHS,
    PUBLIC,
    WITHOUT_PKCE,
    Client,
    client_with,
    error,
    good,
    read,
)


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        ("openid", ("openid",)),
        ("profile openid profile", ("profile", "openid")),
        ("openid chat:write", ("openid",)),
        ("email", ("email",)),
    ],
)
def test_what_is_asked_for_is_known_and_allowed(scope, left):
    assert good(scope=scope, client=client_with(scope="openid email profile")).scope == left


def test_a_client_asks_only_for_what_it_may():
    assert good(scope="openid email roles", client=client_with(scope="openid roles")).scope == ("openid", "roles")
    assert error(scope="email", client=client_with(scope="openid roles")) == "invalid_scope"
    assert error(scope="openid", client=client_with(scope="")) == "invalid_scope"


@pytest.mark.parametrize("scope", [None, "chat:write", "OPENID", "openid  email", " openid", 'openid "', "openid\n"])
def test_a_scope_that_says_nothing_is_refused(scope):
    assert error(scope=scope) == "invalid_scope"


def test_without_the_scope_openid_it_is_oauth_and_no_more():
    assert good(scope="email", claims='{"userinfo": {"name": null}}').claims == RequestedClaims()


@pytest.mark.parametrize("client", [Client(), PUBLIC, EXEMPT], ids=["confidential", "public", "exempt"])
@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": "plain"},
        {"code_challenge": CHALLENGE[:-1]},
        {"code_challenge": CHALLENGE + "x"},
        {"code_challenge": CHALLENGE + "="},
        {"code_challenge": CHALLENGE[:-1] + "~"},
        {"code_challenge": CHALLENGE[:-1] + "\n"},
        {"code_challenge": CHALLENGE[:-1] + "é"},
        {"code_challenge": "x" * 128},
    ],
    ids=str,
)
def test_a_challenge_is_a_sha_256_and_nothing_else(client, changed):
    assert error(client=client, **changed) == "invalid_request"
    assert good(client=client).code_challenge == CHALLENGE


@pytest.mark.parametrize("client", [Client(), PUBLIC], ids=["confidential", "public"])
def test_a_challenge_is_required(client):
    assert error(client=client, **WITHOUT_PKCE) == "invalid_request"


def test_a_public_client_cannot_be_exempt():
    exempt = replace(PUBLIC, details=replace(PUBLIC.details, require_pkce=False))

    assert error(client=exempt, **WITHOUT_PKCE) == "invalid_request"


def test_an_exempt_client_sends_a_nonce_that_an_id_token_can_hold():
    assert good(client=EXEMPT, **WITHOUT_PKCE).code_challenge is None
    assert error(client=EXEMPT, **WITHOUT_PKCE, nonce=None) == "invalid_request"
    assert error(client=EXEMPT, **WITHOUT_PKCE, scope="email") == "invalid_request"


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        (None, set()),
        ("none", {"none"}),
        ("login", {"login"}),
        ("consent login", {"login", "consent"}),
        ("select_account select_account", {"select_account"}),
        ("select_account login consent", {"login", "consent", "select_account"}),
    ],
)
def test_a_prompt_is_read(prompt, read):
    assert good(prompt=prompt).prompt == read


@pytest.mark.parametrize(
    "prompt",
    ["none login", "login none", "none consent select_account", "create", "Login", "login,consent", "login  x", " "],
)
def test_a_prompt_that_contradicts_itself_or_is_unknown_is_refused(prompt):
    assert error(prompt=prompt) == "invalid_request"


@pytest.mark.parametrize("max_age", ["0", "1", "0060", "86400", "2147483647"])
def test_a_max_age_is_a_whole_number(max_age):
    assert good(max_age=max_age).max_age == int(max_age)


@pytest.mark.parametrize(
    "max_age", ["-1", "+1", "1.0", "1e3", " 1", "1 ", "0x10", "1_0", "\u0661", "²", "ten", "2147483648", "9" * 5000]
)
def test_a_max_age_that_is_none_is_refused(max_age):
    assert error(max_age=max_age) == "invalid_request"


def test_the_max_age_of_the_client_counts_where_the_request_names_none():
    client = client_with(default_max_age=300)

    assert good(client=client).max_age == 300
    assert good(client=client, max_age="0").max_age == 0
    assert good(client=client, max_age="600").max_age == 600


@pytest.mark.parametrize(("name", "longest"), LENGTHS.items())
def test_free_texts_have_a_length(name, longest):
    kept = getattr(good(**{name: "é" * longest}), name)

    assert "".join(kept) == "é" * longest
    assert error(**{name: "é" * (longest + 1)}) == "invalid_request"


@pytest.mark.parametrize(
    "unseen", ["\0", "\n", "\r\n", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\ud800"], ids=ascii
)
@pytest.mark.parametrize("name", LENGTHS)
def test_free_texts_hold_no_control_characters(name, unseen):
    assert error(**{name: f"a{unseen}b"}) == "invalid_request"
    assert good(**{name: "a b ~!@#$%^&*()'\"<>\\ é 字"})


def test_only_a_state_that_is_well_formed_is_echoed():
    assert read(response_type=None).state == "af0ifjsldkj"
    assert read(response_type=None, state=None).state is None
    assert read(nonce="\n").state == "af0ifjsldkj"
    assert read(state="a\nb").state is None
    assert read(state="x" * 2049).state is None
    assert read(("state", "other")).state is None
    assert read(response_type=None, state="<script>&é").state == "<script>&é"


def test_claims_are_asked_for_by_name_within_what_the_client_may_know():
    claims = '{"userinfo": {"email": null, "name": {"essential": true}}, "id_token": {"auth_time": null}}'

    everything = good(scope="openid", claims=claims)
    assert everything.claims.as_mapping() == {
        "userinfo": {"email": None, "name": {"essential": True}},
        "id_token": {"auth_time": None},
    }
    assert everything.scope == ("openid",)
    assert everything.asks_for == ("openid", "email", "profile")

    little = good(scope="openid", claims=claims, client=client_with(scope="openid email"))
    assert little.claims.as_mapping() == {"userinfo": {"email": None}, "id_token": {"auth_time": None}}
    assert little.asks_for == ("openid", "email")


@pytest.mark.parametrize(
    "claims", ["x", "[]", '{"userinfo": 1}', '{"id_token": {"acr": {"essential": 1}}}', "[" * 2000]
)
def test_malformed_claims_are_refused(claims):
    assert error(claims=claims) == "invalid_request"
    assert error(claims=claims, scope="email") == "invalid_request"
