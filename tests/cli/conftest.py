"""An operator at the command line of an installation whose database is ready."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from identity_service.cli import main
from tests.fakes.secrets import GOOD_SECRETS


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    status: int
    said: str
    complained: str


@dataclass(frozen=True)
class Operator:
    """Calls `identity` in this process, in a folder and with an environment of its own."""

    folder: Path
    environment: Mapping[str, str | None]

    def run(self, *arguments: str, stdin: str = "") -> Done:
        with CliRunner().isolation(stdin, self.environment) as (said, complained, _):
            with pytest.raises(SystemExit) as end:
                main(arguments)
            status = int(end.value.code or 0)
            return Done(status, said.getvalue().decode(), complained.getvalue().decode(errors="surrogateescape"))

    def with_settings(self, **chosen: str | None) -> "Operator":
        return Operator(self.folder, {**self.environment, **chosen})


@pytest.fixture
def operator(settings, ready_url, tmp_path, monkeypatch):
    """An operator whose folder has no `.env`; good settings are in the environment."""
    folder = tmp_path / "operator"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Operator(folder, {**GOOD_SECRETS, "DATABASE_URL": ready_url})


@pytest.fixture
def bare(operator):
    """The same operator without any settings."""
    return operator.with_settings(**dict.fromkeys((*GOOD_SECRETS, "DATABASE_URL")))


@pytest.fixture
def identity(operator):
    """Call the command and insist on its status."""

    def call(*arguments, stdin="", status=0):
        done = operator.run(*arguments, stdin=stdin)
        assert done.status == status, done.complained
        return done

    return call


@pytest.fixture
def told(identity):
    """Call the command with --json and return what it told."""
    return lambda *arguments: json.loads(identity(*arguments, "--json").said)
