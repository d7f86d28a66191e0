"""What only SQLite has: a file, one writer at a time, and a cheap way to see that somebody wrote."""

import sqlite3
import stat
import sys
from contextlib import closing
from subprocess import check_output
from threading import Timer
from time import monotonic

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.engine import make_url

from identity_service.foundation.engine import keep_private
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.prepared import Prepared
from tests.fakes.things import ALL, THINGS, ids, opened


class NeverFree:
    """A lock that somebody else holds for ever."""

    def acquire(self, timeout):
        return False


def impatient(connection, _record):
    """Let a connection wait for nobody, so that the test need not."""
    connection.execute("PRAGMA busy_timeout = 0")


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path / 'data' / 'identity.db'}"


@pytest.fixture
def locked(database, tmp_path):
    """The same database while another process is writing."""
    ids(database)
    database.release()
    event.listen(database.engine, "connect", impatient)
    with closing(sqlite3.connect(tmp_path / "data" / "identity.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield database
        database.release()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_its_folder_belong_to_their_owner_alone(database, tmp_path):
    assert mode(tmp_path / "data" / "identity.db") == 0o600
    assert mode(tmp_path / "data") == 0o700


def test_what_is_written_beside_the_file_belongs_to_its_owner_alone(database, add, tmp_path):
    add(1)
    ids(database)

    assert {mode(path) for path in (tmp_path / "data").iterdir()} == {0o600}


def test_a_file_that_exists_is_left_as_it_is(tmp_path):
    path = tmp_path / "identity.db"
    path.touch(mode=0o640)
    path.chmod(0o640)
    found = opened(f"sqlite:///{path}")
    found.rows(select(1))
    found.release()

    assert mode(path) == 0o640


def test_a_database_in_memory_has_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keep_private(make_url("sqlite://"))

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_outage(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseUnavailable) as outage:
        opened(f"sqlite:///{tmp_path / 'file' / 'identity.db'}").rows(ALL)
    assert "file" in outage.value.detail


def test_every_commit_is_durable_and_every_reference_is_kept(database):
    with database.engine.connect() as connection:
        told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert told == ["wal", 2]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_while_another_process_writes_a_writer_is_asked_to_come_back(locked, add):
    with pytest.raises(DatabaseUnavailable, match="database is not available"):
        add(1)
    with pytest.raises(DatabaseUnavailable):
        Prepared(locked, update(THINGS).values(good=True).returning(THINGS.c.id), writes=True).run()


def test_while_another_process_writes_everybody_reads(locked):
    assert ids(locked) == []
    assert Prepared(locked, ALL).run() == []


def test_when_no_turn_to_write_comes_the_caller_is_asked_to_come_back(database, add):
    database._write_turn = NeverFree()

    with pytest.raises(DatabaseUnavailable) as outage:
        add(1)
    assert outage.value.detail == "no turn to write"


@pytest.mark.parametrize("is_prepared", [True, False])
def test_whoever_has_waited_for_a_turn_waits_the_less_for_other_processes(database, add, tmp_path, is_prepared):
    """Both together are within the time after which the caller is asked to come back."""
    prepared = Prepared(database, update(THINGS).values(good=True).returning(THINGS.c.id), writes=True)
    write = prepared.run if is_prepared else lambda: add(1)
    ids(database)
    with closing(sqlite3.connect(tmp_path / "data" / "identity.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert database._write_turn.acquire()
        Timer(3, database._write_turn.release).start()
        began = monotonic()
        with pytest.raises(DatabaseUnavailable, match="database is not available"):
            write()
        assert monotonic() - began < 3 + 4.5  # seconds; five more after the three for the turn would be longer

    write()
    told = Prepared(database, text("PRAGMA busy_timeout")).run()
    assert told == [(5000,)]


@pytest.mark.parametrize("is_replaced", [True, False])
def test_nothing_is_written_to_a_file_that_was_taken_away(database, add, tmp_path, is_replaced):
    """And none appears in its place."""
    add(1)
    file = tmp_path / "data" / "identity.db"
    file.rename(tmp_path / "moved.db")
    if is_replaced:
        file.write_bytes((tmp_path / "moved.db").read_bytes())

    with pytest.raises(DatabaseUnavailable, match="Restart the service"):
        add(2)
    with pytest.raises(DatabaseUnavailable, match="Restart the service"):
        Prepared(database, update(THINGS).values(good=True).returning(THINGS.c.id), writes=True).run()
    with pytest.raises(DatabaseUnavailable, match="Restart the service"):
        database.place.insist()
    assert file.exists() == is_replaced


def test_nothing_is_written_beside_a_file_that_was_taken_away_before_the_first_connection(database, add, tmp_path):
    """As in a worker that is forked later."""
    add(1)
    database.release()
    file = tmp_path / "data" / "identity.db"
    file.rename(tmp_path / "moved.db")

    with pytest.raises(DatabaseUnavailable, match="Restart the service"):
        ids(database)
    assert not file.exists()


def test_what_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "identity.db").write_bytes(b"this is a letter, not a database" * 64)
    strange = opened(f"sqlite:///{tmp_path / 'identity.db'}")

    with pytest.raises(DatabaseUnavailable):
        strange.rows(ALL)


def test_what_need_not_be_durable_waits_for_no_disk_and_what_follows_does_again(database):
    def waits(*, is_durable):
        with database.transaction(is_durable=is_durable):
            return database.present_driver().execute("PRAGMA synchronous").fetchone()[0] == 2

    assert [waits(is_durable=wanted) for wanted in (True, False, True)] == [True, False, True]


def test_the_other_database_costs_nothing():
    script = "import sys, identity_service.app; print('sqlalchemy.dialects.postgresql' in sys.modules)"
    assert check_output([sys.executable, "-c", script], text=True) == "False\n"
