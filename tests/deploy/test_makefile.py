"""Which packages `make` installs follows from the settings, wherever and however they are written."""

import os
import shutil
import subprocess

import pytest

from tests.house.tree import ROOT

URL = "postgresql+psycopg://u:p@h/identity"


@pytest.fixture
def extras(tmp_path):
    """Ask make in a folder with this `.env` and environment which extras it would install."""

    def asked(dotenv="", *arguments, **environ):
        (tmp_path / ".env").write_text(dotenv)
        make = shutil.which("make")
        assert make
        command = [make, "-f", str(ROOT / "Makefile"), "--eval", "tell: ; @echo $(EXTRAS)", "tell", *arguments]
        surroundings = {"PATH": os.environ["PATH"], **environ}
        done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=True)
        return done.stdout.split()

    return asked


def test_nothing_more_is_installed_for_sqlite_alone(extras):
    assert extras("DATABASE_URL=sqlite:///data/identity.db\nREDIS_URI=\n# REDIS_URI_FILE=/x\n") == []


@pytest.mark.parametrize(
    "line",
    [
        f"DATABASE_URL={URL}",
        f"  DATABASE_URL = '{URL}'",
        f"export DATABASE_URL={URL}",
        f"\texport \t DATABASE_URL={URL}",
        "DATABASE_URL_FILE=/run/secrets/database_url",
        "export DATABASE_URL_FILE=/run/secrets/database_url",
    ],
)
def test_the_driver_of_postgresql_is_installed_however_its_address_is_written(extras, line):
    assert extras(f"PORT=3081\n{line}\n") == ["postgres"]


@pytest.mark.parametrize("line", ["REDIS_URI=redis://h", "export REDIS_URI=redis://h", "REDIS_URI_FILE=/x"])
def test_the_package_for_redis_is_installed_however_its_address_is_written(extras, line):
    assert extras(line) == ["redis"]


def test_the_environment_and_the_command_line_count_too(extras):
    assert extras(DATABASE_URL=URL) == ["postgres"]
    assert extras(DATABASE_URL_FILE="/x", REDIS_URI_FILE="/y") == ["postgres", "redis"]
    assert extras("", f"DATABASE_URL={URL}", "SERVER=granian") == ["granian", "postgres"]


def test_another_name_that_ends_alike_is_another_setting(extras):
    assert extras(f"OLD_DATABASE_URL={URL}\nexported DATABASE_URL={URL}\n") == []
