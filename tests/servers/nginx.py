"""
nginx, as a proxy before the service: found on the machine, or fetched from the distribution's packages.

As a program, which `make test` runs, it fetches what is missing; where it may not, it says what to type and goes on.
Leaves to others: what it is told to do (deploy/*.conf, and the tests).
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.servers import apt
from tests.servers.process import end, wait_until

MISSING = "The tests behind a proxy need nginx: install it with `sudo apt-get install nginx`."

_PLACES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def find() -> Path | None:
    """Return the nginx that is there, if any."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def fetch() -> None:
    """Install nginx from the distribution's packages, if that needs neither a password nor another distribution."""
    apt.fetch("nginx", "Fetching nginx, which the tests put before the service …")
    if find() is None:
        apt.say(MISSING)


class Nginx:
    """
    One nginx in the foreground; usable as a context manager.

    Its folder holds the configuration, the logs, and nothing of the machine's own.
    """

    def __init__(self, site: str) -> None:
        """Write the configuration: *site* is what stands inside of `http { … }`."""
        self.folder = Path(tempfile.mkdtemp(prefix="nginx-"))
        self._process: subprocess.Popen[bytes] | None = None
        user = "user root root;" if os.geteuid() == 0 else ""
        places = "".join(f"{place}_temp_path {self.folder}/{place};" for place in _PLACES)
        around = f"daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log; {user}"
        (self.folder / "nginx.conf").write_text(
            f"{around}\nevents {{}}\nhttp {{ access_log off; {places}\n{site}\n}}\n", encoding="utf-8"
        )

    def complaint(self) -> str | None:
        """Let nginx check the configuration; return what it has against it."""
        done = subprocess.run([*self._command, "-t"], capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stderr

    def log_text(self) -> str:
        """Return what it has complained about so far."""
        log = self.folder / "error.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def remove(self) -> None:
        """Stop it, if it runs, and remove the folder."""
        if self._process is not None:
            end(self._process, signal.SIGQUIT, seconds=5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)
        pid = self.folder / "pid"
        wait_until(lambda: pid.exists() and bool(pid.read_text()), self._process, self.log_text, seconds=10)
        return self

    def __exit__(self, *reason: object) -> None:
        self.remove()

    @property
    def _command(self) -> list[str]:
        # The log that is compiled in belongs to the machine's own nginx.
        return [str(find()), "-p", f"{self.folder}/", "-e", "error.log", "-c", "nginx.conf"]


if __name__ == "__main__" and find() is None:
    fetch()
