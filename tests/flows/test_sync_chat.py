"""The operator makes the chat application agree with what is true here, and hears what does not."""

from dataclasses import replace

import pytest

from tests.fakes.people import person

STRANGERS = ("000000000000000000000001", "ffffffffffffffffffffffff")


@pytest.fixture
def people(services):
    return [person(services, f"{number}@example.org") for number in range(7)]


@pytest.fixture(params=[2, 500], ids=["several batches", "one batch"])
def sync(request, beside):
    return replace(beside.sync, batch=request.param)


def test_everybody_is_written(beside, people, sync):
    seen = []
    synced = sync.all(seen.append)

    assert beside.chat.people.keys() == {one.id for one in people}
    assert (synced.written, synced.conflicts, synced.erased, synced.strangers) == (7, (), (), ())
    assert seen[-1] == 7


def test_whom_we_do_not_know_is_named_and_left_alone(beside, people, sync):
    for stranger in STRANGERS:
        beside.chat.people[stranger] = beside.mirror.as_chat_user(people[0])
    synced = sync.all(lambda _: None)

    assert synced.strangers == STRANGERS
    assert beside.chat.people.keys() >= set(STRANGERS)


def test_who_conflicts_is_named(beside, people):
    beside.chat.conflicts = {people[3].id}

    synced = beside.sync.all(lambda _: None)
    assert (synced.written, synced.conflicts) == (6, (people[3].id,))


def test_what_came_back_of_a_deleted_account_is_erased(services, beside, people):
    gone = people.pop()
    services.close_account.by_operator(gone)
    beside.chat.people[gone.id] = beside.mirror.as_chat_user(gone)

    assert beside.sync.all(lambda _: None).erased == (gone.id,)
    assert gone.id not in beside.chat.people


def test_who_changes_meanwhile_is_written_again(services, beside, people):
    def meanwhile():
        beside.chat.while_writing = lambda: None
        with services.database.transaction():
            services.capabilities.users.remove(people[0].id)

    beside.chat.while_writing = meanwhile
    beside.sync.all(lambda _: None)
    beside.mirror.deliver_due()
    assert people[0].id not in beside.chat.people
