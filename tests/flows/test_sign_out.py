"""Signing out: this device, another device, or all of them, and nobody else's."""

from datetime import timedelta

import pytest

from identity_service.foundation.errors import SessionUnknown, UserUnknown
from tests.fakes.people import VISITOR, person, session


@pytest.fixture
def alive(services):
    """Say which of the given sessions are alive."""
    return lambda *given: [services.verify.access_token(one.access_token) is not None for one in given]


def test_a_refresh_token_ends_exactly_its_own_session(services, ada, begun, alive, told):
    other = session(services, ada)

    assert services.sign_out.by_refresh_token(begun.refresh_token, VISITOR)
    assert alive(begun, other) == [False, True]
    assert told(ada.id) == ["signed_out done"]


def test_even_an_old_refresh_token_ends_its_session(services, begun, clock, alive):
    services.refresh.renew(begun.refresh_token, VISITOR)
    clock.advance(timedelta(minutes=1))
    services.sign_out.by_refresh_token(begun.refresh_token, VISITOR)

    assert alive(begun) == [False]


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c"])
def test_what_is_no_refresh_token_ends_nothing(services, begun, token, alive):
    assert not services.sign_out.by_refresh_token(token, VISITOR)
    assert alive(begun) == [True]


def test_signing_out_twice_is_recorded_once(services, ada, begun, told):
    ended = [services.sign_out.by_refresh_token(begun.refresh_token, VISITOR) for _ in range(2)]

    assert ended == [True, False]
    assert told(ada.id) == ["signed_out done"]


def test_an_access_token_ends_exactly_its_own_session(services, ada, begun, active, alive):
    other = session(services, ada)
    services.sign_out.by_access_token(active, VISITOR)

    assert alive(begun, other) == [False, True]


def test_a_person_ends_another_session_of_their_own(services, ada, begun, active, alive):
    other = session(services, ada)
    services.sign_out.device(active, other.session_id, VISITOR)

    assert alive(begun, other) == [True, False]


def test_a_session_of_somebody_else_is_as_unknown_as_none(services, active, alive):
    theirs = session(services, person(services, "grace@example.org"))

    for session_id in (theirs.session_id, "f" * 24, "", "not an id"):
        with pytest.raises(SessionUnknown):
            services.sign_out.device(active, session_id, VISITOR)
    assert alive(theirs) == [True]


@pytest.mark.parametrize(("but_here", "ended"), [(True, 2), (False, 3)])
def test_everywhere_means_every_session_with_or_without_the_present_one(
    services, ada, begun, active, alive, but_here, ended
):
    others = [session(services, ada) for _ in range(2)]
    theirs = session(services, person(services, "grace@example.org"))

    assert services.sign_out.everywhere(active, VISITOR, but_here=but_here) == ended
    assert alive(begun, *others, theirs) == [but_here, False, False, True]
    (entry,) = services.capabilities.trail.about(ada.id)
    assert entry.event.detail == {"sessions": str(ended)}


def test_the_refresh_token_of_an_application_signs_nobody_out_here(services, ada, alive):
    theirs = session(services, ada, client_id="an-application")
    assert not services.sign_out.by_refresh_token(theirs.refresh_token, VISITOR)
    assert alive(theirs) == [True]


def test_the_operator_ends_all_of_one_person_s_and_nobody_else_s(services, ada, begun, alive, told):
    other, somebody_else = session(services, ada), session(services, person(services, "grace@example.org"))

    assert services.sign_out.by_operator(ada.email.upper()) == 2
    assert alive(begun, other, somebody_else) == [False, False, True]
    assert told(ada.id) == ["sessions.revoked done"]
    assert services.sign_out.by_operator(ada.email) == 0


def test_nobody_is_signed_out_by_an_address_that_nobody_has(services, begun, alive):
    with pytest.raises(UserUnknown):
        services.sign_out.by_operator("nobody@example.org")
    assert alive(begun) == [True]
