"""JWTs: what was stated beforehand is accepted, everything else is refused."""

import hmac
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from identity_service.foundation import jose
from identity_service.foundation.jose import BadToken, Expect
from identity_service.foundation.opaque import text

NOW = 1_773_480_413
SECRET = "5f2b6d0c9a7e41538e0d6c1b2a3f4958"
KEY = jose.symmetric(SECRET)
EXPECT = Expect("HS256", "JWT", "https://id.example.org", "chat", {"sub": str, "n": int})
HEADER = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"iss": "https://id.example.org", "aud": "chat", "sub": "ada", "n": 1, "iat": NOW, "exp": NOW + 900}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# RFC 7638 §3.1
RSA_JWK = {
    "kty": "RSA",
    "alg": "RS256",
    "e": "AQAB",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n"
    "3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZH"
    "zu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8"
    "awapJzKnqDKgw",
}
# RFC 9449 §4.1 and §6.1
EC_JWK = {
    "kty": "EC",
    "alg": "ES256",
    "crv": "P-256",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
}


def forged(header=None, claims=None):
    """Sign whatever is given, well-formed or not, with the right secret."""
    segments = (json.dumps(part) if isinstance(part, dict) else part for part in (header or HEADER, claims or CLAIMS))
    signed = ".".join(text(part.encode()) for part in segments)
    return f"{signed}.{text(hmac.digest(SECRET.encode(), signed.encode(), sha256))}"


def verify(token, expect=EXPECT, key=KEY):
    return jose.verify(token, lambda _kid: key, expect, NOW)


def pem_of(algorithm):
    pair = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)
    return pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_what_is_expected_is_accepted():
    assert verify(forged()) == CLAIMS
    assert verify(jose.sign(CLAIMS, KEY, algorithm="HS256", typ="JWT")) == CLAIMS


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=5))
def test_whatever_is_signed_is_verified_unchanged(told):
    told.pop("nbf", None)  # it is what we never write, and it means something
    claims = {**told, **CLAIMS}

    assert verify(jose.sign(claims, KEY, algorithm="HS256", typ="JWT")) == claims


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_private_key_signs_what_its_public_half_verifies(algorithm):
    pem = pem_of(algorithm)
    jwk = jose.public_jwk(pem, algorithm)
    token = jose.sign(CLAIMS, jose.private_key(pem, algorithm, jwk["kid"]), algorithm=algorithm, typ="at+jwt")
    expect = Expect(algorithm, "at+jwt", CLAIMS["iss"], "chat")

    assert jose.verify(token, {jwk["kid"]: jose.public_key(jwk)}.get, expect, NOW) == CLAIMS


@pytest.mark.parametrize(
    ("jwk", "thumbprint"),
    [
        (RSA_JWK, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (EC_JWK, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
    ],
)
def test_a_key_is_named_by_its_thumbprint(jwk, thumbprint):
    assert jose.public_key(jwk).thumbprint() == thumbprint


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_published_key_has_only_public_members(algorithm):
    jwk = jose.public_jwk(pem_of(algorithm), algorithm)

    assert jwk.keys() == {"kty", "kid", "alg", "use"} | ({"crv", "x", "y"} if algorithm == "ES256" else {"n", "e"})
    assert jwk["kid"] == jose.public_key(jwk).thumbprint()
    assert (jwk["alg"], jwk["use"]) == (algorithm, "sig")


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b", "a.b.c.d", "a..c", "a.b.", "a b.c.d", "é.b.c", "a.b.c\n", "=.=.=", "a" * 8193]
)
def test_what_has_not_the_shape_of_a_jws_is_refused(token):
    with pytest.raises(BadToken):
        verify(token)


def test_a_token_that_is_too_long_is_refused_unread():
    with pytest.raises(BadToken, match="shape"):
        verify(forged(claims={**CLAIMS, "padding": "x" * 8192}))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "JWT"},
        {"alg": "None", "typ": "JWT"},
        {"alg": "HS512", "typ": "JWT"},
        {"alg": "hs256", "typ": "JWT"},
        {"alg": ["HS256"], "typ": "JWT"},
        {"typ": "JWT"},
        {"alg": "HS256"},
        {"alg": "HS256", "typ": "at+jwt"},
        {"alg": "HS256", "typ": "jwt"},
        {**HEADER, "kid": 7},
        {**HEADER, "crit": ["exp"]},
        {**HEADER, "jwk": {"kty": "oct", "k": "AA"}},
        {**HEADER, "jku": "https://evil.example.org/jwks"},
        {**HEADER, "x5u": "https://evil.example.org/cert"},
        {**HEADER, "b64": "false"},
        {**HEADER, "zip": "DEF"},
    ],
    ids=str,
)
def test_a_header_that_says_anything_else_is_refused(header):
    with pytest.raises(BadToken):
        verify(forged(header))


@pytest.mark.parametrize(
    "part",
    [
        "",
        "null",
        "[]",
        '"text"',
        "{",
        '{"alg":"HS256","typ":"JWT","alg":"HS256"}',
        '{"alg":"HS256","typ":"JWT",}',
        "[" * 3000,
        "\ufeff{}",
    ],
    ids=lambda part: part[-20:],
)
def test_a_header_or_payload_that_is_no_plain_json_object_is_refused(part):
    with pytest.raises(BadToken):
        verify(forged(header=part or " "))
    with pytest.raises(BadToken):
        verify(forged(claims=part or " "))


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_payload_with_a_number_that_is_none_is_refused(constant):
    with pytest.raises(BadToken, match="json"):
        verify(forged(claims=json.dumps(CLAIMS)[:-1] + f', "x": {constant}}}'))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("sub", None),
        ("sub", 7),
        ("sub", ["ada"]),
        ("n", "1"),
        ("n", True),
        ("n", 1.0),
        ("exp", None),
        ("exp", str(NOW + 900)),
        ("exp", NOW + 900.5),
        ("exp", True),
        ("exp", NOW),
        ("exp", -1),
        ("iat", None),
        ("iat", NOW + 61),
        ("iss", None),
        ("iss", "https://id.example.org/"),
        ("iss", ["https://id.example.org"]),
        ("aud", None),
        ("aud", "another"),
        ("aud", ["chat"]),
    ],
)
def test_a_claim_that_says_anything_else_is_refused(claim, value):
    with pytest.raises(BadToken):
        verify(forged(claims={**CLAIMS, claim: value}))


@pytest.mark.parametrize("claim", ["sub", "n", "exp", "iat", "iss", "aud"])
def test_a_missing_claim_is_refused(claim):
    with pytest.raises(BadToken):
        verify(forged(claims={name: value for name, value in CLAIMS.items() if name != claim}))


@pytest.mark.parametrize("claims", [{"exp": NOW + 1}, {"iat": NOW + 60}, {"iat": 0}])
def test_the_last_second_of_a_token_and_a_clock_that_is_a_minute_ahead_are_accepted(claims):
    assert verify(forged(claims={**CLAIMS, **claims}))


def test_where_no_audience_is_expected_none_may_be_named():
    expect = Expect("HS256", "JWT", None, None)
    without = {name: value for name, value in CLAIMS.items() if name != "aud"}

    assert verify(forged(claims=without), expect) == without
    with pytest.raises(BadToken, match="audience"):
        verify(forged(), expect)


def test_a_hint_may_have_expired_and_a_hint_alone():
    old = forged(claims={**CLAIMS, "iat": NOW - 9000, "exp": NOW - 8000})

    assert verify(old, replace(EXPECT, may_be_expired=True))["exp"] == NOW - 8000
    with pytest.raises(BadToken, match="expired"):
        verify(old)


@pytest.mark.parametrize("exp", [None, str(NOW), True])
def test_a_hint_has_an_end_all_the_same(exp):
    with pytest.raises(BadToken, match="claim exp"):
        verify(forged(claims={**CLAIMS, "exp": exp}), replace(EXPECT, may_be_expired=True))


def test_where_any_audience_will_do_the_rest_is_checked_as_ever():
    anybody = replace(EXPECT, any_audience=True)

    assert verify(forged(claims={**CLAIMS, "aud": "another"}), anybody)["aud"] == "another"
    with pytest.raises(BadToken, match="audience"):
        verify(forged(claims={**CLAIMS, "aud": "another"}))
    with pytest.raises(BadToken, match="issuer"):
        verify(forged(claims={**CLAIMS, "iss": "https://evil.example.org"}), anybody)


def test_an_unknown_key_is_refused_by_its_name():
    asked = []
    with pytest.raises(BadToken, match="unknown key"):
        jose.verify(forged({**HEADER, "kid": "k7"}), asked.append, EXPECT, NOW)
    with pytest.raises(BadToken, match="unknown key"):
        jose.verify(forged(), asked.append, EXPECT, NOW)

    assert asked == ["k7", ""]


def test_a_signature_of_another_key_is_refused():
    with pytest.raises(BadToken, match="signature"):
        verify(forged(), key=jose.symmetric(SECRET[::-1]))


def test_no_public_key_passes_for_a_secret():
    pem = pem_of("ES256")
    jwk = jose.public_jwk(pem, "ES256")
    public = jose.public_key(jwk).as_pem(private=False)
    signed = ".".join(text(json.dumps(part).encode()) for part in (HEADER, CLAIMS))
    confused = f"{signed}.{text(hmac.digest(public, signed.encode(), sha256))}"
    for algorithm in ("ES256", "HS256"):
        with pytest.raises(BadToken):
            jose.verify(confused, lambda _: jose.public_key(jwk), Expect(algorithm, "JWT", None, "chat"), NOW)


def test_a_token_of_which_any_character_was_changed_is_refused():
    # Two spellings of one signature would be two tokens (RFC 4648 §3.5; Wycheproof 367, 370).
    token = forged()
    for place, letter in enumerate(token):
        other = "." if letter != "." else "A"
        for changed in (other, ALPHABET[(ALPHABET.find(letter) + 1) % 64]):
            with pytest.raises(BadToken):
                verify(token[:place] + changed + token[place + 1 :])


@pytest.mark.parametrize("end", ["=", "==", " ", "\n", ".", "A"])
def test_a_token_with_anything_behind_it_is_refused(end):
    with pytest.raises(BadToken):
        verify(forged() + end)


def test_why_a_token_is_refused_is_told_without_the_token():
    with pytest.raises(BadToken) as refusal:
        verify(forged(claims={**CLAIMS, "sub": 7}))
    assert str(refusal.value) == "claim sub"
