"""The doctor inside: the database and the keys in it."""

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from identity_service.flows.doctor.examine import Doctor
from identity_service.flows.doctor.findings import Finding
from identity_service.flows.doctor.insides import Insides
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.revision import Watch
from identity_service.foundation.soundness import fill, room_of
from identity_service.foundation.vault import Vault
from identity_service.keys.examination import Examination
from identity_service.migrations import schema
from identity_service.wiring import build
from tests.conftest import ON_POSTGRES
from tests.fakes.things import opened


class Interrupted(Exception):
    """Takes back what was tried."""


@pytest.fixture
def insides(services):
    able, database = services.capabilities, services.database
    examination = Examination(database, able.vault)
    current, transaction = services.is_schema_current, database.transaction
    return Insides(database, current, examination, transaction, services.clock, lambda: room_of(database))


def change(services, statement, **values):
    with services.database.transaction():
        services.database.change(text(statement), values)


def test_a_new_installation_is_well(insides, codes):
    assert [codes(look) for look in (insides.of_database, insides.of_keys)] == [[], []]


def test_looking_leaves_nothing_behind(insides, services, codes):
    codes(insides.of_database)

    assert services.database.rows(text("SELECT count(*) FROM trail"))[0][0] == 0
    names = "SELECT relname FROM pg_class" if ON_POSTGRES else "SELECT name FROM sqlite_master"
    assert "examined" not in {name for (name,) in services.database.rows(text(names))}


def test_what_is_tried_reaches_the_disk(services):
    """SQLite appends it to its log, PostgreSQL to the table's own file."""
    database = services.database
    with suppress(Interrupted), database.transaction():
        fill(database)
        if ON_POSTGRES:
            written = database.rows(text("SELECT pg_relation_size('examined')"))[0][0]
        else:
            written = Path(f"{database.engine.url.database}-wal").stat().st_size
        raise Interrupted

    assert written > 1 << 20


def test_a_service_that_runs_does_not_notice_that_it_was_tried(services):
    watch = Watch(services.database)
    before = watch.present()
    with suppress(Interrupted), services.database.transaction():
        fill(services.database)
        assert watch.present() == before
        raise Interrupted

    assert watch.present() == before
    assert services.capabilities.users.count() == 0


ON_SQLITE = {"only reads": "PRAGMA query_only = ON", "has no room": "PRAGMA max_page_count = 1"}
ON_ANOTHER = {"only reads": "SET TRANSACTION READ ONLY", "is not ours": "SET LOCAL ROLE pg_monitor"}


@pytest.mark.parametrize("once", (ON_ANOTHER if ON_POSTGRES else ON_SQLITE).values())
def test_a_database_that_refuses_to_be_written_to_is_told(insides, services, codes, once):

    @contextmanager
    def transaction():
        with services.database.transaction():
            driver = services.database.present_driver()
            driver.execute(once)
            try:
                yield
            finally:
                for usual in () if ON_POSTGRES else ("query_only = OFF", "max_page_count = 4294967294"):
                    driver.execute(f"PRAGMA {usual}")

    refused = replace(insides, transaction=transaction)
    assert codes(refused.of_database) == ["database_not_writable"]
    assert codes(insides.of_database) == []


def test_a_database_that_does_not_hold_every_name_is_told(insides, codes, postgres):
    strange = opened(postgres.create_database(empty=True, encoding="LATIN1"))
    elsewhere = replace(insides, database=strange, transaction=strange.transaction)

    assert codes(elsewhere.of_database) == ["database_encoding"]
    strange.release()


def test_an_old_schema_is_told_once(insides, services, codes):
    change(services, "UPDATE alembic_version SET version_num = '0001'")

    assert [codes(look) for look in (insides.of_database, insides.of_keys)] == [["database_behind"], []]


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL looks after its own files.")
def test_a_row_that_refers_to_nothing_is_told(insides, services, codes):
    with services.database.driver() as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO consents VALUES ('nobody', 'nothing', '', 0)")
        connection.execute("PRAGMA foreign_keys = ON")

    assert codes(insides.of_database) == ["database_damaged"]


def test_a_database_that_cannot_be_written_to_is_told(insides, services, codes):
    def no_turn():
        raise DatabaseUnavailable(detail="no turn to write")

    read_only = replace(insides, transaction=no_turn)
    assert codes(read_only.of_database) == ["database_not_writable"]


@pytest.mark.parametrize(("room", "told"), [(5 << 20, ["disk_nearly_full"]), (1 << 30, []), (None, [])])
def test_a_disk_that_is_nearly_full_is_told_while_the_log_still_takes_what_is_written(insides, codes, room, told):
    assert codes(replace(insides, room=lambda: room).of_database) == told


def test_the_room_is_that_of_the_databases_own_disk(services):
    room = room_of(services.database)

    if ON_POSTGRES:
        assert room is None
    else:
        of_disk = os.statvfs(Path(services.database.engine.url.database).parent)
        assert abs(room - of_disk.f_bavail * of_disk.f_frsize) < 1 << 30


def test_another_creds_key_is_told_of_each_key(insides, services, codes):
    other = Examination(services.database, Vault(b"another key of thirty-two bytes!", services.chance))
    locked_out = replace(insides, examination=other)
    assert codes(locked_out.of_keys) == ["key_sealed_with_another"] * 4


def test_a_key_whose_halves_do_not_belong_together_is_told(insides, services, codes):
    (first, *_), (second, *_) = services.database.rows(
        text("SELECT kid FROM signing_keys WHERE algorithm = 'ES256' ORDER BY generation")
    )
    change(
        services,
        "UPDATE signing_keys SET public_jwk = (SELECT public_jwk FROM signing_keys WHERE kid = :b) WHERE kid = :a",
        a=first,
        b=second,
    )

    assert codes(insides.of_keys) == ["key_broken"]


@pytest.mark.parametrize("left", ["{}", "[]", '{"alg": "ES256", "kty": "EC"}', "{cut", ""])
def test_a_key_of_whose_public_half_little_is_left_is_told(insides, services, codes, left):
    if ON_POSTGRES and left in {"{cut", ""}:
        pytest.skip("PostgreSQL takes nothing for JSON that is none.")
    change(services, "UPDATE signing_keys SET public_jwk = :left WHERE algorithm = 'ES256'", left=left)

    assert codes(insides.of_keys) == ["key_broken"] * 2


def test_an_algorithm_without_a_key_is_told(insides, services, codes):
    change(services, "DELETE FROM signing_keys WHERE algorithm = 'RS256'")

    assert codes(insides.of_keys) == ["key_missing"]


def test_an_old_key_is_a_matter_of_advice(insides, clock):
    clock.advance(timedelta(days=401))

    assert {(finding.code, finding.severity) for finding in insides.of_keys()} == {("key_old", "advice")}


def test_a_clock_that_differs_from_the_databases_is_told(insides, codes):
    """The tests' own clock stands still, in March."""
    assert codes(insides.of_clock) == (["clock_differs"] if ON_POSTGRES else [])


def test_a_database_that_is_away_is_a_finding_and_the_rest_is_looked_at():
    def away():
        raise DatabaseUnavailable(detail="nobody answers")
        yield

    def advice():
        yield Finding("a_word", "Something was seen.", "Do something.", "advice")

    first, second, third = Doctor({"database": away, "passwords": advice, "mail": lambda: iter(())}).examine()
    assert ([finding.code for finding in first.findings], first.is_well) == (["database_unavailable"], False)
    assert (second.is_well, third.is_well) == (True, True)


def test_a_database_that_nobody_has_migrated_is_told_once(services, settings, postgres):
    empty = opened(postgres.create_database(empty=True))
    there = build(settings, empty, services.clock, services.chance, partial(schema.is_current, empty))
    examined = there.upkeep().doctor.examine()

    about_it = [found.code for each in examined for found in each.findings if found.code.startswith("database_")]
    assert about_it == ["database_behind"]
    empty.release()
