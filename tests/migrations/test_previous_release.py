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
from sqlalchemy import Column, MetaData, Table, delete, insert, inspect, select, update

from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.migrations import schema
from tests.conftest import ON_POSTGRES

CONFIG = Config()
CONFIG.set_main_option("script_location", str(Path(schema.__file__).parent))
SCRIPTS = ScriptDirectory.from_config(CONFIG)
LATER = [script.revision for script in SCRIPTS.walk_revisions() if script.down_revision][::-1]

ONLY_GROW = {"trail"}
"""What no release has ever changed or taken away."""

WIDER = {"INTEGER": "BIGINT"}
"""What takes every value of a kind, and gives it back as it was."""

OF_ITS_OWN = {"alembic_version", "revision"}
"""What migrations and triggers write, and no release."""


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


def row(table: Table, number: int) -> dict[str, Any]:
    """Return a whole row of *table*, in which each reference leads to the row of the same *number*."""
    return {column.name: None if _leads_back(column) else _value(column, number) for column in table.columns}


def _value(column: Column[Any], number: int) -> Any:
    kind = column.type.python_type
    return {bool: bool(number % 2), str: str(number), bytes: bytes([number])}.get(kind, number)


def _is(table: Table, number: int) -> list[Any]:
    return [column == row(table, number)[column.name] for column in table.primary_key]


def _leads_back(column: Column[Any]) -> bool:
    return any(key.column.table is column.table for key in column.foreign_keys)


@pytest.mark.parametrize("revision", LATER)
def test_what_the_previous_release_says_is_understood(database, revision):
    """Its rows are there after the migration; and it goes on with every table, whose new columns it does not know."""
    reach(database, SCRIPTS.get_revision(revision).down_revision)
    known = MetaData()
    known.reflect(database.engine)
    tables = [table for table in known.sorted_tables if table.name not in OF_ITS_OWN]
    with database.transaction():
        for table in tables:
            database.connection().execute(insert(table).values(row(table, 1)))
    reach(database, revision)

    for table in tables:
        with database.transaction():
            assert database.rows(select(table)) == [tuple(row(table, 1).values())]
            assert database.change(insert(table).values(row(table, 2))) == 1
    with database.transaction():
        for table in reversed([table for table in tables if table.name not in ONLY_GROW]):
            assert database.change(update(table).where(*_is(table, 2)).values(row(table, 2))) == 1
            assert database.change(delete(table)) == 2


@pytest.mark.parametrize("revision", LATER)
def test_nothing_that_was_there_is_gone_or_stricter(database, revision):
    before = reach(database, SCRIPTS.get_revision(revision).down_revision)
    after = reach(database, revision)

    for table, columns in before.columns.items():
        for name, column in columns.items():
            now = after.columns[table][name]
            kind = str(column["type"])
            assert str(now["type"]) in {kind, WIDER.get(kind, kind)}
            assert now["nullable"] or not column["nullable"]
        # A row that a release may write today it may write tomorrow, and in the same way.
        new = {name for name in after.columns[table] if name not in columns}
        spoken = {rule for rule in after.rules[table] - before.rules[table] if not any(name in rule for name in new)}
        assert spoken == set()
