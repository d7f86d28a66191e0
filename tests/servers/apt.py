"""
Programs that the tests need, from the distribution's packages, where that needs neither a password nor another system.

Leaves to others: which programs (chromium, nginx).
"""

import os
import shutil
import subprocess
import sys

_APT = (
    *("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"),
    *("-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30", "-o", "Acquire::Retries=2"),
)


def fetch(package: str, opening: str) -> None:
    """Say *opening* and install *package*; say why if that cannot be done, and nothing where nobody may."""
    rank = _rank()
    if rank is None or shutil.which("apt-get") is None:
        return
    say(opening)
    # Of its own caller's variables sudo passes none. In runlevel 1, a server that is installed is not started.
    manner = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", *_proxies()]
    for work in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        command = [*rank, *manner, *_APT, *work]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    # An update that failed does not matter if the list at hand was good enough.
    if done.returncode != 0:
        say(f"apt-get could not: {_last_line(done.stderr)}")


def say(sentence: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


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
