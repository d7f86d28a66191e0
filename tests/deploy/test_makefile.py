"""Which packages `make` installs follows from the settings, wherever and however they are written."""

import os
import shutil
import subprocess
import sys

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


def test_a_mark_that_an_editor_puts_before_the_first_line_hides_nothing(extras):
    assert extras(f"\ufeffDATABASE_URL={URL}") == ["postgres"]


def test_the_environment_and_the_command_line_count_too(extras):
    assert extras(DATABASE_URL=URL) == ["postgres"]
    assert extras(DATABASE_URL_FILE="/x", REDIS_URI_FILE="/y") == ["postgres", "redis"]
    assert extras("", f"DATABASE_URL={URL}", "SERVER=granian") == ["granian", "postgres"]


def test_another_name_that_ends_alike_is_another_setting(extras):
    assert extras(f"OLD_DATABASE_URL={URL}\nexported DATABASE_URL={URL}\n") == []


class Workshop:
    """A folder with the Makefile, where programs that only leave their mark stand in for uv and Python."""

    def __init__(self, folder):
        for name in ("Makefile", "uv.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        (folder / ".env").touch()
        (folder / "bin").mkdir()
        self.folder = folder

    def program(self, name, *lines):
        path = self.folder / "bin" / name
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)

    def make(self, *arguments):
        surroundings = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        command = [shutil.which("make"), "install", *arguments]
        return subprocess.run(command, cwd=self.folder, env=surroundings, capture_output=True, text=True, check=False)


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


KNOWS_ALL = 'case "$*" in *--help) exit;; esac'
ENVIRONMENT = 'if [ "$1" = venv ]; then mkdir -p .venv/bin; touch .venv/bin/python; fi'
TELL_OF_SYNC = 'if [ "$1" = sync ]; then echo "$*" >> told; fi'


def test_packages_whose_installation_was_cut_short_are_installed_anew(workshop):
    without_room = "if [ $1 = sync ] && [ ! -e room ]; then kill -9 $$; fi"
    workshop.program("uv", KNOWS_ALL, ENVIRONMENT, TELL_OF_SYNC, without_room)
    assert workshop.make().returncode != 0
    (workshop.folder / "room").touch()
    assert workshop.make().returncode == 0
    assert workshop.make("SERVER=granian").returncode == 0

    cut_short, again, later = (workshop.folder / "told").read_text().splitlines()
    assert ("--reinstall" in again, "--reinstall" in cut_short, "--reinstall" in later) == (True, False, False)


def test_packages_are_fetched_over_tls_as_the_system_trusts_it(workshop):
    workshop.program("uv", KNOWS_ALL, ENVIRONMENT, 'echo "$UV_SYSTEM_CERTS" > trust')
    assert workshop.make().returncode == 0
    assert (workshop.folder / "trust").read_text() == "true\n"


TOO_OLD = 'if [ "$1" = sync ]; then exit 2; fi'


@pytest.mark.parametrize("found", ["exit 1", TOO_OLD], ids=["broken", "too old"])
def test_half_a_uv_is_never_taken_for_a_whole_one(workshop, found):
    whole = f"cp bin/whole .uv/bin/uv; echo '{ENVIRONMENT}' >> .uv/bin/uv"
    workshop.program("uv", found)
    workshop.program("whole", "")
    workshop.program(
        "python3.11",
        'if [ "$2" = venv ]; then mkdir -p .uv/bin; cp "$0" .uv/bin/python; fi',
        'if [ "$2" != pip ]; then exit 0; fi',
        f"if [ -e room ]; then {whole}; else : > .uv/bin/uv; exit 1; fi",
    )
    assert workshop.make("PYTHON=python3.11").returncode != 0
    (workshop.folder / "room").touch()
    assert workshop.make("PYTHON=python3.11").returncode == 0


def test_where_neither_venv_nor_pip_is_one_learns_which_package_has_them(workshop):
    workshop.program("uv", "exit 1")
    workshop.program("python-of-mine", f'if [ "$1" = -c ]; then exec "{sys.executable}" "$@"; fi; exit 1')
    made = workshop.make("PYTHON=python-of-mine")

    major, minor = sys.version_info[:2]
    assert made.returncode != 0
    assert f"apt install python{major}.{minor}-venv\n" in made.stderr
