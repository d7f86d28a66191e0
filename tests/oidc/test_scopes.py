"""Scopes and claims: what may be asked for, in which spelling, and what is told of a person."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.oidc.details import EVERY_SCOPE
from identity_service.oidc.scopes import (
    CLAIMS_OF,
    SCOPES,
    ClaimRequest,
    Profile,
    RequestedClaims,
    claims_for,
    claims_supported,
    parse_claims,
    parse_scope,
)

ADA = Profile(
    sub="65f2d0c1a7b3e4f5a6b7c8d9",
    name="Ada Lovelace",
    preferred_username="ada",
    email="ada@example.org",
    email_verified=True,
    picture="https://id.example.org/ada.png",
    roles=("ADMIN", "EDITOR"),
    updated_at=1_773_480_413,
)
ANYTHING = ClaimRequest()


def test_every_scope_is_said_in_words_and_has_its_claims():
    assert list(SCOPES) == list(CLAIMS_OF) == EVERY_SCOPE.split()
    assert [name for name, words in SCOPES.items() if not words[:1].isupper() or words.endswith(".")] == []


@pytest.mark.parametrize(
    ("scope", "read"),
    [
        ("openid", ("openid",)),
        ("email openid profile", ("email", "openid", "profile")),
        ("openid email openid", ("openid", "email")),
        ("openid chat:write https://api.example/x !#[]~", ("openid",)),
        ("OPENID", ()),
        ("openid" + " x" * 509, ("openid",)),
    ],
)
def test_known_scopes_are_read_once_and_in_their_order(scope, read):
    assert parse_scope(scope) == read


@pytest.mark.parametrize(
    "scope",
    [
        "",
        " ",
        " openid",
        "openid ",
        "openid  email",
        "openid\temail",
        "openid\nemail",
        "openid\u00a0email",
        'openid "x"',
        "openid a\\b",
        "openid é",
        "openid \0",
        "openid \x7f",
        "openid" + " x" * 510,
    ],
    ids=lambda scope: ascii(scope)[:30],
)
def test_what_is_no_list_of_scope_tokens_is_refused(scope):
    with pytest.raises(ValueError, match="one space"):
        parse_scope(scope)


@pytest.mark.parametrize(
    ("scopes", "told"),
    [
        (("openid",), {"sub"}),
        (("openid", "profile"), {"sub", "name", "preferred_username", "picture", "updated_at"}),
        (("openid", "email"), {"sub", "email", "email_verified"}),
        (("openid", "roles"), {"sub", "roles"}),
        (("openid", "address", "phone", "offline_access"), {"sub"}),
        (("profile",), {"name", "preferred_username", "picture", "updated_at"}),
        ((), set()),
        (("chat:write",), set()),
    ],
)
def test_each_scope_tells_its_claims_and_no_others(scopes, told):
    assert set(claims_for(ADA, scopes, {})) == told


def test_claims_are_of_the_types_that_the_specification_names():
    assert claims_for(ADA, SCOPES, {}) == {
        "sub": "65f2d0c1a7b3e4f5a6b7c8d9",
        "name": "Ada Lovelace",
        "preferred_username": "ada",
        "picture": "https://id.example.org/ada.png",
        "updated_at": 1_773_480_413,
        "email": "ada@example.org",
        "email_verified": True,
        "roles": ["ADMIN", "EDITOR"],
    }


def test_a_claim_without_a_value_is_not_told():
    nobody = Profile(ADA.sub, "", "", "ada@example.org", email_verified=False)

    assert claims_for(nobody, SCOPES, dict.fromkeys(("name", "picture", "roles"), ANYTHING)) == {
        "sub": ADA.sub,
        "email": "ada@example.org",
        "email_verified": False,
    }
    assert claims_for(replace(nobody, updated_at=0), ("profile",), {}) == {"updated_at": 0}


def test_a_claim_may_be_asked_for_by_its_name():
    asked = {"email": ANYTHING, "acr": ANYTHING, "phone_number": ANYTHING, "sub": ANYTHING}

    assert claims_for(ADA, (), asked) == {"email": ADA.email, "sub": ADA.sub}


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        ((), True),
        (("ada@example.org",), True),
        (("bob@example.org", "ada@example.org"), True),
        (("bob@example.org",), False),
        ((1, True), False),
    ],
)
def test_a_claim_that_is_asked_for_with_a_value_is_told_if_it_has_it(values, is_told):
    assert ("email" in claims_for(ADA, ("openid",), {"email": ClaimRequest(values=values)})) is is_told
    assert "email" in claims_for(ADA, ("email",), {"email": ClaimRequest(values=values)})


def test_one_and_true_are_different_values():
    assert "email_verified" in claims_for(ADA, (), {"email_verified": ClaimRequest(values=(True,))})
    assert "email_verified" not in claims_for(ADA, (), {"email_verified": ClaimRequest(values=(1,))})


def test_the_claims_parameter_is_read():
    asked = parse_claims(
        '{"userinfo": {"name": null, "email": {"essential": true}, "email_verified": {"value": true}},'
        ' "id_token": {"acr": {"essential": true, "values": ["1", "2"]}, "auth_time": {"essential": false}}}'
    )

    assert asked == RequestedClaims(
        {"name": ANYTHING, "email": ClaimRequest(essential=True), "email_verified": ClaimRequest(values=(True,))},
        {"acr": ClaimRequest(essential=True, values=("1", "2")), "auth_time": ANYTHING},
    )


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"userinfo": null}',
        '{"userinfo": {}, "id_token": {}}',
        '{"verified_claims": [1], "x": "y"}',
        '{"userinfo": {"address": {"value": {"country": "GB"}}, "name#ja-Kana-JP": null, "": null}}',
        '{"id_token": {"http://example.info/claims/groups": {"essential": 7}}}',
    ],
)
def test_what_nobody_knows_here_is_left_aside(text):
    assert parse_claims(text) == RequestedClaims()
    assert parse_claims(text).as_mapping() == {}


def test_a_claim_request_may_have_members_that_nobody_knows():
    assert parse_claims('{"userinfo": {"name": {"purpose": "to greet", "essential": true}}}').userinfo == {
        "name": ClaimRequest(essential=True)
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{",
        "{}}",
        "null",
        "[]",
        '"userinfo"',
        "7",
        "NaN",
        '{"userinfo": []}',
        '{"userinfo": "name"}',
        '{"id_token": true}',
        '{"userinfo": {"name": "Ada"}}',
        '{"userinfo": {"name": []}}',
        '{"userinfo": {"name": true}}',
        '{"userinfo": {"nobody": 1}}',
        '{"userinfo": {"name": {"essential": "true"}}}',
        '{"userinfo": {"name": {"essential": 1}}}',
        '{"userinfo": {"name": {"essential": null}}}',
        '{"userinfo": {"name": {"values": "Ada"}}}',
        '{"userinfo": {"name": {"values": {"0": "Ada"}}}}',
        '{"userinfo": {"name": {"values": [["Ada"]]}}}',
        '{"userinfo": {"name": {"value": ["Ada"]}}}',
        '{"userinfo": {"name": {"value": null}}}',
        '{"userinfo": {"updated_at": {"value": 1.5}}}',
        '{"userinfo": {"updated_at": {"value": 1e999}}}',
        '{"userinfo": {"updated_at": {"value": Infinity}}}',
        '{"userinfo": {"name": {"value": "a\\u0000"}}}',
        '{"userinfo": {"name": {"value": "\\ud800"}}}',
        '{"userinfo": {"name": null, "name": null}}',
        '{"userinfo": {}, "userinfo": {"email": null}}',
        '{"id_token": {"acr": {"value": "1", "value": "2"}}}',
        "[" * 4000,
        '{"a":' * 800,
        '{"userinfo": {"name": {"value": "' + "x" * 4096 + '"}}}',
    ],
    ids=lambda text: text[:50],
)
def test_a_malformed_claims_parameter_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"^[ -~]+\.$") as refusal:
        parse_claims(text)

    assert not set(str(refusal.value)) & set('"\\')


def test_the_longest_claims_parameter_is_still_read():
    assert parse_claims('{"userinfo": {"name": null}}'.ljust(4096)).userinfo == {"name": ANYTHING}
    with pytest.raises(ValueError, match="too long"):
        parse_claims("{}".ljust(4097))


REQUESTS = st.builds(
    ClaimRequest,
    st.booleans(),
    st.lists(st.booleans() | st.integers() | st.sampled_from(["1", "ada", "é"]), max_size=3).map(tuple),
)
MEMBERS = st.dictionaries(st.sampled_from(claims_supported()), REQUESTS, max_size=4)


@given(MEMBERS, MEMBERS)
def test_requested_claims_survive_being_kept_as_json(userinfo, id_token):
    asked = RequestedClaims(userinfo, id_token)

    assert RequestedClaims.from_mapping(json.loads(json.dumps(asked.as_mapping()))) == asked


def test_the_scopes_behind_single_claims_are_known():
    asked = parse_claims('{"userinfo": {"email": null, "acr": null}, "id_token": {"picture": null, "name": null}}')

    assert asked.scopes == ("email", "profile")
    assert RequestedClaims().scopes == ()


def test_a_client_gets_no_claim_of_a_scope_that_it_may_not_ask_for():
    asked = parse_claims('{"userinfo": {"email": null, "name": null}, "id_token": {"acr": null, "sub": null}}')

    assert asked.within(("profile", "email")) == asked
    assert asked.within(("profile", "nonsense")) == parse_claims(
        '{"userinfo": {"name": null}, "id_token": {"acr": null, "sub": null}}'
    )


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("{}", ()),
        ('{"id_token": {"sub": null}}', ()),
        ('{"id_token": {"sub": {"value": "ada"}}}', ("ada",)),
        (
            '{"userinfo": {"sub": {"values": ["ada", "bob"]}}, "id_token": {"sub": {"value": "ada"}}}',
            ("ada", "bob", "ada"),
        ),
    ],
)
def test_the_person_may_be_named(text, subjects):
    assert parse_claims(text).subjects == subjects


def test_every_claim_that_is_told_is_published():
    assert set(claims_for(ADA, SCOPES, {})) < set(claims_supported())
    assert len(set(claims_supported())) == len(claims_supported())
