"""
A server that speaks MongoDB's wire protocol: its own process, port and memory; gone with everything in it.

Leaves to others: what is kept in it.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.servers.process import end, free_port, wait_until

NAME = "LibreChat"


class MongoServer:
    """One running server; usable as a context manager."""

    def __init__(self) -> None:
        """Choose a port; nothing runs yet. Where the server cannot be had, skip the test."""
        if sys.version_info >= (3, 14):
            pytest.skip("The server that speaks as MongoDB does has no package for Python 3.14.")
        self.port = free_port()
        self.uri = f"mongodb://127.0.0.1:{self.port}/{NAME}"
        self.folder = Path(tempfile.mkdtemp(prefix="identity-mongo-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._client: MongoClient[dict[str, Any]] | None = None

    def start(self, *, seconds: float = 30) -> Self:
        """Start it, empty, and return when it answers."""
        command = [Path(sys.executable).with_name("secantusd-py"), "--storage-path", ":memory:"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), "--cache-size", "64M", "--standalone"],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, self._process, self.log_text, seconds=seconds)
        return self

    @property
    def store(self) -> Any:
        """The chat application's database."""
        if self._client is None:
            self._client = MongoClient(self.uri, serverSelectionTimeoutMS=5000, tz_aware=True)
        return self._client[NAME]

    def clear(self) -> None:
        """Remove every document; indexes stay."""
        for name in self.store.list_collection_names():
            self.store[name].delete_many({})

    def dump(self) -> dict[str, list[Any]]:
        """Return every document of every collection that has any, and its indexes."""
        return {
            name: [list(self.store[name].find().sort("_id")), sorted(self.store[name].index_information())]
            for name in sorted(self.store.list_collection_names())
        }

    @contextmanager
    def frozen(self):
        """Let it hear everything and answer nothing for as long as the block lasts."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def halt(self) -> None:
        """Stop it, and lose what is in it; start() may follow, on the same port."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._process is not None:
            end(self._process, signal.SIGTERM, seconds=5)
            self._process = None

    def log_text(self) -> str:
        """Return all that was written so far."""
        log = self.folder / "log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *reason: object) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with MongoClient(self.uri, serverSelectionTimeoutMS=200) as client:
                return bool(client.admin.command("ping")["ok"])
        except PyMongoError:
            return False
