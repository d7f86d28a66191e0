"""Reports, bans and their lifting, of one person and all at once on PostgreSQL: nobody waits for another for ever."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from identity_service.accounts.users import NewPerson
from tests.attacks.crowd import Ask, Wire, behind
from tests.fakes.applications import basic
from tests.fakes.people import HASH

CROWD = 48
ROUNDS = 3


@pytest.fixture(scope="module")
def server(identity_server, postgres):
    # With every report there is something to follow from it.
    return identity_server(
        database_url=postgres.create_database(empty=True), environment={"BAN_INTERVAL": "1", "WEB_CONCURRENCY": "2"}
    )


@pytest.fixture
def asks(server):
    """A report, a ban by hand and the lifting of one, of one and the same person."""
    with behind(server) as services:
        registered = services.administer.create_client("the chat back end")
        with services.database.transaction():
            people = [
                services.capabilities.users.add(NewPerson(f"{name}@example.org", name, name, HASH)) for name in "ab"
            ]
    header, who = basic(registered), people[1].id
    return (
        Ask("POST", "/v1/violations", {"type": "concurrent", "user_id": who, "address": "203.0.113.5"}, header),
        Ask("POST", "/v1/bans", {"user_id": who, "minutes": 5}, header),
        Ask("DELETE", f"/v1/bans?user_id={who}", None, header),
    )


def test_reports_bans_and_pardons_of_one_person_all_come_through_at_once(server, asks):
    barrier = threading.Barrier(CROWD)

    def one(number):
        wire = Wire(server)
        try:
            barrier.wait(30)
            return [wire.ask(asks[number % len(asks)]).status for _ in range(ROUNDS)]
        finally:
            wire.close()

    with ThreadPoolExecutor(CROWD) as crowd:
        statuses = Counter(status for answers in crowd.map(one, range(CROWD)) for status in answers)

    assert set(statuses) <= {200, 201, 404}
    assert statuses[201] == CROWD // len(asks) * ROUNDS
