"""The schema: what the migrations make is what the tables say, however often and however rudely they are run."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from identity_service.foundation.database import Base, Database
from identity_service.foundation.engine import open_engine
from identity_service.foundation.errors import DatabaseUnavailable, Misconfigured
from identity_service.migrations import schema
from tests.conftest import ON_POSTGRES
from tests.servers.process import ROOT, free_port

UPGRADING = """
import sys
from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.migrations import schema

database = Database(open_engine(sys.argv[1]))
"""
IN_PEACE = f"{UPGRADING}\nschema.upgrade(database)\ndatabase.release()"
KILLED = f"""
import os, signal
{UPGRADING}
with database.transaction():
    schema.upgrade(database)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def empty_url(request, tmp_path):
    """The address of a database with nothing in it."""
    if not ON_POSTGRES:
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres")
    url = server.create_database(empty=True)
    yield url
    server.drop_database(url)


@pytest.fixture
def empty(empty_url):
    database = Database(open_engine(empty_url))
    yield database
    database.release()


def tables(database):
    return set(inspect(database.engine).get_table_names())


def run(program, url):
    return subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_an_empty_database_gets_exactly_the_schema_that_the_tables_describe(empty):
    assert schema.upgrade(empty) is True

    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    assert tables(empty) == set(Base.metadata.tables) | {"alembic_version"}


def test_the_newest_revision_is_known_by_the_name_of_its_file(empty):
    assert (schema.revision(empty), schema.is_current(empty)) == (None, False)
    schema.upgrade(empty)

    newest = max(path.name for path in Path(schema.__file__).parent.glob("versions/[0-9]*.py"))
    assert schema.head() == newest[:4] == schema.revision(empty)
    assert schema.is_current(empty)


def test_upgrading_again_does_nothing(empty):
    schema.upgrade(empty)

    assert schema.upgrade(empty) is False
    assert schema.revision(empty) == schema.head()


def test_a_database_that_is_ahead_is_left_alone(empty):
    schema.upgrade(empty)
    with empty.transaction():
        empty.change(text("UPDATE alembic_version SET version_num = '9999'"))

    assert schema.is_current(empty)
    assert schema.upgrade(empty) is False
    assert schema.revision(empty) == "9999"


def test_two_instances_that_start_at_once_both_find_the_schema(empty, empty_url):
    both = [run(IN_PEACE, empty_url) for _ in range(2)]

    assert [(process.communicate()[1], process.returncode) for process in both] == [("", 0)] * 2
    assert schema.revision(empty) == schema.head()


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty):
    def fail():
        with empty.transaction():
            schema.upgrade(empty)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert tables(empty) == set()
    assert schema.upgrade(empty) is True


def test_a_migration_that_is_killed_half_way_leaves_the_database_as_it_was(empty, empty_url):
    process = run(KILLED, empty_url)
    process.communicate()

    assert process.returncode == -signal.SIGKILL
    assert tables(empty) == set()
    assert schema.upgrade(empty) is True


def test_every_migration_can_be_taken_back(empty):
    schema.upgrade(empty)
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent))
    with empty.transaction():
        config.attributes["connection"] = empty.connection()
        command.downgrade(config, "base")

    assert tables(empty) == {"alembic_version"}
    assert schema.revision(empty) is None
    assert schema.upgrade(empty) is True


def test_a_database_that_does_not_answer_is_unavailable():
    away = Database(open_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"))

    with pytest.raises(DatabaseUnavailable):
        schema.is_current(away)
    with pytest.raises(DatabaseUnavailable):
        schema.upgrade(away)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_nothing_is_put_into_a_database_that_does_not_hold_every_name(postgres, encoding):
    strange = Database(open_engine(postgres.create_database(empty=True, encoding=encoding)))

    with pytest.raises(Misconfigured) as refused:
        schema.upgrade(strange)
    assert f"a database in {encoding}" in refused.value.problems[0]
    assert tables(strange) == set()
    strange.release()
