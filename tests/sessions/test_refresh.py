"""The ratchet of refresh tokens: one live successor, whoever asks and however often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from identity_service.foundation import jose
from identity_service.foundation.clock import to_seconds
from identity_service.foundation.opaque import fingerprint
from identity_service.sessions.refresh import Over, Reused, Rotated
from identity_service.sessions.tables import Session
from tests.fakes.clock import START
from tests.fakes.people import person, session
from tests.fakes.secrets import GOOD_SECRETS
from tests.fakes.tokens import claims_of

CLIENT = "first-party"
LEEWAY = timedelta(seconds=30)
KEY = jose.symmetric(GOOD_SECRETS["JWT_REFRESH_SECRET"])


@pytest.fixture
def ada(services):
    return person(services)


@pytest.fixture
def begun(services, ada):
    """A session that has just begun."""
    return session(services, ada)


@pytest.fixture
def refresh_tokens(services):
    return services.capabilities.refresh_tokens


@pytest.fixture
def present(refresh_tokens):
    """Present a refresh token and return the verdict."""

    def with_this(token, client_id=CLIENT):
        return refresh_tokens.rotate(refresh_tokens.read(token), client_id)

    return with_this


def test_a_refresh_token_says_exactly_whose_and_which_it_is(begun, ada):
    claims = claims_of(begun.refresh_token)

    assert claims.keys() == {"id", "sessionId", "n", "jti", "iat", "exp"}
    assert (claims["id"], claims["sessionId"], claims["n"]) == (ada.id, begun.session_id, 0)
    assert (claims["iat"], claims["exp"]) == (to_seconds(START), to_seconds(START + timedelta(days=7)))


def test_the_present_token_is_replaced_by_its_successor(begun, ada, clock, present):
    clock.advance(timedelta(minutes=10))
    verdict = present(begun.refresh_token)

    assert isinstance(verdict, Rotated)
    assert (verdict.session_id, verdict.user_id, verdict.client_id) == (begun.session_id, ada.id, CLIENT)
    assert (verdict.scope, verdict.amr, verdict.auth_time) == ("openid", "pwd", START)
    assert verdict.is_replay is False
    successor = claims_of(verdict.refresh_token)
    assert (successor["n"], successor["iat"]) == (1, to_seconds(clock.now()))
    assert successor["jti"] != claims_of(begun.refresh_token)["jti"]


def test_nothing_makes_a_session_longer(begun, clock, present):
    token = begun.refresh_token
    for _ in range(5):
        clock.advance(timedelta(days=1))
        verdict = present(token)
        assert verdict.expires_at == START + timedelta(days=7)
        assert claims_of(verdict.refresh_token)["exp"] == to_seconds(verdict.expires_at)
        token = verdict.refresh_token


def test_a_retry_within_the_leeway_gets_the_same_successor_byte_for_byte(begun, clock, present):
    first = present(begun.refresh_token)
    clock.advance(LEEWAY)
    again = present(begun.refresh_token)

    assert again.is_replay is True
    assert astuple(again)[:-1] == astuple(first)[:-1]


def test_the_successor_works_after_a_retry(begun, present):
    present(begun.refresh_token)
    successor = present(begun.refresh_token).refresh_token

    assert claims_of(present(successor).refresh_token)["n"] == 2


def test_a_retry_after_the_leeway_is_a_reuse(begun, ada, clock, present):
    present(begun.refresh_token)
    clock.advance(LEEWAY + timedelta(microseconds=1))

    assert present(begun.refresh_token) == Reused(begun.session_id, ada.id)


def test_a_token_two_turns_old_is_a_reuse_at_any_time(begun, ada, present):
    present(present(begun.refresh_token).refresh_token)

    assert present(begun.refresh_token) == Reused(begun.session_id, ada.id)


def test_another_client_gets_nothing_and_changes_nothing(begun, present):
    assert present(begun.refresh_token, "somebody else") == Over()
    first = present(begun.refresh_token)
    assert present(begun.refresh_token, "somebody else") == Over()
    assert present(begun.refresh_token).refresh_token == first.refresh_token


def test_a_session_that_was_ended_is_over(services, begun, present):
    with services.database.transaction():
        services.capabilities.sessions.end(begun.session_id, "ban")

    assert present(begun.refresh_token) == Over()


def test_of_many_who_present_one_token_at_once_all_get_one_successor(begun, present):
    with ThreadPoolExecutor(8) as crowd:
        verdicts = list(crowd.map(present, [begun.refresh_token] * 16))

    assert {verdict.refresh_token for verdict in verdicts} != {begun.refresh_token}
    assert len({verdict.refresh_token for verdict in verdicts}) == 1
    assert sorted(verdict.is_replay for verdict in verdicts) == [False] + [True] * 15


def test_the_row_holds_fingerprints_and_no_token(services, begun, present):
    successor = present(begun.refresh_token).refresh_token

    with services.database.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM sessions")).one()
    assert not any(part in str(row) for token in (begun.refresh_token, successor) for part in token.split("."))
    kept = services.database.first(select(Session.current, Session.previous))
    assert kept == (fingerprint(successor), fingerprint(begun.refresh_token))


@pytest.mark.parametrize("age", [timedelta(days=7), timedelta(days=700)])
def test_a_token_past_its_end_is_not_read(begun, clock, refresh_tokens, age):
    clock.advance(age)

    assert refresh_tokens.read(begun.refresh_token) is None


@pytest.mark.parametrize("changed", ["", "not a token", "a.b.c", "x" * 100_000])
def test_what_we_did_not_sign_is_not_read(refresh_tokens, changed):
    assert refresh_tokens.read(changed) is None


def test_a_token_of_another_secret_or_another_shape_is_not_read(begun, refresh_tokens):
    claims = claims_of(begun.refresh_token)
    other = jose.symmetric(GOOD_SECRETS["JWT_SECRET"])

    assert refresh_tokens.read(jose.sign(claims, other, algorithm="HS256", typ="JWT")) is None
    assert refresh_tokens.read(jose.sign(claims, KEY, algorithm="HS256", typ="at+jwt")) is None
    assert refresh_tokens.read(jose.sign({**claims, "n": "0"}, KEY, algorithm="HS256", typ="JWT")) is None
    assert refresh_tokens.read(jose.sign(claims, KEY, algorithm="HS256", typ="JWT")) is not None
