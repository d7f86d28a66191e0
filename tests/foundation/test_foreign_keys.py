"""
Keys that others made: which of them may vouch for anything here.

Law: RFC 7517 §4, RFC 8725 §3.1 and §3.5, FIPS 186-5 §5.1.
"""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519

from identity_service.foundation import jose
from identity_service.foundation.foreign_keys import ALGORITHMS, algorithm_of, foreign_key
from identity_service.foundation.jose import BadKey, Expect
from tests.fakes.client_keys import ClientKey, number, spelled

NOW = 1_773_480_413
CLAIMS = {"iss": "client", "aud": "https://id.example.org", "exp": NOW + 60}


@pytest.fixture(scope="module")
def keys():
    """A key pair for each algorithm."""
    return {algorithm: ClientKey(algorithm) for algorithm in ALGORITHMS}


def refusal(jwk, algorithm):
    with pytest.raises(BadKey) as refused:
        foreign_key(jwk, algorithm)
    return str(refused.value)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_the_private_half_signs_the_public_half_verifies(keys, algorithm):
    key = foreign_key(keys[algorithm].jwk, algorithm)
    expect = Expect(algorithm, "JWT", "client", CLAIMS["aud"], is_foreign=True)

    assert jose.verify(keys[algorithm].sign(CLAIMS), lambda _: key, expect, NOW) == CLAIMS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_under_other_claims_is_refused(keys, algorithm):
    key = foreign_key(keys[algorithm].jwk, algorithm)
    expect = Expect(algorithm, "JWT", "client", CLAIMS["aud"], is_foreign=True)
    *_, signature = keys[algorithm].sign({**CLAIMS, "exp": NOW + 61}).split(".")
    header, claims, _ = keys[algorithm].sign(CLAIMS).split(".")

    with pytest.raises(jose.BadToken, match="signature"):
        jose.verify(f"{header}.{claims}.{signature}", lambda _: key, expect, NOW)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_a_signature_of_another_key_is_refused(keys, algorithm):
    key = foreign_key(keys[algorithm].jwk, algorithm)
    expect = Expect(algorithm, "JWT", "client", CLAIMS["aud"], is_foreign=True)

    with pytest.raises(jose.BadToken, match="signature"):
        jose.verify(ClientKey(algorithm).sign(CLAIMS), lambda _: key, expect, NOW)


def test_an_algorithm_is_the_keys_own_word_or_follows_from_its_kind(keys):
    """RFC 8725 §3.1: one key, one algorithm."""
    assert {name: algorithm_of(key.jwk) for name, key in keys.items()} == {
        "RS256": "RS256",
        "PS256": "RS256",
        "ES256": "ES256",
        "EdDSA": "EdDSA",
    }
    assert algorithm_of({**keys["PS256"].jwk, "alg": "PS256"}) == "PS256"


@pytest.mark.parametrize(
    "said", [{"alg": "HS256"}, {"alg": "none"}, {"alg": "RS512"}, {"alg": 7}, {"alg": ["RS256"]}, {"alg": None}]
)
def test_an_algorithm_that_is_none_of_ours_is_none(keys, said):
    assert algorithm_of({**keys["RS256"].jwk, **said}) is None


@pytest.mark.parametrize("kind", ["oct", "RSA-OAEP", "", None, 7])
def test_a_key_of_an_unknown_kind_is_for_nothing(kind):
    assert algorithm_of({"kty": kind}) is None


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_key_that_is_not_public_is_refused(keys, member):
    assert "private" in refusal({**keys["RS256"].jwk, member: "AQAB"}, "RS256")


def test_a_shared_secret_is_no_public_key():
    assert refusal({"kty": "oct", "k": spelled(b"x" * 32)}, "RS256")
    assert refusal({"kty": "oct"}, "HS256")


@pytest.mark.parametrize(
    "said", [{}, {"use": "sig"}, {"key_ops": ["verify"]}, {"alg": "ES256"}, {"kid": "one"}], ids=str
)
def test_a_key_that_is_meant_for_signatures_is_let_in(keys, said):
    assert foreign_key({**keys["ES256"].jwk, **said}, "ES256")


@pytest.mark.parametrize(
    "said",
    [
        {"use": "enc"},
        {"use": "SIG"},
        {"use": None},
        {"key_ops": []},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"alg": "RS256"},
        {"alg": "ES384"},
        {"alg": None},
    ],
    ids=str,
)
def test_a_key_that_is_meant_for_something_else_is_refused(keys, said):
    """RFC 7517 §4.2 to §4.4."""
    assert refusal({**keys["ES256"].jwk, **said}, "ES256")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_of_one_kind_is_not_used_with_the_algorithm_of_another(keys, algorithm):
    other = "ES256" if algorithm != "ES256" else "RS256"

    assert refusal(keys[other].jwk, algorithm) == "another kind of key"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "RS1", "ES256K", "Ed448", ""])
def test_no_other_algorithm_has_a_key(keys, algorithm):
    for key in keys.values():
        assert refusal(key.jwk, algorithm)


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1()], ids=lambda curve: curve.name)
def test_only_p_256_is_an_elliptic_curve_here(curve):
    numbers = ec.generate_private_key(curve).public_key().public_numbers()
    names = {"secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "secp256k1"}
    jwk = {"kty": "EC", "crv": names[curve.name], "x": number(numbers.x), "y": number(numbers.y)}

    assert refusal(jwk, "ES256")
    assert refusal({**jwk, "crv": "P-256"}, "ES256")


def test_only_ed25519_is_an_edwards_curve_here():
    for name, pair in (("Ed448", ed448.Ed448PrivateKey), ("X25519", x25519.X25519PrivateKey)):
        jwk = {"kty": "OKP", "crv": name, "x": spelled(pair.generate().public_key().public_bytes_raw())}
        assert refusal(jwk, "EdDSA") == "another kind of key"


def test_a_point_that_is_not_on_the_curve_is_refused(keys):
    """RFC 8725 §3.4."""
    jwk = keys["ES256"].jwk

    assert refusal({**jwk, "x": jwk["y"], "y": jwk["x"]}, "ES256") == "not a key"
    assert refusal({**jwk, "x": number(0), "y": number(0)}, "ES256") == "not a key"


@pytest.mark.parametrize("name", ["x", "y"])
@pytest.mark.parametrize("value", [None, 7, "", "!", "é", "AAAA", ["A"]])
def test_what_is_no_curve_key_at_all_is_refused(keys, name, value):
    assert refusal({**keys["ES256"].jwk, name: value}, "ES256") == "not a key"


@pytest.mark.parametrize("name", ["n", "e"])
@pytest.mark.parametrize("value", [None, 7, "", "!", "é", "A", ["AQAB"]])
def test_what_is_no_rsa_key_at_all_is_refused(keys, name, value):
    assert refusal({**keys["RS256"].jwk, name: value}, "RS256")


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
@pytest.mark.parametrize("bits", [1024, 2047])
def test_an_rsa_key_of_fewer_than_2048_bits_is_refused(keys, algorithm, bits):
    """RFC 7518 §3.3."""
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()

    assert "2048" in refusal({"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}, algorithm)
    assert foreign_key(keys["RS256"].jwk, "RS256")


def test_an_rsa_key_so_large_that_it_would_keep_us_busy_is_refused(keys):
    jwk = {**keys["RS256"].jwk, "n": number((1 << 8192) + 1)}

    assert "8192" in refusal(jwk, "RS256")


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 17, 65535, 65536, 65538, 2**256 + 1])
def test_an_rsa_exponent_that_makes_forgery_easy_is_refused(keys, exponent):
    assert "exponent" in refusal({**keys["RS256"].jwk, "e": number(exponent) or "AA"}, "RS256")


def test_a_key_of_a_faulty_smart_card_is_refused(keys):
    """CVE-2017-15361: the modulus is a power of 65537 for every small prime."""
    small = 2 * 3 * 5 * 7 * 11 * 13 * 17 * 19 * 23 * 29 * 31 * 37 * 41 * 43 * 47 * 53 * 59 * 61 * 67 * 71 * 73 * 79
    small *= 83 * 89 * 97 * 101 * 103 * 107 * 109 * 113 * 127 * 131 * 137 * 139 * 149 * 151 * 157 * 163 * 167
    modulus = small * ((1 << 2047) // small + 1) + pow(65537, 1234, small)
    assert modulus.bit_length() == 2048

    assert "faulty" in refusal({**keys["RS256"].jwk, "n": number(modulus)}, "RS256")
