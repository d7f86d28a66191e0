"""
How memory is used; the first thing that a server does, and it loads nothing for it.
"""

import os
import sys

#: glibc keeps what it frees, once a thread: 50 hashes of 20 MiB left 500 MB behind. Anything from 1 MiB up now goes
#: straight back to the system.
MALLOC = "glibc.malloc.mmap_threshold=1048576:glibc.malloc.arena_max=2"

#: What only a new process can be told; the second is to leave out where in its line an instruction stands, for the
#: arrows below the lines of a traceback: 2 MB. Whoever starts a server with it spares it a tenth of a second.
TOLD = {"GLIBC_TUNABLES": MALLOC, "PYTHONNODEBUGRANGES": "1"}


def settle() -> None:
    """
    Load less, and start this very process again with what it has not been `TOLD`.

    If somebody has chosen for glibc already, that stands, and nothing starts again.
    """
    # structlog would load it to colour a console, and 5 MB with it; a server writes JSON lines.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    is_glibc = "CS_GNU_LIBC_VERSION" in os.confstr_names and os.confstr("CS_GNU_LIBC_VERSION")
    if is_glibc and "GLIBC_TUNABLES" not in os.environ:
        for name, value in TOLD.items():
            os.environ.setdefault(name, value)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the same command, no shell
