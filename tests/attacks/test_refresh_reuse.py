"""
Refresh tokens that come back: a retry is helped, a thief is locked out, and the owner with him.

Law: RFC 9700 §4.14.2. Leaves to others: many at once (test_races), signing out (test_logout).
"""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import Visitor
from identity_service.sessions.refresh import Opening
from tests.attacks import forge
from tests.fakes.secrets import GOOD_SECRETS

LEEWAY = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
SECRET = GOOD_SECRETS["JWT_REFRESH_SECRET"].encode()

OVER = "Refresh token expired or not found for this user"
GONE = "No session found"
INVALID = "Invalid refresh token"


@pytest.fixture
def present(bare):
    """Present a refresh token as a browser does; say what came."""

    def refresh(token, query=""):
        return bare.post(f"/api/auth/refresh{query}", headers={"Cookie": f"refreshToken={token}"})

    return refresh


@pytest.fixture
def successor(present):
    """Turn the ratchet once and return the next refresh token."""
    return lambda token: _cookie(present(token))


@pytest.fixture
def alarms(services, ada):
    """Read the alarms about Ada's sessions from the trail."""
    trail = services.capabilities.trail
    return lambda: [entry.event for entry in trail.about(ada.person.id) if entry.event.name == "refresh.reused"]


def test_each_refresh_hands_out_another_token(ada, successor):
    tokens = [ada.refresh_token]
    for _ in range(5):
        tokens.append(successor(tokens[-1]))

    assert len(set(tokens)) == 6
    assert [forge.opened(token).claims["n"] for token in tokens] == [0, 1, 2, 3, 4, 5]
    assert len({forge.opened(token).claims["jti"] for token in tokens}) == 6


def test_a_repeat_within_half_a_minute_gets_the_same_successor_byte_for_byte(ada, successor, clock, alarms):
    first = successor(ada.refresh_token)
    again = [successor(ada.refresh_token) for _ in range(3)]
    clock.advance(LEEWAY)
    at_last = successor(ada.refresh_token)

    assert {first, *again, at_last} == {first}
    assert alarms() == []


def test_the_successor_of_a_repeat_turns_the_ratchet_as_the_first_one_does(ada, successor, clock):
    lost = successor(ada.refresh_token)
    clock.advance(10 * SECOND)
    kept = successor(ada.refresh_token)

    assert forge.opened(successor(kept)).claims["n"] == 2
    assert lost == kept


def test_a_repeat_gets_a_working_access_token(ada, present, doors):
    present(ada.refresh_token)

    assert doors.reading(present(ada.refresh_token).json["token"]) == doors.readers


def test_a_repeat_after_half_a_minute_ends_the_whole_family(ada, present, successor, clock, doors, alarms):
    newest = successor(ada.refresh_token)
    clock.advance(LEEWAY + SECOND)

    refused = present(ada.refresh_token)

    assert (refused.status_code, refused.json["code"], refused.json["message"]) == (401, "session_ended", OVER)
    assert present(newest).status_code == 401
    assert doors.accepting(ada.access_token) == set()
    assert len(alarms()) == 1


def test_the_token_before_the_previous_one_ends_the_family_even_within_half_a_minute(ada, present, successor, alarms):
    newest = successor(successor(ada.refresh_token))

    assert present(ada.refresh_token).status_code == 401
    assert present(newest).status_code == 401
    assert len(alarms()) == 1


def test_the_half_minute_begins_anew_with_each_turn(ada, present, successor, clock):
    first = successor(ada.refresh_token)
    clock.advance(2 * LEEWAY)
    second = successor(first)
    clock.advance(LEEWAY)

    assert _cookie(present(first)) == second


@pytest.mark.parametrize("back", [2 * LEEWAY, timedelta(hours=1), timedelta(days=6)])
def test_a_clock_that_was_put_back_ends_nobodys_session(ada, present, successor, clock, back):
    clock.advance(timedelta(days=6))
    first = successor(ada.refresh_token)
    clock.advance(-back)

    assert _cookie(present(ada.refresh_token)) == first
    assert present(first).status_code == 200


@pytest.mark.environ(REUSE_LEEWAY="0")
def test_without_leeway_only_the_very_moment_counts_as_a_retry(ada, present, successor, clock):
    first = successor(ada.refresh_token)
    assert _cookie(present(ada.refresh_token)) == first

    clock.advance(SECOND)
    assert present(ada.refresh_token).status_code == 401


def test_the_alarm_is_raised_once_and_outlives_the_refused_request(ada, present, successor, clock, alarms, services):
    successor(ada.refresh_token)
    clock.advance(LEEWAY + SECOND)
    for _ in range(5):
        assert present(ada.refresh_token).status_code == 401
    services.database.release()

    (alarm,) = alarms()
    assert (alarm.outcome, alarm.actor, alarm.detail["session_id"]) == ("refused", "", ada.session_id)


def test_the_alarm_says_from_where_and_in_which_request(ada, bare, successor, clock, alarms):
    successor(ada.refresh_token)
    clock.advance(LEEWAY + SECOND)

    refused = bare.post(
        "/api/auth/refresh",
        headers={"Cookie": f"refreshToken={ada.refresh_token}", "User-Agent": "a thief's browser"},
        environ_base={"REMOTE_ADDR": "198.51.100.9"},
    )

    (alarm,) = alarms()
    assert (alarm.address, alarm.detail["user_agent"]) == ("198.51.100.9", "a thief's browser")
    assert alarm.request_id == refused.headers["X-Request-ID"]
    assert ada.refresh_token not in str(alarm)


def test_a_reuse_ends_one_session_and_spares_the_persons_other_devices(ada, sign_in, present, successor, clock):
    phone = sign_in()
    successor(ada.refresh_token)
    clock.advance(LEEWAY + SECOND)

    assert present(ada.refresh_token).status_code == 401
    assert present(phone.refresh_token).status_code == 200


def test_fifty_refreshes_do_not_move_the_end_of_the_session(ada, present, clock, bare):
    token, end = ada.refresh_token, ada.expires_at
    for _ in range(50):
        clock.advance(timedelta(hours=3))
        answer = present(token)
        token = _cookie(answer)
        assert forge.opened(token).claims["exp"] == int(end.timestamp())
        assert f"Expires={end:%a, %d %b %Y %H:%M:%S} GMT" in answer.headers["Set-Cookie"]
    devices = bare.get("/api/auth/sessions", headers={"Authorization": f"Bearer {answer.json['token']}"}).json

    assert [device["expiresAt"] for device in devices["sessions"]] == [f"{end:%Y-%m-%dT%H:%M:%S}.000Z"]


def test_no_refresh_outlives_the_session(ada, present, successor, clock, alarms):
    clock.advance(ada.expires_at - clock.now() - SECOND)
    last = successor(ada.refresh_token)
    clock.advance(SECOND)

    for token in (last, ada.refresh_token):
        assert (present(token).status_code, present(token).json["message"]) == (403, INVALID)
    assert alarms() == []


def test_another_clients_refresh_token_is_not_ours_to_turn(ada, present, services, clock):
    tokens, able = services.capabilities.refresh_tokens, services.capabilities
    opening = Opening(ada.person.id, "another client", "openid", "pwd", "", "", timedelta(days=1))
    with services.database.transaction():
        theirs = tokens.begin(opening)

    assert present(theirs.refresh_token).status_code == 401
    assert able.sessions.standing(theirs.session_id, int(clock.now().timestamp() * 1_000_000)) is not None
    assert tokens.rotate(tokens.read(theirs.refresh_token), "another client").session_id == theirs.session_id


@pytest.mark.parametrize("query", ["?retry=true", "?retry=TRUE", "?retry=true&retry=false"])
def test_whoever_tries_again_is_told_that_no_session_was_found(ada, present, services, query):
    services.sign_out.by_refresh_token(ada.refresh_token, Visitor("", "", ""))

    refused = present(ada.refresh_token, query)

    assert (refused.status_code, refused.json["code"], refused.json["message"]) == (403, "session_gone", GONE)


@pytest.mark.parametrize(
    "query", ["", "?retry=", "?retry=false", "?retry=1", "?Retry=true", "?retry=%00", "?retry[]=true"]
)
def test_whoever_tries_for_the_first_time_is_told_that_the_session_is_over(ada, present, services, query):
    services.sign_out.by_refresh_token(ada.refresh_token, Visitor("", "", ""))

    refused = present(ada.refresh_token, query)

    assert (refused.status_code, refused.json["code"], refused.json["message"]) == (401, "session_ended", OVER)


@pytest.mark.parametrize("query", ["", "?retry=true"])
def test_a_refused_refresh_hands_out_nothing(ada, present, services, query):
    services.sign_out.by_refresh_token(ada.refresh_token, Visitor("", "", ""))

    refused = present(ada.refresh_token, query)

    assert "Set-Cookie" not in refused.headers
    assert set(refused.json) == {"message", "code", "request_id"}


@pytest.mark.parametrize("query", ["", "?retry=true"])
def test_without_a_cookie_there_is_nothing_to_refuse(bare, query):
    for headers in ({}, {"Cookie": "refreshToken="}, {"Cookie": "other=1"}):
        answer = bare.post(f"/api/auth/refresh{query}", headers=headers)
        assert (answer.status_code, answer.text) == (200, "Refresh token not provided")
        assert "Set-Cookie" not in answer.headers


def test_a_forged_cookie_is_refused_and_harms_nobody(ada, present, alarms):
    press = forge.Press(ada.refresh_token, forge.hs256(b"not the secret"))
    forged = ["x", "a.b.c", "....", ada.refresh_token[:-2], ada.refresh_token + "A", "%7B%7D", "x" * 9000]
    forged += [press.with_claims(), press.with_claims(n=1), press.signed_by(forge.unsigned, alg="none")]
    forged += [press.signed_by(forge.hs256(SECRET), alg="HS512"), press.signed_by(forge.hs256(SECRET), typ="at+jwt")]
    forged += [forge.Press(ada.refresh_token, forge.hs256(SECRET)).with_claims(n="1")]

    for token in forged:
        for query in ("", "?retry=true"):
            refused = present(token, query)
            assert (refused.status_code, refused.json["message"]) == (403, INVALID), token
    assert alarms() == []
    assert present(ada.refresh_token).status_code == 200


def test_a_token_of_a_session_that_never_was_is_refused_as_one_that_is_over(ada, present):
    press = forge.Press(ada.refresh_token, forge.hs256(SECRET))

    for session_id in ("0" * 24, "' OR 1=1 --", "", "x" * 3000):
        assert present(press.with_claims(sessionId=session_id)).status_code == 401
    assert present(press.with_claims(sessionId="\0")).status_code == 403
    assert present(ada.refresh_token).status_code == 200


def test_somebody_elses_name_in_the_token_does_not_make_it_theirs(ada, sign_in, present, doors):
    """Whoever knows the secret can write any name; the session remains whose it was, and is closed."""
    eve = sign_in("eve@example.org")
    press = forge.Press(ada.refresh_token, forge.hs256(SECRET))

    assert present(press.with_claims(id=eve.person.id)).status_code == 401
    assert doors.reading(eve.access_token) == doors.readers


def _cookie(answer):
    assert answer.status_code == 200, answer.data
    return answer.headers["Set-Cookie"].partition("refreshToken=")[2].partition(";")[0]
