"""The operator makes the chat application agree with what is true here, and hears what does not."""

from dataclasses import replace

import pytest

from tests.fakes.identities import identity
from tests.fakes.people import VISITOR, person, session

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


LINKING = pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true",
    ALLOW_ACCOUNT_LINKING="true",
    GOOGLE_CLIENT_ID="a",
    GOOGLE_CLIENT_SECRET="b",
    GITHUB_CLIENT_ID="a",
    GITHUB_CLIENT_SECRET="b",
)


@pytest.fixture
def ended(services, beside, people):
    """One of the people, who has ended a connection with Google that the chat application still knows, and *more*."""

    def end(**more):
        connect, whose = services.upstream.connect, people[2]
        active = services.verify.access_token(session(services, whose).access_token)
        connect.complete(identity("42"), connect.begin(active), VISITOR, active)
        beside.chat.people[whose.id] = replace(
            beside.mirror.as_chat_user(whose), provider_ids={"googleId": "42", **more}
        )
        connect.end("google", active, VISITOR)
        return active

    return end


@LINKING
def test_a_connection_that_ended_while_nobody_could_be_told_opens_nothing_over_there(beside, ended, sync):
    never_ours = {"githubId": "7", "samlId": "uid", "openidId": "8", "openidIssuer": "https://elsewhere"}
    whose = ended(**never_ours).person
    sync.all(lambda _: None)

    assert beside.chat.people[whose.id].provider_ids == never_ours


@LINKING
def test_whoever_has_connected_once_more_keeps_the_id(services, beside, ended, sync):
    active = ended()
    services.upstream.connect.complete(identity("42"), services.upstream.connect.begin(active), VISITOR, active)
    sync.all(lambda _: None)

    assert beside.chat.people[active.person.id].provider_ids == {"googleId": "42"}


@pytest.mark.environ(**{**LINKING.kwargs, "ALLOW_EMAIL_LOGIN": "true"})
def test_what_opened_an_account_before_its_owner_claimed_it_opens_nothing_over_there(services, beside, people, sync):
    whose = people[2]
    beside.chat.people[whose.id] = replace(beside.mirror.as_chat_user(whose), provider_ids={"githubId": "7"})
    services.upstream.trips.welcome.of(identity("42", email=whose.email), None, VISITOR)
    sync.all(lambda _: None)

    assert beside.chat.people[whose.id].provider_ids == {"googleId": "42"}


def test_who_changes_meanwhile_is_written_again(services, beside, people):
    def meanwhile():
        beside.chat.while_writing = lambda: None
        with services.database.transaction():
            services.capabilities.users.remove(people[0].id)

    beside.chat.while_writing = meanwhile
    beside.sync.all(lambda _: None)
    beside.mirror.deliver_due()
    assert people[0].id not in beside.chat.people


@LINKING
def test_what_ends_meanwhile_does_not_come_back_with_what_is_written(services, beside, people):
    connect, whose = services.upstream.connect, people[2]
    active = services.verify.access_token(session(services, whose).access_token)
    connect.complete(identity("42"), connect.begin(active), VISITOR, active)

    def meanwhile():
        beside.chat.while_writing = lambda: None
        connect.end("google", active, VISITOR)

    beside.chat.while_writing = meanwhile
    beside.sync.all(lambda _: None)
    assert beside.chat.people[whose.id].provider_ids == {}
