"""
Where the workers of one server keep what they count, so that any of them can add it up.

Each has files of its own. Whoever takes the place of one that is gone counts on in what that has left: there are never
more files than there were workers at once, and no counter goes back.
Leaves to others: what is counted (identity_service.web.metrics).
"""

import atexit
import fcntl
import itertools
import os
import shutil
import tempfile
from functools import cache, lru_cache
from pathlib import Path

from identity_service.foundation.scratch import in_memory


@cache
def share() -> Path:
    """
    Make the folder through which the workers add up their counters; nobody may have counted anything yet.

    Returns:
        The folder: new, empty, for this user's eyes only. It goes when the process that asked for it ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="identity-counters-", dir=in_memory()))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    from prometheus_client import values  # noqa: PLC0415 - it looks for the folder

    values.ValueClass = values.MultiProcessValue(lambda: place(folder, os.getpid()))
    return folder


@lru_cache(maxsize=1)
def place(folder: Path, pid: int) -> int:  # noqa: ARG001 - a fork has its parent's memory, and needs another place
    """Return the first number that no living process has taken in *folder*; this process has it until it ends."""
    for number in itertools.count():
        descriptor = os.open(folder / f"{number}.taken", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return number
    raise AssertionError("There is always one more number.")
