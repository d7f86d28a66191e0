"""
PostgreSQL only reads for a while, or ends connections in the middle of something, as while a copy takes over from it.

Who only asks is answered; the rest is put off, and works again by itself. Nothing of it is a fault of ours.
"""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest

from tests.attacks.crowd import UNLIMITED, Ask, Wire, all_at_once, login, patiently, refresh, registration

EMAIL = "ada@example.org"
BACK_WITHIN = 5.0


@pytest.fixture(scope="module")
def url(postgres):
    return postgres.create_database(empty=True)


@pytest.fixture(scope="module")
def operator(postgres):
    """Somebody else at the same PostgreSQL."""
    with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as line:
        yield line


@pytest.fixture(scope="module")
def server(identity_server, url):
    started = identity_server(database_url=url, environment={**UNLIMITED, "WEB_CONCURRENCY": "1"})
    all_at_once(started, [registration(EMAIL)])
    return started


@pytest.fixture
def wire(server):
    with closing(Wire(server)) as made:
        yield made


@pytest.fixture
def copy_only(operator, url):
    """Let nobody write for as long as the block lasts; connections keep what they began with."""
    name = url.rpartition("/")[2]

    @contextmanager
    def lasting():
        operator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        hang_up(operator, name)
        try:
            yield
        finally:
            operator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

    return lasting


def hang_up(operator, name, who=""):
    """End connections to the database *name*; return how many."""
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' {who}"  # noqa: S608 - ours
    return len(operator.execute(ended).fetchall())


def is_back(wire):
    """Ask again for a while, as everybody does who is put off."""
    began = time.monotonic()
    while time.monotonic() - began < BACK_WITHIN:
        if (wire.ask(login(EMAIL)).status, wire.ask(Ask("GET", "/readyz")).status) == (200, 200):
            return True
    return False


def test_who_changes_something_is_put_off_while_it_only_reads_and_who_asks_is_answered(copy_only, wire):
    known = wire.ask(login(EMAIL))
    changes = [login(EMAIL), registration("bob@example.org"), refresh(known.refresh_token)]
    with copy_only():
        for asked in [*changes, Ask("GET", "/readyz")] * 2:
            answer = wire.ask(asked)
            assert (answer.status, answer.json["code"]) == (503, "database_unavailable"), asked.path
            assert int(answer.headers["retry-after"]) > 0
        mine = Ask("GET", "/api/user", headers={"Authorization": f"Bearer {known.json['token']}"})
        assert wire.ask(mine).json["email"] == EMAIL

    assert is_back(wire)
    assert patiently(wire, refresh(known.refresh_token)).status == 200


def test_it_is_ready_again_even_if_nobody_asks_for_anything_else(copy_only, wire):
    with copy_only():
        assert wire.ask(Ask("GET", "/readyz")).status == 503

    assert wire.ask(Ask("GET", "/readyz")).status == 200


@pytest.mark.parametrize("command", [("tidy",), ("ban-user", EMAIL, "--yes")])
def test_a_command_says_in_a_sentence_that_it_only_reads(copy_only, server, command):
    with copy_only():
        done = server.run(*command)

    assert (done.returncode, done.stdout) == (3, "")
    assert "read-only transaction" in done.stderr
    assert "Traceback" not in done.stderr


def test_who_is_in_the_middle_of_something_when_the_connection_ends_is_put_off(operator, server, url):
    name, plain = url.rpartition("/")[2], url.replace("+psycopg", "")
    with ThreadPoolExecutor(1) as crowd, psycopg.connect(plain) as holder, closing(Wire(server)) as wire:
        holder.execute("SELECT id FROM users FOR UPDATE")
        waiting = crowd.submit(wire.ask, login(EMAIL))
        while not hang_up(operator, name, "AND wait_event_type = 'Lock'"):
            assert not waiting.done()
        assert waiting.result().status == 503
    with closing(Wire(server)) as wire:
        assert is_back(wire)


def test_nobody_waits_for_ever_on_connections_on_which_nobody_answers_any_more(operator, server, url, wire):
    """Their machine hangs, or is gone without a word; the address leads to another one already."""
    kept = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
    gone = [pid for (pid,) in operator.execute(kept, [url.rpartition("/")[2]])]
    assert gone
    for pid in gone:
        os.kill(pid, signal.SIGSTOP)
    try:
        wire.ask(login(EMAIL))
        assert is_back(wire)
    finally:
        for pid in gone:
            os.kill(pid, signal.SIGCONT)


def test_nothing_of_all_that_was_a_fault_of_ours(server):
    lines = [json.loads(line) for line in server.log_text().splitlines()]

    assert [line for line in lines if line.get("status") == 500 or "exception" in line] == []
