"""
What is loaded before a fork is shared by every process forked from here, as long as none of them writes to its page.

Leaves to others: what is loaded (app.warm), that it has run (rehearsal), the fork itself (the servers).
"""

import gc
import os
import re
import sys
from contextlib import suppress
from tempfile import TemporaryFile

from identity_service.foundation.scratch import in_memory

_STDERR = 2

#: A line of CPython's own account of small objects: class, size, pools, blocks in use, blocks free.
_LINE = re.compile(rb"^ +\d+ +(\d+) +\d+ +\d+ +(\d+)$", re.MULTILINE)

#: How much longer than its content an object of bytes is. Those of one byte or none are not made anew.
_OVERHEAD, _SHARED = 33, 1

_fillers: list[bytes] = []


def keep_what_is_loaded() -> None:
    """Say that what is loaded stays for good: to look all modules through for garbage would take 0.1 s of a start."""
    gc.freeze()


def prepare_to_fork() -> None:
    """Settle what is loaded; whatever a forked process makes from here on lies together, on pages of its own."""
    # What is here now stays for good: the collector need not touch it, so all go on sharing its memory.
    gc.collect()
    gc.freeze()
    if sys.version_info < (3, 12):
        # Names that were looked up while loading. Until 3.12 they are counted objects, and each that makes room for
        # another in a worker is a page of its own there.
        sys._clear_type_cache()  # noqa: SLF001 - documented under this name
    # A new object goes where one has gone, which is between objects that stay, each time on another page. Without
    # such gaps a worker has 1 to 3 MB less of its own.
    with suppress(OSError):  # no file can be made here; then it stays as it is
        _fillers.extend(fill(gaps()))


def gaps() -> dict[int, int]:
    """Return how many small objects of which size, in bytes, there is room for between others (CPython)."""
    with TemporaryFile(dir=in_memory()) as account:
        # It is told on standard error and nowhere else.
        kept = os.dup(_STDERR)
        os.dup2(account.fileno(), _STDERR)
        try:
            sys._debugmallocstats()  # noqa: SLF001 - documented under this name
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)
        account.seek(0)
        return {int(size): int(free) for size, free in _LINE.findall(account.read())}


def fill(room: dict[int, int]) -> list[bytes]:
    """Return what fills *room*; it stays filled for as long as somebody keeps that."""
    lengths = [size - _OVERHEAD for size, free in room.items() for _ in range(free)]
    return [bytes(length) for length in lengths if length > _SHARED]
