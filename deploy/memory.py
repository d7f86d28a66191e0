"""
How memory is used; the first thing that a server does, and it loads nothing for it.
"""

import os
import sys

#: glibc keeps what it frees, once a thread: 50 hashes of 20 MiB left 500 MB behind. Anything from 1 MiB up now goes
#: straight back to the system.
MALLOC = "glibc.malloc.mmap_threshold=1048576:glibc.malloc.arena_max=2"


def settle() -> None:
    """
    Load less, and start this very process again with what only a new one can be told: `MALLOC`, and to keep code small.

    If somebody has chosen for glibc already, that stands, and nothing starts again.
    """
    # structlog would load it to colour a console, and 5 MB with it; a server writes JSON lines.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    is_glibc = "CS_GNU_LIBC_VERSION" in os.confstr_names and os.confstr("CS_GNU_LIBC_VERSION")
    if is_glibc and "GLIBC_TUNABLES" not in os.environ:
        os.environ["GLIBC_TUNABLES"] = MALLOC
        # Where in its line an instruction stands, for the arrows below the lines of a traceback: 2 MB.
        os.environ.setdefault("PYTHONNODEBUGRANGES", "1")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the same command, no shell
