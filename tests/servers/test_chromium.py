"""Chromium is found, or fetched from the distribution where that is allowed; and else one learns what to type."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.chromium import MISSING
from tests.servers.process import ROOT

Finished = subprocess.CompletedProcess[str]


class Machine:
    """A machine whose programs are those of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, name: str, script: str = "exit 0") -> Path:
        """Install a program."""
        program = self.folder / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        return program

    def fetch(self, **environment: str) -> Finished:
        """Fetch Chromium as `make test` does."""
        return self._run("tests.servers.chromium", **environment)

    def open(self, **environment: str) -> Finished:
        """Run the tests of a file that opens pages."""
        return self._run("pytest", "-p", "no:cacheprovider", "tests/browser/test_axe.py", **environment)

    def _run(self, module: str, *arguments: str, **environment: str) -> Finished:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={"PATH": str(self.folder), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which one may become root."""
    bare = Machine(tmp_path)
    for name in ("env", "true"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    if os.geteuid() != 0:
        bare.has("sudo", 'test "$1" = -n && shift && exec "$@"')
    return bare


@pytest.fixture
def apt(machine: Machine, tmp_path: Path) -> Callable[[], list[str]]:
    """The distribution's packages, Chromium among them; tells what was asked of them."""
    asked = tmp_path / "asked"
    asked.touch()
    chromium = machine.folder / "chromium"
    machine.has(
        "apt-get",
        f'echo "$DEBIAN_FRONTEND $http_proxy $*" >> {asked}\n'
        f'case "$*" in *install*) echo "#!/bin/sh" > {chromium}; {shutil.which("chmod")} +x {chromium};; esac',
    )
    return lambda: asked.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_taken_without_a_word(machine: Machine, apt: Callable[[], list[str]], name: str):
    machine.has(name)
    fetched = machine.fetch()

    assert (fetched.returncode, fetched.stderr, apt()) == (0, "", [])


def test_a_missing_browser_is_fetched_once(machine: Machine, apt: Callable[[], list[str]]):
    first = machine.fetch(http_proxy="http://proxy.example.org")
    second = machine.fetch()

    assert (first.returncode, first.stderr.count("\n")) == (0, 1), first.stderr
    assert first.stderr.startswith("Fetching Chromium")
    update, install = apt()
    assert update.startswith("noninteractive http://proxy.example.org -qq")
    assert update.endswith("update")
    assert install.endswith("install --yes --no-install-recommends chromium")
    assert (second.returncode, second.stderr) == (0, "")


def test_where_the_packages_cannot_be_had_one_learns_why_and_what_to_type(machine: Machine):
    machine.has("apt-get", 'echo "W: slow" >&2; echo "E: nobody answers" >&2; exit 100')
    fetched = machine.fetch()

    assert fetched.returncode == 0
    assert fetched.stderr.endswith(f"apt-get could not: E: nobody answers\n{MISSING}\n")


def test_on_another_distribution_one_learns_what_to_type(machine: Machine):
    fetched = machine.fetch()

    assert (fetched.returncode, fetched.stderr) == (0, f"{MISSING}\n")


def test_a_browser_can_be_named(machine: Machine, apt: Callable[[], list[str]]):
    elsewhere = machine.has("my-browser")
    fetched = machine.fetch(CHROMIUM=str(elsewhere))

    assert (fetched.returncode, fetched.stderr, apt()) == (0, "", [])


def test_a_name_that_leads_nowhere_is_a_mistake(machine: Machine, apt: Callable[[], list[str]]):
    fetched = machine.fetch(CHROMIUM="/nowhere/chromium")

    assert (fetched.returncode, fetched.stderr) == (1, "CHROMIUM=/nowhere/chromium is no program.\n")
    assert apt() == []


@pytest.mark.parametrize(("ci", "status", "told"), [("false", 0, "2 skipped"), ("true", 1, "2 errors")])
def test_without_a_browser_its_tests_are_skipped_but_never_unnoticed(machine: Machine, ci: str, status: int, told: str):
    opened = machine.open(CI=ci)

    assert opened.returncode == status
    assert MISSING in opened.stdout
    assert told in opened.stdout
