"""Closing an account: everything goes, and what was interrupted is finished by the next run."""

import pytest

from identity_service.flows.close_account import CloseAccount
from identity_service.foundation.errors import AccountClosing, UserUnknown
from tests.fakes.people import EMAIL, PASSWORD, VISITOR, person, session


class Interrupted(Exception):
    """The process was killed."""


class FragileUsers:
    """People of whom nobody can be removed, because the process is killed just then."""

    def __init__(self, users):
        self._users = users

    def begin_closing(self, user_id):
        return self._users.begin_closing(user_id)

    def remove(self, user_id):
        raise Interrupted


@pytest.fixture
def interrupted(services):
    """The same flow, in a process that is killed half way."""
    able = services.capabilities
    return CloseAccount(FragileUsers(able.users), services.sign_out.endings, able.trail, services.database.transaction)


def test_a_person_is_found_by_any_spelling_of_the_address(services, ada):
    assert services.close_account.find("ADA@example。org") == ada


@pytest.mark.parametrize("email", ["grace@example.org", "not an address", ""])
def test_an_address_that_nobody_has_is_told_back(services, email):
    with pytest.raises(UserUnknown) as refusal:
        services.close_account.find(email)
    assert refusal.value.message == f'No user found with email "{email}"'


def test_an_account_goes_with_all_its_sessions_and_leaves_a_trace(services, ada, begun, told):
    session(services, ada)
    closed = services.close_account.by_operator(ada)

    assert (closed.person, closed.sessions) == (ada, 2)
    assert services.capabilities.users.by_id(ada.id) is None
    assert services.verify.access_token(begun.access_token) is None
    assert services.capabilities.sessions.devices(ada.id) == []
    assert told(ada.id) == ["account.deleted done"]


def test_nobody_else_is_touched(services, ada):
    grace = person(services, "grace@example.org")
    theirs = session(services, grace)
    services.close_account.by_operator(ada)

    assert services.verify.access_token(theirs.access_token).person == grace


def test_the_address_is_free_afterwards_and_its_new_owner_is_no_administrator(services, ada):
    services.close_account.by_operator(ada)

    assert person(services).role == "USER"


def test_after_an_interrupted_run_nobody_is_inside_any_more(services, ada, begun, interrupted):
    with pytest.raises(Interrupted):
        interrupted.by_operator(ada)

    assert services.close_account.find(EMAIL).is_closing
    assert services.verify.access_token(begun.access_token) is None
    with pytest.raises(AccountClosing):
        services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)


def test_what_was_interrupted_is_finished_by_the_second_run(services, ada, begun, interrupted, told):
    with pytest.raises(Interrupted):
        interrupted.by_operator(ada)
    services.close_account.by_operator(services.close_account.find(EMAIL))

    assert services.capabilities.users.count() == 0
    assert told(ada.id) == ["account.deleted done"]


def test_of_two_runs_at_once_one_finds_nothing_left_to_do(services, ada, told):
    services.close_account.by_operator(ada)
    closed = services.close_account.by_operator(ada)

    assert closed.sessions == 0
    assert services.capabilities.users.count() == 0
