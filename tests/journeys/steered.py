"""
The service on a clock that somebody else sets, in every worker at once: hours pass in a moment, and nothing else moves.

The clock is a file that says in eight bytes how many microseconds it is since 1970.
"""

import struct
from datetime import datetime, timedelta
from mmap import ACCESS_WRITE, mmap
from pathlib import Path

from identity_service.app import create_app, services_of
from identity_service.foundation.clock import SystemClock, from_microseconds, to_microseconds
from identity_service.foundation.settings import load
from identity_service.migrations import schema
from identity_service.wiring import Services

_FILE = "clock"
_INSTANT = struct.Struct("=q")


class SteeredClock:
    """Shows what stands in the file, in whichever process; whoever advances it writes it there."""

    def __init__(self, folder: Path) -> None:
        """Share the clock of *folder*; the first to come sets it to the present whole second."""
        file = folder / _FILE
        if not file.exists():
            file.write_bytes(_INSTANT.pack(to_microseconds(SystemClock().now().replace(microsecond=0))))
        with file.open("r+b") as opened:
            self._shared = mmap(opened.fileno(), _INSTANT.size, access=ACCESS_WRITE)

    def now(self) -> datetime:
        """Say what time it is here."""
        return from_microseconds(_INSTANT.unpack_from(self._shared)[0])

    def advance(self, by: timedelta) -> None:
        """Move on by *by*, everywhere."""
        _INSTANT.pack_into(self._shared, 0, to_microseconds(self.now() + by))


def prepared(folder: Path, clock: SteeredClock) -> Services:
    """Return the services of the installation in *folder*, with its schema and its first keys."""
    lines = (folder / ".env").read_text(encoding="utf-8").splitlines()
    services = services_of(create_app(load(dict(line.split("=", 1) for line in lines), folder), clock))
    schema.upgrade(services.database)
    services.administer.prepare_keys()
    return services
