"""
Chromium, for the tests in a browser: found on the machine, or fetched from the distribution's packages.

As a program, which `make test` runs, it fetches what is missing; where it may not, it says what to type and goes on.
Leaves to others: to open it (tests/browser/conftest.py).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")

MISSING = (
    "The tests in a browser need Chromium: install it with `sudo apt-get install chromium`, "
    "or name one with CHROMIUM=/path/to/chromium."
)

_APT = (
    *("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"),
    *("-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30", "-o", "Acquire::Retries=2"),
)


def find() -> Path | None:
    """
    Return the browser that is there, if any.

    Raises:
        RuntimeError: CHROMIUM names something that is no program.
    """
    named = os.environ.get("CHROMIUM")
    if named and shutil.which(named) is None:
        raise RuntimeError(f"CHROMIUM={named} is no program.")
    found = (shutil.which(name) for name in ([named] if named else NAMES))
    return next((Path(path) for path in found if path), None)


def fetch() -> None:
    """Install Chromium from the distribution's packages, if that needs neither a password nor another distribution."""
    rank = _rank()
    if rank is None or shutil.which("apt-get") is None:
        _say(MISSING)
        return
    _say("Fetching Chromium, in which the tests open the pages …")
    manner = ["env", "DEBIAN_FRONTEND=noninteractive", *_proxies()]  # of its own caller's variables sudo passes none
    for work in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        command = [*rank, *manner, *_APT, *work]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    # An update that failed does not matter if the list at hand was good enough.
    if done.returncode != 0:
        _say(f"apt-get could not: {_last_line(done.stderr)}")
    if find() is None:
        _say(MISSING)


def _rank() -> list[str] | None:
    """Return what a command begins with to be root's; None when that would need a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S607 - the one that people use
    return ["sudo", "-n"] if asked.returncode == 0 else None


def _proxies() -> list[str]:
    return [f"{name}={value}" for name, value in os.environ.items() if name.lower().endswith("_proxy")]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it did not say why."])[-1]


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        if find() is None:
            fetch()
    except RuntimeError as wrong:
        sys.exit(str(wrong))
