"""
Claims that are wrong in one respect, under our own signature: type, issuer, audience, dates, session, person.

Law: RFC 8725 §3.8 to §3.12, RFC 7519 §4.1, RFC 9068 §4. Leaves to others: signatures (test_tokens).
"""

from datetime import timedelta

import pytest

from tests.attacks import forge

SECOND = timedelta(seconds=1)
NO_TEXT = [None, "", 0, 1.5, True, [], {}, {"$ne": ""}]


@pytest.fixture
def now(clock):
    return int(clock.now().timestamp())


@pytest.mark.parametrize(
    "typ",
    [None, "", "JWT", "jwt", "AT+JWT", "at+JWT", "at+jwt ", "application/at+jwt", "JOSE", "logout+jwt", ["at+jwt"], 1],
)
def test_a_token_of_another_type_opens_no_door(press, doors, typ):
    assert doors.accepting(press.with_header(typ=typ)) == set()


def test_an_issuer_that_is_not_exactly_ours_opens_no_door(press, doors):
    ours = press.claims["iss"]
    likenesses = [ours[:-1], ours[1:], ours + "/", ours + ".evil.example", f"{ours}@evil.example", ours.upper()]
    others = ["", "https://id.example.org", f" {ours}", f"{ours}\0", [ours], [ours, ours], {ours: ours}, 1, True, None]

    assert [other for other in likenesses + others if doors.accepting(press.with_claims(iss=other))] == []


def test_an_audience_that_is_not_exactly_ours_opens_no_door(press, doors):
    ours = press.claims["aud"]
    likenesses = [ours[:-1], ours[1:], ours + "/", ours + ".evil.example", ours.upper(), f"{ours} {ours}"]
    others = ["", "*", "another back end", [ours], [ours, "another"], ["another", ours], [], {ours: 1}, 1, True, None]

    assert [other for other in likenesses + others if doors.accepting(press.with_claims(aud=other))] == []


def test_a_token_opens_doors_until_the_very_second_of_its_end(ada, doors, clock, settings):
    clock.advance(settings.lifetimes.access - SECOND)
    assert doors.reading(ada.access_token) == doors.readers

    clock.advance(SECOND)
    assert doors.accepting(ada.access_token) == set()


def test_a_token_is_believed_at_most_a_minute_before_it_is_issued(press, doors, now):
    assert doors.accepting(press.with_claims(iat=now + 61)) == set()
    assert doors.reading(press.with_claims(iat=now + 60)) == doors.readers


def test_a_token_opens_no_door_before_the_moment_it_names_itself(press, doors, now):
    """`nbf` is nothing we write, and still a promise to whoever did (RFC 7519 §4.1.5)."""
    assert doors.accepting(press.with_claims(nbf=now + 61)) == set()
    assert doors.reading(press.with_claims(nbf=now)) == doors.readers


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
def test_a_date_that_is_not_a_whole_number_opens_no_door(press, doors, now, claim):
    whole = now + 30 if claim == "exp" else now
    strange = [str(whole), f"{whole}.0", "", "tomorrow", float(whole), whole + 0.5, True, [whole], {"at": whole}]

    assert [value for value in strange if doors.accepting(press.with_claims(**{claim: value}))] == []


@pytest.mark.parametrize("exp", [0, -1, -(10**18), -(10**400), 1])
def test_an_end_before_our_time_opens_no_door(press, doors, exp):
    assert doors.accepting(press.with_claims(exp=exp)) == set()


@pytest.mark.parametrize("raw", ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", "1e10", "9" * 5000, "0x7fffffff"])
@pytest.mark.parametrize("claim", ["exp", "iat"])
def test_a_number_that_is_none_opens_no_door(press, doors, claim, raw):
    claims = forge.written({**press.claims, claim: "here"}).replace(b'"here"', raw.encode())

    assert doors.accepting(forge.compact(press.header, claims, press.signer)) == set()


@pytest.mark.parametrize("end", [2**31, 2**63, 10**18, 10**400])
def test_an_end_beyond_every_calendar_is_no_fault_of_ours(press, doors, end):
    """Whether such an end counts is a matter of taste; what must not happen is an answer other than yes or no."""
    assert doors.reading(press.with_claims(exp=end)) in (set(), doors.readers)


@pytest.mark.parametrize("claim", ["sub", "sid", "jti", "client_id", "iss", "aud", "exp", "iat"])
def test_a_required_claim_that_is_missing_or_no_text_opens_no_door(press, doors, claim):
    strange = NO_TEXT if claim not in {"exp", "iat"} else [None]
    spoiled = [value for value in strange if value != "" or claim not in {"jti", "client_id"}]

    assert [value for value in spoiled if doors.accepting(press.with_claims(**{claim: value}))] == []


def test_a_token_for_somebody_elses_session_opens_no_door(press, doors, sign_in):
    eve = sign_in("eve@example.org")

    assert doors.accepting(press.with_claims(sub=eve.person.id, id=eve.person.id)) == set()
    assert doors.accepting(press.with_claims(sid=eve.session_id)) == set()
    whole = press.with_claims(sub=eve.person.id, id=eve.person.id, sid=eve.session_id)
    assert doors.reading(whole) == doors.readers


@pytest.mark.parametrize("sid", ["", "0" * 24, "' OR 1=1 --", "%", "\0", "x" * 3000, "s\u00e9ance"])
def test_a_session_that_never_was_opens_no_door(press, doors, sid):
    assert doors.accepting(press.with_claims(sid=sid)) == set()


@pytest.mark.parametrize("raw", [rb"\ud800", rb"\udfff\ud800", rb"\u0000", rb"\n", rb"\u001b[2J", rb"\ufdd0"])
@pytest.mark.parametrize("claim", ["sub", "sid", "jti", "client_id"])
def test_characters_that_are_none_are_no_fault_of_ours(press, doors, claim, raw):
    claims = forge.written({**press.claims, claim: "here"}).replace(b'"here"', b'"' + raw + b'"')

    assert doors.accepting(forge.compact(press.header, claims, press.signer)) == set()


def test_claims_that_promote_their_bearer_are_not_believed(press, doors, ada, bare):
    promoted = press.with_claims(role="ADMIN", email="root@example.org", scope="admin", permissions=["*"])
    bearer = {"Authorization": f"Bearer {promoted}"}

    told = bare.get("/api/user", headers=bearer).json
    assert (told["role"], told["email"]) == (ada.person.role, "ada@example.org")


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b'"text"', b"7", b"{}", b"{", b"\xff\xfe", b'{"a":1}{"b":2}', b"[" * 7000]
)
def test_a_payload_that_is_no_object_opens_no_door(press, doors, payload):
    assert doors.accepting(forge.compact(press.header, payload, press.signer)) == set()
    assert doors.accepting(forge.compact(payload, press.claims, press.signer)) == set()


@pytest.mark.parametrize("name", ["alg", "typ", "kid"])
def test_a_header_that_names_something_twice_opens_no_door(press, doors, name):
    header = forge.written(press.header)
    twice = f'{{"{name}":"{press.header[name]}",'.encode() + header[1:]

    assert doors.accepting(forge.compact(twice, press.claims, press.signer)) == set()
    assert doors.reading(forge.compact(header, press.claims, press.signer)) == doors.readers


@pytest.mark.parametrize("name", ["sub", "sid", "exp", "iss", "aud", "role"])
def test_claims_that_say_something_twice_open_no_door(press, doors, name):
    claims = forge.written(press.claims)
    first = forge.written({name: press.claims[name]})

    assert doors.accepting(forge.compact(press.header, first[:-1] + b"," + claims[1:], press.signer)) == set()
