"""Keys of clients: which can be registered, and what of them is kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from identity_service.oidc.registered_keys import key_mistakes, public_part

EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig", "alg": "PS256"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp"})
GOOD = [key.as_dict(private=False) for key in (EC, RSA, OKP)]


def mistakes(*keys):
    return [f"{place} {sentence}" for place, sentence in key_mistakes({"keys": list(keys)})]


def test_a_set_of_public_keys_can_be_registered():
    assert mistakes(*GOOD) == []
    assert public_part({"keys": GOOD, "more": 1})["keys"] == [{**key} for key in GOOD]


def test_only_what_a_verifier_needs_is_kept():
    (kept,) = public_part({"keys": [{**GOOD[0], "ext": True, "x5c": ["…"], "x5u": "https://a.example/"}]})["keys"]

    assert kept == GOOD[0]


def test_a_key_for_encryption_is_left_aside():
    assert mistakes(GOOD[0], {**GOOD[1], "use": "enc", "alg": "RSA-OAEP"}) == []
    assert public_part({"keys": [GOOD[0], {**GOOD[1], "use": "enc"}]}) == {"keys": [GOOD[0]]}


@pytest.mark.parametrize("private", [EC, RSA, OKP], ids=["EC", "RSA", "OKP"])
@pytest.mark.parametrize("use", ["sig", "enc"])
def test_a_private_key_is_refused_and_not_repeated(private, use):
    key = {**private.as_dict(private=True), "use": use}
    (mistake,) = mistakes(GOOD[0] | {"kid": "other"}, key)

    assert mistake == ".keys[1] cannot be: a private or secret key"
    assert key["d"] not in mistake


@pytest.mark.parametrize(
    "keys",
    [None, {}, [], "text", [None], [7], [GOOD[0]] * 21, [{**GOOD[0], "use": "enc"}]],
    ids=["none", "object", "empty", "text", "null", "number", "too many", "only for encryption"],
)
def test_what_is_no_set_of_keys_is_refused(keys):
    ((place, sentence),) = key_mistakes({"keys": keys})

    assert (place, sentence.split(",")[0]) == ("", "must be a JWK Set of at most 20 keys")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kty": "oct", "k": "c2VjcmV0"}, "cannot be: a private or secret key"),
        ({"kty": "XYZ"}, "must be for one of RS256, PS256, ES256, EdDSA"),
        ({"alg": "HS256"}, "must be for one of RS256, PS256, ES256, EdDSA"),
        ({"alg": "none"}, "must be for one of RS256, PS256, ES256, EdDSA"),
        ({"crv": "P-521"}, "cannot be: another kind of key"),
        ({"y": "AAAA"}, "cannot be: "),
        ({"x": 7}, "must have texts"),
        ({"kid": ["a"]}, "must have texts"),
        ({"kid": "a\nb"}, "has a kid that is not printable"),
        ({"kid": "x" * 2001}, "must have texts"),
        ({"key_ops": ["sign"]}, "cannot be: not for signatures"),
    ],
)
def test_a_key_that_can_verify_nothing_is_refused(changed, sentence):
    assert mistakes({**GOOD[0], **changed})[0].startswith(f".keys[0] {sentence}")


def test_two_keys_of_one_name_are_refused_both():
    assert mistakes(GOOD[0], {**GOOD[1], "kid": "ec"}) == [
        ".keys[0] has the kid of another",
        ".keys[1] has the kid of another",
    ]


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))
KEYS = st.sampled_from(GOOD).flatmap(
    lambda key: st.dictionaries(st.sampled_from([*key, "use", "key_ops", "alg"]), JSON).map(
        lambda more: {**key, **more}
    )
)


@given(st.lists(KEYS | JSON, max_size=3))
def test_whatever_comes_is_judged_and_what_is_kept_is_text(keys):
    if not mistakes(*keys):
        kept = public_part({"keys": keys})["keys"]
        assert all(isinstance(value, str) for key in kept for value in key.values())
        assert json.dumps(kept)
