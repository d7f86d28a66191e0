"""The revision: another one after every change on which a verdict rests, whoever makes it, and after no other."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from identity_service.accounts.tables import User
from identity_service.foundation import copies
from identity_service.foundation.archive import Archive
from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.revision import Watch
from identity_service.migrations import schema
from identity_service.sessions.tables import Session
from tests.conftest import ON_POSTGRES
from tests.fakes.clock import START
from tests.fakes.people import VISITOR, person, session

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL counts nothing.")

#: What `Active` is made of, and what the ratchet turns; a column is one or the other.
OF_A_VERDICT = ("id", "user_id", "client_id", "scope", "amr", "auth_time", "expires_at", "ended_at")
OF_NO_VERDICT = tuple(sorted(set(Session.__table__.columns.keys()) - set(OF_A_VERDICT)))


@pytest.fixture
def watch(services):
    """The watch of another process."""
    other = Database(open_engine(str(services.database.engine.url)))
    yield Watch(other)
    other.release()


@pytest.fixture
def file(services):
    return Path(services.database.engine.url.database)


@pytest.fixture
def change(services):
    def run(statement):
        with services.database.transaction():
            return services.database.change(statement)

    return run


def value(column):
    """Return some value that fits *column* of a session, and that no session has."""
    kind = Session.__table__.columns[column].type.python_type
    return {int: 77, bool: True}.get(kind, START + timedelta(days=1)) if kind is not str else "0" * 24


@pytest.mark.parametrize("column", OF_A_VERDICT)
def test_a_session_that_says_something_else_is_another_revision(services, begun, ada, watch, change, column):
    before, other = watch.present(), person(services, "bob@example.org")
    assert watch.present() == before
    said = other.id if column == "user_id" else value(column)
    assert change(update(Session).where(Session.id == begun.session_id).values({column: said})) == 1

    assert watch.present() != before


@pytest.mark.parametrize("column", OF_NO_VERDICT)
def test_everything_else_of_a_session_may_change(begun, watch, change, column):
    before = watch.present()
    assert change(update(Session).where(Session.id == begun.session_id).values({column: value(column)})) == 1

    assert watch.present() == before


@pytest.mark.parametrize("column", sorted(User.__table__.columns.keys()))
def test_a_person_who_changes_is_another_revision(ada, watch, change, column):
    before = watch.present()
    assert change(update(User).values({column: User.__table__.columns[column]})) == 1

    assert watch.present() != before


def test_who_goes_and_what_goes_with_them_is_another_revision(begun, ada, watch, change):
    before = watch.present()
    change(delete(Session).where(Session.id == begun.session_id))
    between = watch.present()
    assert change(delete(User).where(User.id == ada.id)) == 1

    assert len({before, between, watch.present()}) == 3


def test_a_session_that_goes_with_its_person_is_felt(services, begun, ada, change, file):
    assert services.verify.access_token(begun.access_token) is not None
    with closing(sqlite3.connect(file)) as somebody, somebody:
        somebody.execute("PRAGMA foreign_keys = ON")
        somebody.execute("DELETE FROM users WHERE id = ?", (ada.id,))

    assert services.verify.access_token(begun.access_token) is None


def test_what_everybody_does_all_day_is_no_other_revision(services, begun, ada, watch):
    before = watch.present()
    services.refresh.renew(begun.refresh_token, VISITOR)
    session(services, ada)

    assert watch.present() == before


def test_what_is_rolled_back_was_never_there(services, ada, watch):
    before = watch.present()
    with pytest.raises(ZeroDivisionError), services.database.transaction():
        _ = 1 / (services.database.change(update(User).values(name="Mallory")) - 1)

    assert watch.present() == before


def test_a_copy_that_is_put_back_is_another_revision_although_it_counts_the_same(services, watch, file, tmp_path):
    copy = tmp_path / "copy.db"
    copy.touch()
    copies.take(file, copy)
    before = watch.present()
    begun = session(services, person(services))
    assert services.verify.access_token(begun.access_token) is not None
    copies.put_back(copy, file)

    assert watch.present()[0] == before[0]
    assert watch.present() != before
    assert services.verify.access_token(begun.access_token) is None


def test_an_archive_that_is_taken_in_goes_on_counting(services, begun, watch, tmp_path):
    lines = list(Archive(services.database).lines(START))
    assert not any('"revision":' in line for line in lines[1:])
    before = watch.present()
    fresh = Database(open_engine(f"sqlite:///{tmp_path / 'fresh.db'}"))
    schema.upgrade(fresh)
    there = Watch(fresh)
    assert there.present()[0] == 0
    with fresh.transaction():
        Archive(fresh).take_in(lines, schema.head(), seen=lambda _: None)
        fresh.change(update(User).values(name="Ada"))

    assert there.present()[0] > 0
    assert watch.present() == before
    fresh.release()


def test_a_database_without_the_count_is_told_as_an_outage(tmp_path):
    bare = Database(open_engine(f"sqlite:///{tmp_path / 'bare.db'}"))
    with pytest.raises(DatabaseUnavailable, match="database"):
        Watch(bare).present()
    bare.release()


def test_a_watch_that_was_closed_begins_anew(services, ada, watch, change):
    before = watch.present()
    watch.close()
    change(update(User).values(name="Ada Byron"))

    assert watch.present() != before
