"""Refreshing: a new pair for the present token, an alarm for an old one."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from identity_service.accounts.tables import User
from identity_service.flows.outcomes import Visitor
from identity_service.foundation.errors import InvalidRefreshToken, SessionEnded
from identity_service.sessions.refresh import Reused
from tests.fakes.clock import START
from tests.fakes.people import VISITOR, session
from tests.fakes.tokens import claims_of


@pytest.fixture
def renew(services):
    return lambda token, visitor=VISITOR: services.refresh.renew(token, visitor)


def test_the_present_token_brings_a_new_pair_for_the_same_session(services, ada, begun, clock, renew):
    clock.advance(timedelta(minutes=5))
    renewed = renew(begun.refresh_token)

    assert (renewed.person, renewed.session_id, renewed.expires_at) == (ada, begun.session_id, begun.expires_at)
    assert renewed.refresh_token != begun.refresh_token
    assert claims_of(renewed.access_token)["auth_time"] == int(START.timestamp())
    assert services.verify.access_token(renewed.access_token).session_id == begun.session_id


def test_the_new_access_token_tells_what_has_become_of_the_person(services, begun, renew):
    with services.database.transaction():
        services.database.change(update(User).values(role="EDITOR"))

    assert claims_of(renew(begun.refresh_token).access_token)["role"] == "EDITOR"


def test_a_retry_gets_the_same_refresh_token(begun, renew):
    assert renew(begun.refresh_token).refresh_token == renew(begun.refresh_token).refresh_token


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c"])
def test_what_we_did_not_sign_is_no_refresh_token(renew, token):
    with pytest.raises(InvalidRefreshToken):
        renew(token)


def test_an_access_token_is_no_refresh_token(begun, renew):
    with pytest.raises(InvalidRefreshToken):
        renew(begun.access_token)


def test_a_token_past_its_end_is_no_refresh_token(begun, clock, renew):
    clock.advance(timedelta(days=7))

    with pytest.raises(InvalidRefreshToken):
        renew(begun.refresh_token)


def test_an_old_token_ends_its_session_and_the_alarm_is_kept(services, ada, begun, clock, renew, told):
    newest = renew(begun.refresh_token)
    clock.advance(timedelta(seconds=31))

    with pytest.raises(SessionEnded):
        renew(begun.refresh_token, Visitor("198.51.100.1", "x" * 1000, "request 2"))
    assert services.verify.access_token(newest.access_token) is None
    with pytest.raises(SessionEnded):
        renew(newest.refresh_token)
    assert told(ada.id) == ["refresh.reused refused"]
    (entry,) = services.capabilities.trail.about(ada.id)
    assert (entry.event.address, entry.event.request_id) == ("198.51.100.1", "request 2")
    assert entry.event.detail == {"session_id": begun.session_id, "user_agent": "x" * 256}


def test_the_alarm_is_sounded_once(begun, ada, clock, renew, told):
    renew(begun.refresh_token)
    clock.advance(timedelta(seconds=31))
    for _ in range(3):
        with pytest.raises(SessionEnded):
            renew(begun.refresh_token)

    assert told(ada.id) == ["refresh.reused refused"]


def test_of_two_alarms_at_once_one_is_recorded(services, ada, begun, told):
    for _ in range(2):
        services.refresh._sound_alarm(Reused(begun.session_id, ada.id), VISITOR)

    assert told(ada.id) == ["refresh.reused refused"]


def test_a_reuse_leaves_the_persons_other_sessions_alone(services, ada, begun, clock, renew):
    other = session(services, ada)
    renew(begun.refresh_token)
    clock.advance(timedelta(seconds=31))
    with pytest.raises(SessionEnded):
        renew(begun.refresh_token)

    assert renew(other.refresh_token).session_id == other.session_id


def test_a_session_that_was_signed_out_is_over(services, begun, renew):
    services.sign_out.by_refresh_token(begun.refresh_token, VISITOR)

    with pytest.raises(SessionEnded):
        renew(begun.refresh_token)


def test_a_session_of_another_client_is_not_refreshed_here(services, ada, renew):
    theirs = session(services, ada, client_id="another client")

    with pytest.raises(SessionEnded):
        renew(theirs.refresh_token)


def test_an_account_that_is_closing_gets_no_new_tokens(services, ada, begun, renew):
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    with pytest.raises(SessionEnded):
        renew(begun.refresh_token)
