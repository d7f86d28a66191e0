"""
The previous release runs on the new schema: a migration adds, and asks nothing new of what was there.

While instances are replaced one by one, old and new ones share a database; and a release can be taken back.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.migrations import schema
from tests.conftest import ON_POSTGRES

CONFIG = Config()
CONFIG.set_main_option("script_location", str(Path(schema.__file__).parent))
SCRIPTS = ScriptDirectory.from_config(CONFIG)
LATER = [script.revision for script in SCRIPTS.walk_revisions() if script.down_revision][::-1]


@dataclass(frozen=True)
class Shape:
    """What a release may rely on: tables, their columns, and the rules that a row must obey."""

    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, database: Database) -> "Shape":
        """Look at *database*."""
        seen = inspect(database.engine)
        tables = [name for name in seen.get_table_names() if name != "alembic_version"]
        columns = {table: {column["name"]: column for column in seen.get_columns(table)} for table in tables}
        return cls(columns, {table: set(_rules(seen, table)) for table in tables})


def _rules(seen: Any, table: str) -> list[str]:
    unique = [index["column_names"] for index in seen.get_indexes(table) if index["unique"]]
    unique += [constraint["column_names"] for constraint in seen.get_unique_constraints(table)]
    foreign = [f"{key['constrained_columns']} in {key['referred_table']}" for key in seen.get_foreign_keys(table)]
    checks = [check["sqltext"] for check in seen.get_check_constraints(table)]
    key = seen.get_pk_constraint(table)["constrained_columns"]
    return [f"unique {names}" for names in (key, *unique)] + foreign + checks


@pytest.fixture
def database(request, tmp_path):
    if ON_POSTGRES:
        url = request.getfixturevalue("postgres").create_database(empty=True)
    else:
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    opened = Database(open_engine(url))
    yield opened
    opened.release()


def reach(database: Database, revision: str) -> Shape:
    """Bring *database* to *revision*, and return how it looks then."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent))
    with database.transaction():
        config.attributes["connection"] = database.connection()
        command.upgrade(config, revision)
    return Shape.of(database)


@pytest.mark.parametrize("revision", LATER)
def test_nothing_that_was_there_is_gone_or_stricter(database, revision):
    before = reach(database, SCRIPTS.get_revision(revision).down_revision)
    after = reach(database, revision)

    for table, columns in before.columns.items():
        for name, column in columns.items():
            now = after.columns[table][name]
            assert str(now["type"]) == str(column["type"])
            assert now["nullable"] or not column["nullable"]
        # A row that a release may write today it may write tomorrow, and in the same way.
        new = {name for name in after.columns[table] if name not in columns}
        spoken = {rule for rule in after.rules[table] - before.rules[table] if not any(name in rule for name in new)}
        assert spoken == set()


@pytest.mark.parametrize("revision", LATER)
def test_a_row_of_the_previous_release_needs_no_column_of_this_one(database, revision):
    before = reach(database, SCRIPTS.get_revision(revision).down_revision)
    after = reach(database, revision)

    demanded = [
        f"{table}.{name}"
        for table, columns in before.columns.items()
        for name, column in after.columns[table].items()
        if name not in columns and not column["nullable"] and column["default"] is None
    ]
    assert demanded == []
