"""
Where the workers of one server keep what they count, so that any of them can add it up.

Each has files of its own. Whoever takes the place of one that is gone counts on in what that has left: there are never
more files than there were workers at once, and no counter goes back. What a killed server has left goes with the next
start.
Leaves to others: what is counted (identity_service.web.metrics).
"""

import atexit
import fcntl
import itertools
import os
import shutil
import tempfile
import time
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from identity_service.foundation.scratch import in_memory

_PREFIX = "identity-counters-"
_SERVER = "server.taken"

#: Seconds after which a server that has made its folder has locked it, too.
_YOUNG = 60


@cache
def share() -> Path:
    """
    Make the folder through which the workers add up their counters; nobody may have counted anything yet.

    Returns:
        The folder: new, empty, for this user's eyes only. It goes when the process that asked for it ends.
    """
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=in_memory()))
    sweep(folder.parent)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    _take(folder / _SERVER)
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    from prometheus_client import values  # noqa: PLC0415 - it looks for the folder

    values.ValueClass = values.MultiProcessValue(lambda: place(folder, os.getpid()))
    return folder


@lru_cache(maxsize=1)
def place(folder: Path, pid: int) -> int:  # noqa: ARG001 - a fork has its parent's memory, and needs another place
    """Return the first number that no living process has taken in *folder*; this process has it until it ends."""
    return next(number for number in itertools.count() if _take(folder / f"{number}.taken") is not None)


def sweep(parent: Path) -> None:
    """Remove the folders in *parent* whose server is gone without having done so, because it was killed."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, or gone meanwhile
            if time.time() - folder.stat().st_mtime > _YOUNG and not _is_taken(folder / _SERVER):
                shutil.rmtree(folder)


def _take(name: Path) -> int | None:
    """Lock the file of this *name* until the process ends or closes it; None if another process has."""
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _is_taken(name: Path) -> bool:
    descriptor = _take(name)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None
