"""Copies of the database at the command line: made, put back, and kept from being made or put back wrongly."""

import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from identity_service.foundation.errors import SessionEnded
from identity_service.migrations import schema
from tests.conftest import ON_POSTGRES
from tests.fakes.people import VISITOR, events, person, session
from tests.fakes.secrets import GOOD_SECRETS
from tests.servers.postgres import _binaries


@pytest.fixture
def operator(operator):
    """The operator has the programs that belong to the server."""
    return operator.with_settings(PATH=f"{_binaries()}:{os.environ['PATH']}")


@pytest.fixture
def copy(services, told):
    """A copy of a database with Ada in it."""
    person(services)
    return Path(told("backup")["path"])


def emails(services):
    return sorted(each.email for each in services.administer.people())


def test_a_copy_is_a_new_file_for_its_owner_alone(services, told, operator):
    first, second = Path(told("backup")["path"]), Path(told("backup", "--to", "elsewhere")["path"])

    assert first.parent == Path("data/backups")
    assert second.parent == Path("elsewhere")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (first, second)] == [0o600] * 2
    assert [stat.S_IMODE(path.parent.stat().st_mode) for path in (first, second)] == [0o700] * 2
    assert list(first.parent.iterdir()) == [first]


def test_what_was_there_comes_back_and_what_came_later_goes(services, copy, told):
    ada = services.capabilities.users.by_email("ada@example.org")
    services.close_account.by_operator(ada)
    person(services, "grace@example.org")

    restored = told("restore", str(copy), "--yes")
    assert restored["people"] == 1
    assert emails(services) == ["Ada@Example.org"]
    assert services.capabilities.keys.signing("ES256")


def test_what_is_replaced_is_copied_first(services, copy, told):
    person(services, "grace@example.org")
    kept = told("restore", str(copy), "--yes")["kept"]

    told("restore", kept, "--yes")
    assert emails(services) == ["Ada@Example.org", "grace@example.org"]


def test_the_trail_says_that_a_copy_was_put_back(services, copy, told):
    told("restore", str(copy), "--yes")

    assert events(services, "") == ["database.restored done"]


def test_a_session_that_had_ended_stays_dead_and_a_live_one_lives(services, told):
    ada = person(services)
    alive, over = session(services, ada), session(services, ada)
    services.sign_out.by_refresh_token(over.refresh_token, VISITOR)
    copy = told("backup")["path"]
    told("restore", copy, "--yes")

    assert services.refresh.renew(alive.refresh_token, VISITOR).session_id == alive.session_id
    assert services.verify.access_token(over.access_token) is None
    assert services.verify.access_token(alive.access_token) is not None


def test_a_session_that_ended_after_the_copy_stays_dead(services, told):
    stolen = session(services, person(services))
    copy = told("backup")["path"]
    services.sign_out.by_refresh_token(stolen.refresh_token, VISITOR)
    told("restore", copy, "--yes")

    assert services.verify.access_token(stolen.access_token) is None
    with pytest.raises(SessionEnded):
        services.refresh.renew(stolen.refresh_token, VISITOR)


def test_putting_back_asks_first_and_anything_but_yes_changes_nothing(services, copy, identity):
    person(services, "grace@example.org")

    asked = identity("restore", str(copy), stdin="n\n", status=1)
    assert "Really replace 2 people and ALL else that is in the database?" in asked.said
    assert len(emails(services)) == 2


def test_a_database_that_others_have_open_is_told_to_be_in_use(services, copy, identity):
    services.capabilities.users.count()  # keeps its connection

    assert "The database is IN USE" in identity("restore", str(copy), stdin="n\n", status=1).said


def test_a_copy_goes_into_a_database_that_is_not_there_yet(request, services, copy, operator, tmp_path):
    if ON_POSTGRES:
        url = request.getfixturevalue("postgres").create_database(empty=True)
    else:
        url = f"sqlite:///{tmp_path / 'new' / 'identity.db'}"
    elsewhere = operator.with_settings(DATABASE_URL=url)

    done = elsewhere.run("restore", str(copy), "--json")
    assert (done.status, json.loads(done.said)["kept"]) == (0, None)
    assert [each["email"] for each in json.loads(elsewhere.run("list-users", "--json").said)] == ["Ada@Example.org"]


def test_an_older_copy_is_brought_up_to_date(services, copy, told):
    with services.database.transaction():
        services.database.change(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = told("backup")["path"]
    told("restore", str(copy), "--yes")
    assert schema.revision(services.database) == schema.head()

    assert "is of a newer release" in _refused(told, newer)


def test_another_creds_key_is_told_after_putting_back(copy, operator):
    done = operator.with_settings(CREDS_KEY=GOOD_SECRETS["CREDS_KEY"][::-1]).run("restore", str(copy), "--yes")

    assert done.status == 2
    assert "CREDS_KEY is not the one" in done.complained


@pytest.mark.parametrize("content", [b"", b"this is no database " * 99, b"SQLite format 3\0" + b"\1" * 5000])
def test_what_is_no_copy_is_refused_and_nothing_changes(services, copy, identity, tmp_path, content):
    (tmp_path / "letter").write_bytes(content)

    refused = identity("restore", str(tmp_path / "letter"), "--yes", status=1)
    assert "is no copy of this service's database" in refused.complained
    assert "There is no file" in identity("restore", "nowhere", "--yes", status=1).complained
    assert emails(services) == ["Ada@Example.org"]


def test_a_copy_of_another_programs_database_is_refused_and_nothing_changes(services, told, operator, tmp_path):
    person(services)
    with services.database.transaction():
        services.database.change(text("ALTER TABLE signing_keys RENAME TO keys"))
    another = told("backup", "--to", str(tmp_path))["path"]
    with services.database.transaction():
        services.database.change(text("ALTER TABLE keys RENAME TO signing_keys"))

    refused = operator.run("restore", another, "--yes")
    assert (refused.status, refused.said) == (1, "")
    assert "is no copy of this service's database" in refused.complained
    assert emails(services) == ["Ada@Example.org"]


def test_half_a_copy_is_refused_and_nothing_changes(services, copy, identity):
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) * 2 // 3])

    identity("restore", str(copy), "--yes", status=1)
    assert emails(services) == ["Ada@Example.org"]


def test_where_no_database_is_none_is_copied(operator, tmp_path):
    if ON_POSTGRES:
        pytest.skip("PostgreSQL is there before we are.")
    done = operator.with_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'no.db'}").run("backup")

    assert (done.status, (tmp_path / "no.db").exists()) == (1, False)


def test_a_damaged_database_is_not_passed_off_as_a_copy(operator, tmp_path):
    if ON_POSTGRES:
        pytest.skip("PostgreSQL looks after its own files.")
    with closing(sqlite3.connect(tmp_path / "damaged.db")) as damaged:
        damaged.execute("CREATE TABLE letters (text UNIQUE)")
        damaged.executemany("INSERT INTO letters VALUES (?)", [(f"letter {number}",) for number in range(500)])
        damaged.commit()
    content = bytearray((tmp_path / "damaged.db").read_bytes())
    content[8192:12288] = b"\7" * 4096  # a page, its head included
    (tmp_path / "damaged.db").write_bytes(content)

    done = operator.with_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'damaged.db'}").run("backup")
    assert done.status == 1
    assert list(Path("data/backups").iterdir()) == []


def test_without_the_programs_of_postgresql_it_is_said_which_are_needed(operator, tmp_path):
    if not ON_POSTGRES:
        pytest.skip("SQLite needs no program.")
    if any(int(path.parts[4]) >= 17 for path in Path("/usr/lib/postgresql").glob("*/bin/pg_dump")):
        pytest.skip("They are there.")
    done = operator.with_settings(PATH=str(tmp_path)).run("backup")

    assert (done.status, "install postgresql-client-17" in done.complained) == (3, True)


@pytest.mark.skipif(not ON_POSTGRES, reason="SQLite has no password.")
def test_the_password_of_postgresql_is_no_word_of_a_command(services, operator, tmp_path):
    """A program that stands in the place of pg_dump writes down what it was called with."""
    spy = tmp_path / "bin" / "pg_dump"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/words\nexec {_binaries()}/pg_dump "$@"\n')
    spy.chmod(0o755)

    assert operator.with_settings(PATH=f"{spy.parent}:{os.environ['PATH']}").run("backup").status == 0
    assert services.database.engine.url.password not in (tmp_path / "words").read_text()


def _refused(told, copy):
    with pytest.raises(AssertionError) as refused:
        told("restore", str(copy), "--yes")
    return str(refused.value)
