"""
The same token in another spelling, and a token with one thing knocked off: none of them is the token.

Law: RFC 7515 §5.2 and §7 (one serialisation), RFC 4648 §3.5 (one spelling), OWASP ASVS 5.0 9.1.1 (signature first).
"""

import json
import random
from base64 import b64encode

import pytest

from tests.attacks import forge

FLIPS = 120
"""Bits of each of the three segments."""


@pytest.fixture
def token(ada, doors):
    """A good token that every door has just seen, so that whatever is remembered of it is remembered."""
    assert doors.reading(ada.access_token) == doors.readers
    return ada.access_token


@pytest.mark.parametrize("which", [0, 1, 2], ids=["header", "claims", "signature"])
def test_no_flipped_bit_goes_unnoticed(token, doors, which):
    segments = token.split(".")
    raw = forge.decoded(segments[which])
    bits = random.Random(which).sample(range(len(raw) * 8), FLIPS)  # noqa: S311 - a choice, not a secret

    opened = {bit: doors.reading(_with(segments, which, _flipped(raw, bit))) for bit in bits}

    assert {bit: names for bit, names in opened.items() if names} == {}
    assert doors.reading(token) == doors.readers


@pytest.mark.parametrize("which", [0, 1, 2], ids=["header", "claims", "signature"])
def test_the_unused_bits_at_the_end_of_a_segment_are_zero(token, doors, which):
    """Two or four bits of the last letter carry nothing; a lenient decoder ignores them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    segments = token.split(".")
    last = alphabet.index(segments[which][-1])

    for other in {last ^ 1, last ^ 2, last ^ 3} - {last}:
        respelled = [*segments]
        respelled[which] = segments[which][:-1] + alphabet[other]
        assert doors.accepting(".".join(respelled)) == set()


def test_a_token_that_lacks_a_piece_opens_no_door(token, doors):
    header, claims, signature = token.split(".")
    pieces = [header, claims, signature, f"{header}.{claims}", f"{header}.{claims}.", f".{claims}.{signature}"]
    pieces += [f"{header}..{signature}", f"{claims}.{signature}", "..", ".", "...", f"{claims}.{header}.{signature}"]
    pieces += [token[:-1], token[:-2], token[:-10], token[1:], token[: len(token) // 2]]

    assert [piece for piece in pieces if doors.accepting(piece)] == []


@pytest.mark.parametrize("addition", [".", "..", ".x", "=", "==", "A", "AA", "AAAA", "%00", ",", ";", "~", "\u00e9"])
def test_a_token_with_something_after_it_opens_no_door(token, doors, addition):
    assert doors.accepting(token + addition) == set()
    assert doors.accepting(token.replace(".", f"{addition}.", 1)) == set()


@pytest.mark.parametrize("gap", [" ", "\t", "\u00a0", "\u0085"])
def test_a_token_with_white_space_inside_opens_no_door(token, doors, gap):
    assert doors.accepting(token.replace(".", f".{gap}", 1)) == set()
    assert doors.accepting(f"{token[:40]}{gap}{token[40:]}") == set()


def test_padding_and_the_other_base64_alphabet_open_no_door(token, doors):
    header, claims, signature = token.split(".")
    padded = ".".join(part + "=" * (-len(part) % 4) for part in (header, claims, signature))
    standard = [b64encode(forge.decoded(part)).decode() for part in (header, claims, signature)]

    assert doors.accepting(".".join(standard)) == set()
    assert doors.accepting(padded) == set()
    assert padded != token
    assert doors.accepting(f"{header}=.{claims}.{signature}") == set()


def test_the_json_serialisations_open_no_door(token, doors):
    header, claims, signature = token.split(".")
    flattened = {"protected": header, "payload": claims, "signature": signature}
    general = {"payload": claims, "signatures": [{"protected": header, "signature": signature}]}

    for shape in (flattened, general):
        compacted = json.dumps(shape, separators=(",", ":"))
        assert doors.accepting(compacted) == doors.accepting(forge.segment(compacted.encode())) == set()


def test_an_object_or_a_list_is_no_token(token, doors, bare, back_end):
    header, claims, signature = token.split(".")
    for shape in ({"protected": header, "payload": claims, "signature": signature}, [token], [header, claims], True):
        answer = bare.post("/v1/verify", json={"token": shape}, auth=back_end)
        assert (answer.status_code, answer.json["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("size", [8_193, 20_000, 40_000])
def test_a_token_longer_than_any_of_ours_is_not_read(press, doors, size):
    stuffed = press.with_claims(stuffing="x" * size)

    assert doors.accepting(stuffed) == set()


def test_a_long_token_that_is_one_of_ours_is_read(press, doors):
    stuffed = press.with_claims(stuffing="x" * 5_000)

    assert len(stuffed) < 8_192
    assert doors.reading(stuffed) == doors.readers


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "DPoP", "bearer:", "Bearer,", "BearerBearer", ""])
def test_a_token_under_another_scheme_opens_no_door(token, bare, scheme):
    for path in ("/api/user", "/api/auth/sessions", "/v1/forward-auth"):
        assert bare.get(path, headers={"Authorization": f"{scheme} {token}".strip()}).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_name_of_the_scheme_has_no_case(token, bare, scheme):
    """RFC 9110 §11.1."""
    for path, status in (("/api/user", 200), ("/api/auth/sessions", 200), ("/v1/forward-auth", 204)):
        assert bare.get(path, headers={"Authorization": f"{scheme} {token}"}).status_code == status


def test_a_token_in_the_address_or_in_the_body_signs_nobody_in(token, bare):
    """RFC 6750 §2.2 and §2.3 allow both and advise against both; addresses end up in logs."""
    for path in ("/api/user", "/api/auth/sessions", "/v1/forward-auth"):
        assert bare.get(f"{path}?access_token={token}").status_code == 401
        assert bare.get(path, headers={"X-Access-Token": token, "Cookie": f"token={token}"}).status_code == 401
    assert bare.post("/api/auth/logout-all", data={"access_token": token}).status_code in {401, 415}


def _flipped(raw, bit):
    at, mask = bit // 8, 1 << bit % 8
    return raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :]


def _with(segments, which, raw):
    return ".".join([*segments[:which], forge.segment(raw), *segments[which + 1 :]])
