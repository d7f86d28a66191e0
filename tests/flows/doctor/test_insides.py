"""The doctor inside: the database and the keys in it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from identity_service.flows.doctor.examine import Doctor
from identity_service.flows.doctor.findings import Finding
from identity_service.flows.doctor.insides import Insides
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.vault import Vault
from identity_service.keys.examination import Examination
from tests.conftest import ON_POSTGRES


@pytest.fixture
def insides(services):
    able, database = services.capabilities, services.database
    examination = Examination(database, able.vault)
    return Insides(database, services.is_schema_current, examination, able.trail, database.transaction, services.clock)


def change(services, statement, **values):
    with services.database.transaction():
        services.database.change(text(statement), values)


def test_a_new_installation_is_well(insides, codes):
    assert [codes(look) for look in (insides.of_database, insides.of_keys)] == [[], []]


def test_looking_leaves_nothing_behind(insides, services, codes):
    codes(insides.of_database)

    assert services.database.rows(text("SELECT count(*) FROM trail"))[0][0] == 0


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

    read_only = Insides(
        services.database, services.is_schema_current, insides.examination, insides.trail, no_turn, services.clock
    )
    assert codes(read_only.of_database) == ["database_not_writable"]


def test_another_creds_key_is_told_of_each_key(insides, services, codes):
    other = Examination(services.database, Vault(b"another key of thirty-two bytes!", services.chance))
    locked_out = Insides(
        services.database, services.is_schema_current, other, insides.trail, insides.transaction, services.clock
    )
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
