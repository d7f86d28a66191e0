"""Another password, by somebody who is signed in."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from identity_service.flows.prove_again import FRESH
from identity_service.foundation.errors import (
    CurrentPasswordWrong,
    FreshSignInRequired,
    InvalidInput,
    SessionEnded,
    SignInRequired,
    WrongCredentials,
)
from tests.fakes.letters import WITH_MAIL, kinds, place_of, written
from tests.fakes.people import EMAIL, PASSWORD, VISITOR, late, person, session

NEW = "another phrase of several words"

pytestmark = pytest.mark.environ(**WITH_MAIL, ALLOW_UNVERIFIED_EMAIL_LOGIN="true")


@pytest.fixture
def change(services):
    """Change the password of whoever is signed in."""

    def to(new, current, signed_in):
        active = services.verify.access_token(signed_in.access_token)
        services.recovery.change_password.to(new, current, active, VISITOR)

    return to


def test_who_knows_the_present_password_chooses_another(services, ada, begun, change, told):
    change(NEW, PASSWORD, begun)

    assert services.sign_in.with_password(EMAIL, NEW, VISITOR)
    with pytest.raises(WrongCredentials):
        services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)
    assert "password.changed done" in told(ada.id)
    assert kinds(written(services)) == [("password_changed", EMAIL)]


@pytest.mark.environ(
    **{**WITH_MAIL, "ALLOW_PASSWORD_RESET": "false"},
    ALLOW_UNVERIFIED_EMAIL_LOGIN="true",
    DOMAIN_SERVER="https://id.example",
)
def test_the_letter_leads_to_no_page_that_is_closed(services, begun, change):
    change(NEW, PASSWORD, begun)

    assert [place_of(letter) for letter in written(services)] == ["https://id.example/account"]


def test_the_present_session_goes_on_and_the_others_end(services, ada, begun, change):
    other = session(services, ada)
    change(NEW, PASSWORD, begun)

    assert services.refresh.renew(begun.refresh_token, VISITOR)
    with pytest.raises(SessionEnded):
        services.refresh.renew(other.refresh_token, VISITOR)


@pytest.mark.parametrize("current", ["", "a wrong guess", "x" * 1000])
def test_who_does_not_know_it_changes_nothing(services, ada, begun, change, told, current):
    with pytest.raises(CurrentPasswordWrong):
        change(NEW, current, begun)

    assert services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)
    assert "password.confirmed refused" in told(ada.id)
    assert written(services) == []


@pytest.mark.parametrize("password", ["short", "password1", "Ada Lovelace 1815", "x" * 129])
def test_the_new_one_obeys_the_policy(begun, change, password):
    with pytest.raises(InvalidInput, match="Password"):
        change(password, PASSWORD, begun)


def test_of_two_changes_at_once_the_second_finds_another_password(services, ada, begun, change):
    kept = services.capabilities.users.credentials(EMAIL).password_hash
    change(NEW, PASSWORD, begun)

    with services.database.transaction():
        assert not services.capabilities.changes.replace_password(ada.id, kept, kept)


def test_who_has_no_password_gets_one_soon_after_signing_in_and_not_later(services, clock, change):
    eve = person(services, "eve@example.org", password_hash=None, provider="github")
    late, soon = session(services, eve), session(services, eve)
    clock.advance(FRESH + timedelta(seconds=1))
    with pytest.raises(FreshSignInRequired):
        change(NEW, "", late)

    clock.advance(-FRESH)
    change(NEW, "", soon)
    assert services.sign_in.with_password("eve@example.org", NEW, VISITOR)


def test_a_session_that_ends_while_the_password_is_checked_changes_nothing(services, ada, begun):
    active = services.verify.access_token(begun.access_token)
    leave = partial(services.sign_out.everywhere, active, VISITOR, but_here=False)
    slow = replace(services.recovery.change_password, transaction=partial(late, services, leave))

    with pytest.raises(SignInRequired):
        slow.to(NEW, PASSWORD, active, VISITOR)
    assert services.sign_in.with_password(EMAIL, PASSWORD, VISITOR).person.id == ada.id
