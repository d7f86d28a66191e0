"""
Forged signatures: no algorithm, another algorithm, another key, a key that the token brings along.

Law: RFC 8725 §3.1 to §3.3 and §3.10, RFC 7515 §4.1. Leaves to others: what a token says (test_token_claims).
"""

import json
import socket

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.attacks import forge

STRANGERS_KEY = ec.derive_private_key(2026, ec.SECP256R1())


@pytest.fixture
def beacon():
    """Listen on a port that a careless verifier would fetch a key from."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        yield listener


def strangers_jwk():
    point = STRANGERS_KEY.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _coordinate(point.x), "y": _coordinate(point.y)}


def _coordinate(number):
    return forge.segment(number.to_bytes(32, "big"))


def test_a_token_made_like_ours_opens_every_door(press, doors):
    assert doors.accepting(press.with_claims()) == doors.readers | {"POST /api/auth/logout"}


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", " none", "none ", "", "n\u043ene"])
def test_a_token_without_an_algorithm_opens_no_door(press, doors, algorithm):
    bare = press.signed_by(forge.unsigned, alg=algorithm)
    signed = press.with_header(alg=algorithm)

    assert doors.accepting(bare) == doors.accepting(bare.removesuffix(".")) == set()
    assert doors.accepting(signed) == set()


def test_a_token_without_an_algorithm_and_with_something_for_a_signature_opens_no_door(press, doors):
    assert doors.accepting(press.signed_by(lambda _: b"\0", alg="none")) == set()
    assert doors.accepting(press.signed_by(forge.unsigned)) == set()


@pytest.mark.parametrize(
    "algorithm",
    ["es256", "Es256", "ES256 ", " ES256", "ES384", "ES512", "ES256K", "EdDSA", "RS256", "PS256", "HS256", ["ES256"]],
)
def test_our_signature_under_the_name_of_another_algorithm_opens_no_door(press, doors, algorithm):
    assert doors.accepting(press.with_header(alg=algorithm)) == set()


@pytest.mark.parametrize("typ", ["at+jwt", "JWT"])
def test_our_public_key_is_nobodys_shared_secret(press, doors, our_key, bare, typ):
    published = bare.get("/.well-known/jwks.json")
    public = our_key.private_key.public_key()
    mine = next(jwk for jwk in published.json["keys"] if jwk["kid"] == our_key.kid)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    guesses = [pem, pem.strip(), pem.replace(b"\n", b"\\n"), der, point, published.data, b""]
    guesses += [json.dumps(mine).encode(), forge.written(mine), forge.decoded(mine["x"]), mine["x"].encode()]

    opened = [doors.accepting(press.signed_by(forge.hs256(guess), alg="HS256", typ=typ)) for guess in guesses]

    assert set().union(*opened) == set()


def test_a_strangers_signature_opens_no_door_whatever_kid_it_names(press, doors, our_key):
    mine = forge.es256(STRANGERS_KEY)

    assert doors.accepting(press.signed_by(mine)) == set()
    assert doors.accepting(press.signed_by(mine, kid="mine")) == set()
    assert doors.accepting(press.signed_by(mine, kid=None)) == set()


@pytest.mark.parametrize(
    "kid",
    [
        "",
        "unknown",
        "../../../../dev/null",
        "/dev/null",
        "file:///etc/passwd",
        "' OR '1'='1",
        "x' UNION SELECT 'a2V5' -- ",
        "$(id)",
        "\0",
        "%00",
        "ключ",
        "k" * 4000,
        7,
        None,
        ["a list"],
        {"$ne": ""},
        True,
    ],
)
def test_a_kid_that_is_not_one_of_ours_opens_no_door(press, doors, kid):
    assert doors.accepting(press.with_header(kid=kid)) == set()
    assert doors.accepting(press.signed_by(forge.hs256(b""), alg="HS256", kid=kid)) == set()


def test_our_rsa_key_does_not_verify_access_tokens(press, doors, services):
    rsa = services.capabilities.keys.signing("RS256")

    assert doors.accepting(press.with_header(kid=rsa.kid)) == set()
    assert doors.accepting(press.with_header(kid=rsa.kid, alg="RS256")) == set()


def test_a_key_that_the_token_brings_along_opens_no_door(press, doors):
    mine = forge.es256(STRANGERS_KEY)
    certificate = forge.segment(b"0\x82 a certificate")

    for kid in ("mine", press.header["kid"], None):
        assert doors.accepting(press.signed_by(mine, jwk=strangers_jwk(), kid=kid)) == set()
        assert doors.accepting(press.signed_by(mine, x5c=[certificate], kid=kid)) == set()


def test_no_key_is_fetched_from_where_the_token_says(press, doors, beacon):
    mine, address = forge.es256(STRANGERS_KEY), f"http://127.0.0.1:{beacon.getsockname()[1]}/keys"

    for name in ("jku", "x5u", "kid", "iss"):
        assert doors.accepting(press.signed_by(mine, **{name: address})) == set()
        assert doors.accepting(press.with_header(**{name: address})) == set()
    with pytest.raises(BlockingIOError):
        beacon.accept()


@pytest.mark.parametrize(
    "member",
    [
        {"jwk": {"kty": "EC"}},
        {"jku": "https://id.example.org/keys"},
        {"x5u": "https://id.example.org/keys"},
        {"x5c": []},
        {"x5t": "dGh1bWI"},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"cty": "JWT"},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"unheard-of": "of"},
    ],
    ids="{}".format,
)
def test_a_header_parameter_that_we_never_write_spoils_even_our_own_signature(press, doors, member):
    assert doors.accepting(press.with_header(**member)) == set()


def test_an_unencoded_payload_opens_no_door(press, doors):
    header = {**press.header, "b64": False, "crit": ["b64"]}
    payload = forge.written(press.claims).decode()
    signature = press.signer(f"{forge.segment(header)}.{payload}".encode())

    assert doors.accepting(f"{forge.segment(header)}.{payload}.{forge.segment(signature)}") == set()
    assert doors.accepting(f"{forge.segment(header)}..{forge.segment(signature)}") == set()


@pytest.mark.parametrize("size", [0, 63, 65, 128])
def test_a_signature_of_another_length_opens_no_door(press, doors, size):
    stretched = press.signed_by(lambda data: press.signer(data).ljust(size, b"\0")[:size])

    assert doors.accepting(stretched) == set()


def test_the_signature_of_all_zeros_opens_no_door(press, doors):
    """The elliptic curve's own "none": r = s = 0, as in the flaw of a well-known Java release."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    for r, s in [(0, 0), (0, 1), (1, 0), (order, order), (order, 1)]:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert doors.accepting(press.signed_by(lambda _, it=signature: it)) == set()


def test_a_retired_key_stops_opening_doors_when_it_is_no_longer_published(press, doors, services, clock, ada):
    services.administer.rotate_keys(at_once=True)
    assert doors.reading(ada.access_token) == doors.readers

    clock.advance(services.settings.lifetimes.access * 3)
    late = int(clock.now().timestamp())
    successor = services.capabilities.keys.signing("ES256")

    assert doors.accepting(press.with_claims(iat=late, exp=late + 60)) == set()
    press.header["kid"], press.signer = successor.kid, forge.es256(successor.private_key)
    assert doors.reading(press.with_claims(iat=late, exp=late + 60)) == doors.readers
