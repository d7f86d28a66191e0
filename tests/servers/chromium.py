"""
Chromium, for the tests in a browser: found on the machine, or fetched from the distribution's packages.

As a program, which `make test` runs, it fetches what is missing; where it may not, it says what to type and goes on.
Leaves to others: to open it (tests/browser/conftest.py).
"""

import os
import shutil
import sys
from pathlib import Path

from tests.servers import apt

NAMES = ("chromium", "chromium-browser", "google-chrome")

MISSING = (
    "The tests in a browser need Chromium: install it with `sudo apt-get install chromium`, "
    "or name one with CHROMIUM=/path/to/chromium."
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
    apt.fetch("chromium", "Fetching Chromium, in which the tests open the pages …")
    if find() is None:
        apt.say(MISSING)


if __name__ == "__main__":
    try:
        if find() is None:
            fetch()
    except RuntimeError as wrong:
        sys.exit(str(wrong))
