"""
Where files lie that nobody keeps.
"""

import os
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only folders with random names and mode 0700 are made there


def in_memory() -> Path | None:
    """Return a folder that is kept in memory; None, which means the usual one, where there is none."""
    return _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
