"""
Servers to be measured: each in processes of its own, on a core of its own, with settings and a folder of its own.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.memory import TOLD

ROOT = Path(__file__).resolve().parents[1]
SERVICE = "identity_service.wsgi:application"
BARE_FLASK = "bench.bare:flask_route"
BARE_WSGI = "bench.bare:wsgi_route"
LIBRARIES = "bench.libraries:application"

_COMMANDS = {
    "gunicorn": ["-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py")],
    "granian": [str(ROOT / "deploy/granian_server.py")],
}

# The limits that protect people would end a measurement after seven sign-ins.
_UNLIMITED = {
    name: str(10**9)
    for name in (
        *("LOGIN_MAX", "LOGIN_GLOBAL_MAX", "REGISTER_MAX"),
        *("RESET_PASSWORD_MAX", "VERIFY_EMAIL_MAX", "TWO_FACTOR_TEMP_MAX"),
    )
}


@dataclass(frozen=True)
class Memory:
    """MB of all processes of a server, and MB that each worker has for itself."""

    pss: float
    private: tuple[float, ...]


class Site:
    """A folder with a database and settings; several servers may be started on it, one after the other."""

    def __init__(self) -> None:
        """Make the folder and its secrets."""
        self.folder = Path(tempfile.mkdtemp(prefix="identity-bench-"))
        self.database = self.folder / "identity.db"
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "TMPDIR") if name in os.environ}
        self.environment = {
            **kept,
            **_UNLIMITED,
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "DOMAIN_SERVER": "http://127.0.0.1:3081",
            "BAN_VIOLATIONS": "false",
            "METRICS_PORT": "0",
            "JWT_SECRET": secrets.token_hex(32),
            "JWT_REFRESH_SECRET": secrets.token_hex(32),
            "CREDS_KEY": secrets.token_hex(32),
        }

    def identity(self, *arguments: str) -> str:
        """Call the operator's command and return what it prints."""
        command = [str(Path(sys.executable).with_name("identity")), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(
                f"identity {arguments[0]} ended with status {done.returncode}: {done.stderr}{done.stdout}"
            )
        return done.stdout

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Server:
    """A running server; usable as a context manager."""

    def __init__(self, site: Site, kind: str, application: str, *, workers: int = 1, core: int | None = None) -> None:
        """Choose what runs: *kind* is gunicorn or granian; on *core* alone, or wherever the system puts it."""
        self._site = site
        self._command = [sys.executable, *_COMMANDS[kind], application]
        self._workers = workers
        self._core = core
        self.port = _free_port()
        self.seconds_to_first_answer = 0.0

    def __enter__(self) -> Self:
        environment = {
            **self._site.environment,
            **TOLD,
            "PORT": str(self.port),
            "WEB_CONCURRENCY": str(self._workers),
        }
        began = time.perf_counter()
        with (self._site.folder / "stdout.log").open("ab") as out, (self._site.folder / "stderr.log").open("ab") as err:
            self._process = subprocess.Popen(
                self._command, cwd=self._site.folder, env=environment, stdout=out, stderr=err, start_new_session=True
            )
        if self._core is not None:
            os.sched_setaffinity(self._process.pid, {self._core})
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() - began > 60:
                self.__exit__()
                raise RuntimeError(f"{self._command} did not start:\n{(self._site.folder / 'stderr.log').read_text()}")
            time.sleep(0.002)
        self.seconds_to_first_answer = time.perf_counter() - began
        return self

    def __exit__(self, *reason: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def memory(self) -> Memory:
        """Measure what the processes hold now (/proc/PID/smaps_rollup)."""
        workers = _children(self._process.pid)
        held = [_rollup(pid) for pid in workers]
        everything = [_rollup(self._process.pid), *held]
        return Memory(
            pss=sum(each["Pss"] for each in everything) / 1024,
            private=tuple((each["Private_Clean"] + each["Private_Dirty"]) / 1024 for each in held),
        )

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as sock:
                sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return sock.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def cores() -> tuple[int, int]:
    """Return the server's core and the load generator's; the same one where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _rollup(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
