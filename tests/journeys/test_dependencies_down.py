"""
The database does not answer for a while: what needs no database goes on, the rest says when to come back, and does.

On SQLite another process holds the lock for writing; on PostgreSQL the server itself is stopped, and started again.
"""

import signal
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest

from tests.attacks.crowd import Ask, Wire, all_at_once, login, patiently, refresh, registration
from tests.conftest import ON_POSTGRES
from tests.servers.postgres import PostgresServer
from tests.servers.process import end

READS = ("/healthz", "/.well-known/jwks.json", "/api/config")


@pytest.fixture(scope="module")
def neighbour():
    """A PostgreSQL of this story's own, because it is going to be stopped; None on SQLite."""
    if not ON_POSTGRES:
        yield None
        return
    with PostgresServer() as own:
        yield own


@pytest.fixture(scope="module")
def server(identity_server, neighbour):
    url = neighbour.create_database(empty=True) if neighbour else None
    return identity_server(database_url=url, environment={"LOGIN_MAX": "100000", "REGISTER_MAX": "100000"})


@pytest.fixture(scope="module")
def ada(server):
    all_at_once(server, [registration("ada@example.org")])
    return all_at_once(server, [login("ada@example.org")])[0]


@pytest.fixture
def outage(server, neighbour):
    """Make every write wait for as long as the block lasts."""
    return (lambda: _stopped(neighbour)) if neighbour else (lambda: _locked(server.folder / "identity.db"))


@pytest.fixture
def wire(server):
    made = Wire(server)
    yield made
    made.close()


def once(server, asked):
    """Ask on a connection of its own, and take no for an answer."""
    with closing(Wire(server)) as wire:
        return wire.ask(asked)


def test_what_needs_no_writing_goes_on(outage, wire, ada):
    with outage():
        answers = {path: wire.ask(Ask("GET", path)).status for path in READS}

    assert answers == dict.fromkeys(READS, 200)


def test_a_token_is_verified_while_somebody_else_writes(outage, server, wire, ada):
    """Readers of SQLite wait for no writer; with PostgreSQL gone nobody can say, and says so."""
    bearer = {"Authorization": f"Bearer {ada.json['token']}"}
    with outage():
        answers = [wire.ask(Ask("GET", "/v1/forward-auth", headers=bearer)) for _ in range(3)]
        told = [wire.ask(Ask("GET", "/api/user", headers=bearer)) for _ in range(3)]

    assert {answer.status for answer in answers} == ({503} if ON_POSTGRES else {204})
    assert {answer.status for answer in told} == ({503} if ON_POSTGRES else {200})


def test_a_sign_in_is_put_off_and_works_again_afterwards(outage, server, wire, ada):
    with outage():
        answer = once(server, login("ada@example.org"))

    assert (answer.status, answer.json["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "set-cookie" not in answer.headers
    assert patiently(wire, login("ada@example.org")).status == 200


def test_a_refresh_is_put_off_and_turns_the_ratchet_afterwards(outage, server, wire):
    token = patiently(wire, login("ada@example.org")).refresh_token
    with outage():
        answer = wire.ask(refresh(token))

    assert (answer.status, answer.json["code"]) == (503, "database_unavailable")
    assert patiently(wire, refresh(token)).status == 200
    assert patiently(wire, refresh(token)).status == 200


def test_a_crowd_that_is_put_off_leaves_room_for_those_who_only_ask(outage, server, wire, ada):
    waiting = [threading.Thread(target=once, args=(server, login("ada@example.org"))) for _ in range(24)]
    with outage():
        for each in waiting:
            each.start()
        answers = [wire.ask(Ask("GET", path)).status for path in READS * 3]
    for each in waiting:
        each.join(60)

    assert answers == [200] * len(answers)
    assert patiently(wire, login("ada@example.org")).status == 200


def test_nothing_of_all_that_was_a_fault_of_ours(server, ada):
    assert '"status":500' not in server.log_text()
    assert "Traceback" not in server.log_text()


@contextmanager
def _locked(file):
    writer = sqlite3.connect(file, isolation_level=None, timeout=30)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        writer.execute("ROLLBACK")
        writer.close()


@contextmanager
def _stopped(neighbour):
    end(
        neighbour._process, signal.SIGINT, seconds=10
    )  # PostgreSQL's fast shutdown; here it may lose what a crash interrupts
    try:
        yield
    finally:
        neighbour._process = neighbour._start()
