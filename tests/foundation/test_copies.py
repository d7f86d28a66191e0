"""Copies of a SQLite file, put back in one piece: whoever is killed meanwhile leaves the one or the other."""

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from identity_service.foundation import copies
from identity_service.foundation.copies import NotCopied
from tests.servers.process import ROOT

KILLS = 12
LINES = 20_000
PUT_BACK = """
import sys
from pathlib import Path
from identity_service.foundation import copies

print("ready", flush=True)
copies.put_back(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def written(path, text):
    """A database whose every line says *text*."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE lines (text)")
        database.executemany("INSERT INTO lines VALUES (?)", [(text * 20,)] * LINES)
        database.commit()
    return path


def said(path):
    """What its lines say, and how many there are."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute(
            "SELECT substr(min(text), 1, 3), substr(max(text), 1, 3), count(*) FROM lines"
        ).fetchone()


@pytest.fixture
def both(tmp_path):
    """A copy that says `old`, and a database that says `new`."""
    (tmp_path / "copy").touch()
    copies.take(written(tmp_path / "before", "old"), tmp_path / "copy")
    return tmp_path / "copy", written(tmp_path / "present", "new")


def test_whoever_is_killed_while_putting_back_leaves_one_or_the_other(both):
    copy, present = both
    seen = set()
    for number in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", PUT_BACK, copy, present], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with process:
            process.stdout.readline()
            threading.Event().wait(number * 0.002)
            process.send_signal(signal.SIGKILL)
        assert copies.damage(present) is None
        seen.add(said(present))

    assert seen <= {("old", "old", LINES), ("new", "new", LINES)}


def test_a_copy_holds_up_no_writer_and_is_of_one_moment(both, tmp_path):
    _, present = both
    with closing(sqlite3.connect(present, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE lines SET text = 'not yet'")
        (tmp_path / "meanwhile").touch()
        copies.take(present, tmp_path / "meanwhile")
        writer.execute("COMMIT")

    assert said(tmp_path / "meanwhile") == ("new", "new", LINES)


def test_a_writer_that_never_ends_is_waited_for_and_then_told(both):
    copy, present = both
    with closing(sqlite3.connect(present, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotCopied, match="put back"):
            copies.put_back(copy, present, seconds=0.1)

    assert said(present) == ("new", "new", LINES)


def test_who_else_has_it_open_is_seen(both):
    _, present = both
    assert copies.is_in_use(present) is False

    with closing(sqlite3.connect(present)) as other:
        other.execute("SELECT count(*) FROM lines").fetchone()
        assert copies.is_in_use(present) is True
    assert copies.is_in_use(present) is False
