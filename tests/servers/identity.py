"""
The service itself, as it runs in production: its own process, port, folder, secrets and database.

Leaves to others: what is asked of it.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.error import URLError

from tests.servers.process import ROOT, end, free_port, wait_until

COMMANDS = {
    "gunicorn": ["-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py")],
    "granian": [str(ROOT / "deploy/granian_server.py")],
}

# The loopback address is asked directly, whatever proxy the machine uses.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class IdentityServer:
    """
    One running service; usable as a context manager.

    Its folder holds `.env`, the SQLite database and the logs, and is its working directory.
    Of the surrounding environment it sees only what a process needs, so a developer's own settings stay out.
    """

    def __init__(
        self,
        *,
        server: str = "gunicorn",
        database_url: str | None = None,
        environment: Mapping[str, str] | None = None,
        application: str = "identity_service.wsgi:application",
    ) -> None:
        """
        Prepare the folder; nothing runs yet.

        Args:
            server: "gunicorn" or "granian".

            database_url: Where to keep everything; SQLite in the folder when None.

            environment: Settings on top of `.env`, as real environment variables.

            application: What is served; another one only to serve ours on another footing.
        """
        self.server = server
        self._command = [sys.executable, *COMMANDS[server], application]
        self.folder = Path(tempfile.mkdtemp(prefix="identity-server-"))
        self.port, self.metrics_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.metrics_url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        self.environment = self._environment(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._write_settings(database_url or f"sqlite:///{self.folder / 'identity.db'}")

    def start(self, *, seconds: float = 60) -> Self:
        """Start the service and return when /readyz answers 200; a RuntimeError carries the log if it never does."""
        with (self.folder / "stdout.log").open("ab") as out, (self.folder / "stderr.log").open("ab") as err:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        try:
            wait_until(self._ready, self._process, self.log_text, seconds=seconds)
        except BaseException:
            self.stop()
            raise
        return self

    def halt(self) -> None:
        """Stop the processes and keep the folder, so that start() may follow; graceful, then certain."""
        if self._process is not None:
            end(self._process, signal.SIGTERM, seconds=15)
            self._process = None

    def stop(self) -> None:
        """Stop the processes and remove the folder; a second call does nothing."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *arguments: str, stdin: str = "", seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Call the `identity` command as an operator of this very service would; whether it runs or not."""
        return subprocess.run(
            [Path(sys.executable).with_name("identity"), *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    @property
    def pid(self) -> int:
        """The process that was started: gunicorn's arbiter, granian's supervisor."""
        if self._process is None:
            raise RuntimeError("The service does not run.")
        return self._process.pid

    def worker_pids(self) -> list[int]:
        """List the living children of the started process, oldest first."""
        parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
        return sorted(pid for pid, parent in parents.items() if parent == self.pid)

    def log_text(self) -> str:
        """Return all that was written so far, standard output first."""
        logs = (self.folder / "stdout.log", self.folder / "stderr.log")
        return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs if log.exists())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def _environment(self, chosen: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "TMPDIR") if name in os.environ}
        ours = {
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
        }
        return {**kept, **ours, **chosen}

    def _write_settings(self, database_url: str) -> None:
        settings = {
            "DOMAIN_CLIENT": self.url,
            "DOMAIN_SERVER": self.url,
            "DATABASE_URL": database_url,
            "JWT_SECRET": secrets.token_hex(32),
            "JWT_REFRESH_SECRET": secrets.token_hex(32),
            "CREDS_KEY": secrets.token_hex(32),
            "CREDS_IV": secrets.token_hex(16),
        }
        path = self.folder / ".env"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")

    def _ready(self) -> bool:
        try:
            with _direct.open(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):  # not listening yet, or 503 while it prepares
            return False


def _parent(process: Path) -> int | None:
    """Read a process's parent from /proc; None when it is gone or a zombie."""
    try:
        state, parent, *_ = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(parent)
