"""Closing an account: everything goes, and what was interrupted is finished by the next run, or by the service."""

import pytest

from identity_service.chat.changes import LEASE, LOOK_BACK
from identity_service.flows.outcomes import By
from identity_service.foundation.errors import AccountClosing, AccountDeletionOff, ChatUnavailable, UserUnknown
from tests.fakes.chat import Interrupted
from tests.fakes.people import EMAIL, PASSWORD, VISITOR, person, session


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

    assert (closed.person, closed.sessions, closed.in_chat) == (ada, 2, {})
    assert services.capabilities.users.by_id(ada.id) is None
    assert services.verify.access_token(begun.access_token) is None
    assert services.capabilities.sessions.devices(ada.id) == []
    assert told(ada.id) == ["account.deleted done"]


def test_nobody_else_is_touched(services, ada):
    grace = person(services, "grace@example.org")
    theirs = session(services, grace)
    services.close_account.by_operator(ada)

    assert services.verify.access_token(theirs.access_token).person == grace


def test_no_ban_outlives_its_account(services, ada):
    grace = person(services, "grace@example.org")
    for banned in (ada, grace):
        services.moderation.moderate.ban(banned.id, None, "", By("operator", VISITOR))
    services.close_account.by_operator(ada)

    assert [ban.holder for ban in services.moderation.bans.in_force()] == [grace.id]


def test_the_address_is_free_afterwards_and_its_new_owner_is_no_administrator(services, ada):
    services.close_account.by_operator(ada)

    assert person(services).role == "USER"


def test_of_two_runs_at_once_one_finds_nothing_left_to_do(services, ada, told):
    services.close_account.by_operator(ada)
    closed = services.close_account.by_operator(ada)

    assert closed.sessions == 0
    assert services.capabilities.users.count() == 0
    assert told(ada.id) == ["account.deleted done"]


def test_what_is_in_the_chat_application_goes_as_well_and_is_counted(beside, ada):
    beside.chat.keep(ada.id, messages=3, transactions=2)
    closed = beside.close_account.by_operator(ada)

    assert closed.in_chat == {"messages": 3, "transactions": 2}
    assert beside.chat.kept == {}


def test_payments_stay_when_the_operator_says_so(beside, ada):
    beside.chat.keep(ada.id, messages=3, transactions=2)
    beside.close_account.by_operator(ada, erases_transactions=False)

    assert beside.chat.kept == {ada.id: {"transactions": 2}}


@pytest.mark.parametrize("step", ["erase", "erased"])
def test_after_an_interrupted_run_nobody_is_inside_any_more(services, beside, ada, begun, step):
    beside.chat.interrupt_at(step)
    with pytest.raises(Interrupted):
        beside.close_account.by_operator(ada)

    assert services.close_account.find(EMAIL).is_closing
    assert services.verify.access_token(begun.access_token) is None
    with pytest.raises(AccountClosing):
        services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)


@pytest.mark.parametrize("step", ["erase", "erased"])
def test_what_was_interrupted_is_finished_by_the_second_run(services, beside, ada, told, step):
    beside.chat.interrupt_at(step)
    beside.chat.keep(ada.id, messages=3)
    with pytest.raises(Interrupted):
        beside.close_account.by_operator(ada)
    beside.close_account.by_operator(beside.close_account.find(EMAIL))

    assert services.capabilities.users.count() == 0
    assert beside.chat.kept == {}
    assert told(ada.id) == ["account.deleted done"]


def test_what_was_interrupted_is_finished_by_the_service_when_the_operator_had_time_enough(
    services, beside, ada, clock, told
):
    beside.chat.interrupt_at("erase")
    beside.chat.keep(ada.id, messages=3, transactions=1)
    with pytest.raises(Interrupted):
        beside.close_account.by_operator(ada, erases_transactions=False)

    beside.mirror.deliver_due()
    assert services.capabilities.users.count() == 1
    clock.advance(LEASE)
    beside.mirror.deliver_due()
    assert services.capabilities.users.count() == 0
    assert beside.chat.kept == {ada.id: {"transactions": 1}}
    assert told(ada.id) == ["account.deleted done"]


def test_without_an_answer_of_the_chat_application_the_mark_stays(services, beside, ada):
    beside.chat.is_away = True
    with pytest.raises(ChatUnavailable):
        beside.close_account.by_operator(ada)

    assert services.close_account.find(EMAIL).is_closing


def test_somebody_who_leaves_does_not_wait_for_the_chat_application(services, beside, ada, active, clock, told):
    beside.chat.is_away = True
    beside.chat.keep(ada.id, messages=3, transactions=2)
    beside.close_account.by_oneself(active)

    with pytest.raises(AccountClosing):
        services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)
    beside.mirror.deliver_due()
    assert services.close_account.find(EMAIL).is_closing
    beside.chat.is_away = False
    clock.advance(LEASE)
    beside.mirror.deliver_due()
    assert (services.capabilities.users.count(), beside.chat.kept) == (0, {})
    assert told(ada.id) == ["account.deleted done"]


def test_what_comes_late_is_found_when_one_looks_back(beside, ada, clock):
    beside.close_account.by_operator(ada)
    beside.chat.keep(ada.id, messages=1, transactions=1)

    clock.advance(LOOK_BACK)
    beside.mirror.deliver_due()
    assert beside.chat.kept == {}
    assert beside.changes.due() is False


def test_without_a_chat_application_somebody_who_leaves_is_gone_at_once(services, ada, active, told):
    services.close_account.by_oneself(active)

    assert services.capabilities.users.count() == 0
    assert told(ada.id) == ["account.deleted done"]


@pytest.mark.environ(ALLOW_ACCOUNT_DELETION="false")
def test_who_may_not_leave_stays(services, active):
    with pytest.raises(AccountDeletionOff):
        services.close_account.by_oneself(active)
    assert services.verify.access_token is not None
    assert services.capabilities.users.by_id(active.person.id) == active.person
