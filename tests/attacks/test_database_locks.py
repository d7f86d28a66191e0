"""
Other processes that come and go beside the service: they must not take its database apart.

Law: SQLite, "How To Corrupt An SQLite Database File" §2.2: closing any descriptor of the file drops every lock that
the process holds on it, and whoever then leaves believes to be the last one and clears the write-ahead log away.
"""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from tests.conftest import ON_POSTGRES

VISIT = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM users').fetchall(); c.close()"


@pytest.fixture
def file(settings):
    if ON_POSTGRES:
        return None
    return Path(make_url(settings.database.url.get_secret_value()).database)


def test_a_visitor_from_another_process_leaves_the_write_ahead_log_where_it_is(services, sign_in, file):
    sign_in()
    readers = [services.database.engine.connect() for _ in range(3)]  # what many requests at once open
    with closing(readers[0]), closing(readers[1]), closing(readers[2]):
        for reader in readers:
            reader.execute(text("SELECT 1"))
        _visit(file)
        sign_in("eve@example.org")
        _visit(file)

        assert file is None or file.with_name(f"{file.name}-wal").exists()
    assert {person.email for person in services.capabilities.users.page()} == {"ada@example.org", "eve@example.org"}


def _visit(file):
    if file is not None:
        subprocess.run([sys.executable, "-c", VISIT, str(file)], check=True, timeout=30)
