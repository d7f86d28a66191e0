"""A process that closes an account, or tells the chat application, is killed at each step: nobody is half gone."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from bson import ObjectId

from identity_service.chat import documents
from identity_service.chat.changes import LEASE
from identity_service.foundation.clock import SystemClock
from identity_service.foundation.errors import AccountClosing
from tests.fakes.people import PASSWORD, VISITOR, person, session
from tests.servers.process import ROOT

TIMES = 50
_CLOSING_STEPS, _TELLING_STEPS = 2 * 2 + 2, 2 * 3 + 2


@pytest.fixture
def linked(services, chat):
    """The flows of this installation beside the running chat application."""
    link = services.operators.link
    farewell = replace(link.mirror.farewell, chat=chat)
    return replace(link.mirror, chat=chat, farewell=farewell), replace(services.close_account, farewell=farewell)


@pytest.fixture
def killed(services, mongo, ready_url, clock):
    """Let a process for each person be killed at its step, and return how many were."""

    def run(mode, people):
        arguments = [mode, mongo.uri, ready_url, *(one.id for one in people)]
        program = [sys.executable, "-m", "tests.chat.killing", *arguments]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    return run


def test_an_account_that_is_closed_by_a_killed_process_is_never_half_open_and_goes_in_the_end(
    services, store, linked, killed, clock
):
    mirror, close_account = linked
    users = services.capabilities.users
    people = [person(services, f"{number}@example.org") for number in range(TIMES * _CLOSING_STEPS)]
    begun = {one.id: session(services, one) for one in people}
    for collection in ("users", "messages", "sessions", "agents", "transactions"):
        whose = {"users": "_id", "agents": "author"}.get(collection, "user")
        store[collection].insert_many([{whose: ObjectId(one.id)} for one in people])

    assert killed("closing", people) >= TIMES * (_CLOSING_STEPS - 2)

    for one in people:
        there, here = store.users.find_one({"_id": ObjectId(one.id)}), users.by_id(one.id)
        is_signed_in = services.verify.access_token(begun[one.id].access_token) is not None
        if here is not None and not here.is_closing:
            assert there is not None  # nothing has begun
            assert is_signed_in
        else:
            assert not is_signed_in
    half = [one for one in people if (here := users.by_id(one.id)) is not None and here.is_closing]
    with pytest.raises(AccountClosing):
        services.sign_in.with_password(half[0].email, PASSWORD, VISITOR)

    _finish(people, users, close_account, mirror, clock)
    assert users.count() == 0
    for collection, whose in [*documents.belongings(), ("transactions", "user"), ("users", "_id")]:
        assert store[collection].count_documents({whose: {"$exists": True}}) == 0, collection
    assert [event.event.name for event in services.capabilities.trail.about(people[-1].id)] == ["account.deleted"]


def test_somebody_who_is_told_of_by_a_killed_process_is_over_there_in_the_end(services, store, linked, killed, clock):
    mirror, _ = linked
    people = [person(services, f"{number}@example.org") for number in range(TIMES * _TELLING_STEPS)]
    steps = killed("telling", people)
    assert steps >= TIMES * (_TELLING_STEPS - 2)

    _after_the_leases(clock)
    mirror.deliver_due()
    there = {str(found["_id"]): found["email"] for found in store.users.find()}
    # Who was killed before the first commit was never told of: nothing had changed.
    untold = {one.id for one in people[1::_TELLING_STEPS]}
    assert there == {one.id: one.email for one in people if one.id not in untold}
    assert mirror.changes.due() is False


def _finish(people, users, close_account, mirror, clock):
    """Let operators run it again for some, and the service finish the others."""
    for one in people[::2]:
        found = users.by_id(one.id)
        if found is not None:
            close_account.by_operator(found)
    for one in people[1::2]:
        found = users.by_id(one.id)
        if found is not None and not found.is_closing:
            close_account.by_operator(found)
    _after_the_leases(clock)
    mirror.deliver_due()


def _after_the_leases(clock):
    """Let it be so late that what killed processes had taken is anybody's; theirs was the machine's own clock."""
    clock.instant = SystemClock().now() + LEASE + timedelta(seconds=1)
