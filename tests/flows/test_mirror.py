"""How the chat application hears of people: always what is true now, and nobody is forgotten."""

import pytest

from identity_service.accounts.users import Users
from identity_service.chat.changes import LEASE
from tests.fakes.chat import Interrupted
from tests.fakes.people import person


@pytest.fixture
def sign_up(services, beside):
    """Let somebody sign up in an installation that announces it."""
    announcing = Users(services.database, services.clock, services.chance, beside.announce.changed)

    def add(email="ada@example.org"):
        able = type("Able", (), {"users": announcing})
        return person(type("Services", (), {"database": services.database, "capabilities": able}), email)

    return add


def test_somebody_new_is_written_after_the_commit(beside, sign_up):
    ada = sign_up()
    assert beside.chat.people == {}

    beside.mirror.deliver_due()
    written = beside.chat.people[ada.id]
    assert (written.email, written.role, written.provider, written.email_verified) == (
        ada.email,
        "ADMIN",
        "local",
        False,
    )
    assert beside.changes.due() is False


def test_without_a_chat_application_nothing_is_posted(services, ada):
    with services.database.transaction():
        services.operators.link.announce.changed(ada.id)

    assert services.operators.link.changes.due() is False


def test_nobody_is_written_who_was_not_committed(services, beside, sign_up):
    def fail():
        with services.database.transaction():
            sign_up()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    beside.mirror.deliver_due()
    assert beside.chat.people == {}


def test_while_the_chat_application_is_away_everybody_waits_and_nobody_is_lost(beside, sign_up, clock):
    beside.chat.is_away = True
    people = [sign_up(f"{number}@example.org") for number in range(5)]
    for _ in range(10):
        beside.mirror.deliver_due()
        clock.advance(LEASE)
    beside.chat.is_away = False
    for _ in range(10):
        beside.mirror.deliver_due()
        clock.advance(LEASE * 5)

    assert beside.chat.people.keys() == {one.id for one in people}
    assert beside.changes.due() is False


@pytest.mark.parametrize("step", ["write", "written"])
def test_what_a_killed_process_had_taken_is_delivered_when_its_lease_is_over(beside, sign_up, clock, step):
    ada = sign_up()
    beside.chat.interrupt_at(step)
    with pytest.raises(Interrupted):
        beside.mirror.deliver_due()
    beside.mirror.deliver_due()
    assert beside.changes.due() is False

    clock.advance(LEASE)
    beside.mirror.deliver_due()
    assert beside.chat.people.keys() == {ada.id}


def test_somebody_who_is_deleted_while_being_written_is_not_over_there_afterwards(services, beside, sign_up):
    ada = sign_up()

    def meanwhile():
        beside.chat.while_writing = lambda: None
        services.close_account.by_operator(ada)

    beside.chat.while_writing = meanwhile
    beside.mirror.deliver_due()
    assert beside.chat.people == {}


def test_an_old_change_of_somebody_who_is_gone_brings_nobody_back(services, beside, sign_up, ada):
    grace = sign_up("grace@example.org")
    with services.database.transaction():
        services.capabilities.users.remove(grace.id)
    beside.chat.keep(grace.id, transactions=1)
    beside.mirror.deliver_due()

    assert (beside.chat.people, beside.chat.kept) == ({}, {grace.id: {"transactions": 1}})


def test_one_who_conflicts_does_not_hold_up_the_others(beside, sign_up, clock):
    ada, grace = sign_up(), sign_up("grace@example.org")
    beside.chat.conflicts = {ada.id}
    beside.mirror.deliver_due()
    assert beside.chat.people.keys() == {grace.id}

    beside.chat.conflicts = set()
    clock.advance(LEASE)
    beside.mirror.deliver_due()
    assert beside.chat.people.keys() == {ada.id, grace.id}


def test_a_new_password_takes_the_old_hash_away_over_there(services, beside, ada):
    with services.database.transaction():
        beside.announce.changed(ada.id, forgets_password=True)
    beside.mirror.deliver_due()

    assert beside.chat.forgotten == [ada.id]
