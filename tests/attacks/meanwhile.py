"""
One of two at a time: what has been written and is not yet committed, and whoever comes in between.

Leaves to others: who the two are.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from sqlalchemy import text

from tests.conftest import ON_POSTGRES

WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
PATIENCE = 20


@contextmanager
def held_open(services, ending):
    """Let *ending* run and commit only after the block: an inner transaction joins the outer one."""
    done = Event()

    def end():
        with services.database.transaction():
            ending()
            written.set()
            assert done.wait(PATIENCE)

    written = Event()
    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(end)
        assert written.wait(PATIENCE)
        yield
        done.set()
        writing.result(PATIENCE)


def wait_until_done_or_waiting(services, running):
    """On PostgreSQL see somebody finish, or wait for the other; on SQLite there is nothing to see."""
    deadline = time.monotonic() + PATIENCE
    while ON_POSTGRES and not running.done():
        with services.database.engine.connect() as connection:
            if connection.execute(text(WAITING)).all():
                return
        assert time.monotonic() < deadline
        time.sleep(0.01)
