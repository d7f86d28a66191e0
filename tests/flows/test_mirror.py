"""How the chat application hears of people: always what is true now, and nobody is forgotten."""

from dataclasses import replace

import pytest

from identity_service.accounts.users import Users
from identity_service.chat.changes import LEASE
from identity_service.upstream.links import Links
from tests.fakes.chat import Interrupted
from tests.fakes.identities import identity
from tests.fakes.people import person


@pytest.fixture
def links(services, beside):
    """The connections of an installation that announces them."""
    return Links(services.database, services.clock, beside.announce.changed, beside.announce.ended)


@pytest.fixture
def connected(services, beside, links, ada):
    """Connect Ada with Google once more, or for the first time, and let the chat application hear of it."""

    def connect():
        with services.database.transaction():
            assert links.tie(identity("42"), ada.id, is_origin=False)

    connect()
    beside.mirror.deliver_due()
    assert beside.chat.people[ada.id].provider_ids == {"googleId": "42"}
    return connect


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


def test_somebody_who_begins_to_go_while_being_written_is_not_written_once_more(services, beside, sign_up):
    ada, writes = sign_up(), []

    def meanwhile():
        writes.append(ada.id)
        with services.database.transaction():
            services.capabilities.users.begin_closing(ada.id)

    beside.chat.while_writing = meanwhile
    beside.mirror.deliver_due()
    assert writes == [ada.id]


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


def test_a_connection_that_ends_here_opens_nothing_over_there_either(services, beside, links, connected, ada):
    with services.database.transaction():
        assert links.untie(ada.id, "google")
    beside.mirror.deliver_due()

    assert beside.chat.people[ada.id].provider_ids == {}
    assert beside.changes.due() is False


@pytest.mark.parametrize(("again", "ids"), [(False, {}), (True, {"googleId": "42"})])
def test_what_ends_while_an_earlier_change_is_being_written_does_not_come_back_with_it(
    services, beside, links, connected, ada, again, ids
):
    def meanwhile():
        beside.chat.while_writing = lambda: None
        with services.database.transaction():
            links.untie(ada.id, "google")
        beside.mirror.deliver_due()
        assert beside.chat.people[ada.id].provider_ids == {}
        if again:
            connected()

    with services.database.transaction():
        beside.announce.changed(ada.id)
    beside.chat.while_writing = meanwhile
    beside.mirror.deliver_due()

    assert beside.chat.people[ada.id].provider_ids == ids
    assert beside.changes.due() is False


def test_all_connections_that_end_at_once_open_nothing_over_there(services, beside, links, connected, ada):
    with services.database.transaction():
        assert links.tie(identity("7", provider="okta", issuer="https://okta"), ada.id, is_origin=False)
    beside.mirror.deliver_due()
    with services.database.transaction():
        assert links.untie_all(ada.id) == 2
    beside.mirror.deliver_due()

    assert beside.chat.people[ada.id].provider_ids == {}


def test_an_id_that_was_never_tied_here_stays_over_there(services, beside, links, connected, ada):
    theirs = {"googleId": "42", "samlId": "uid"}
    beside.chat.people[ada.id] = replace(beside.chat.people[ada.id], provider_ids=theirs)
    with services.database.transaction():
        links.untie(ada.id, "google")
        links.untie(ada.id, "github")
    beside.mirror.deliver_due()

    assert beside.chat.people[ada.id].provider_ids == {"samlId": "uid"}


def test_whoever_connects_once_more_has_the_id_again_whichever_change_arrives_first(
    services, beside, links, connected, ada, clock
):
    with services.database.transaction():
        links.untie(ada.id, "google")
    beside.chat.interrupt_at("untie")
    with pytest.raises(Interrupted):
        beside.mirror.deliver_due()
    connected()
    beside.mirror.deliver_due()
    assert beside.changes.due() is False

    clock.advance(LEASE)
    beside.mirror.deliver_due()
    assert beside.chat.people[ada.id].provider_ids == {"googleId": "42"}


@pytest.mark.parametrize("step", ["untie", "untied", "write"])
def test_a_connection_that_ended_is_not_forgotten_when_the_process_is_killed(
    services, beside, links, connected, ada, clock, step
):
    with services.database.transaction():
        links.untie(ada.id, "google")
    beside.chat.interrupt_at(step)
    with pytest.raises(Interrupted):
        beside.mirror.deliver_due()
    clock.advance(LEASE)
    beside.mirror.deliver_due()

    assert beside.chat.people[ada.id].provider_ids == {}


def test_whoever_is_served_has_a_turn_after_each_delivery(beside, sign_up):
    sign_up()
    sign_up("grace@example.org")
    there = []
    replace(beside.mirror, breather=lambda: lambda: there.append(len(beside.chat.people))).deliver_due()

    assert there == [1, 2]
