"""
A first `.env`: the sample with fresh secrets in it, readable by its owner alone.

Leaves to others: what the settings mean (settings), and whether there should be a file (Makefile, cli).
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from identity_service.foundation.errors import Misconfigured

SIZES = {"JWT_SECRET": 32, "JWT_REFRESH_SECRET": 32, "CREDS_KEY": 32, "CREDS_IV": 16}  # bytes of chance in each


def write_fresh(example: Path, target: Path, random_bytes: Callable[[int], bytes]) -> None:
    """
    Write *target* from *example*, with a fresh value on each blank line of a secret.

    Args:
        example: `.env.example`; it has a line `NAME=` for each of the four secrets.

        target: The file to create, with mode 0600 from its first byte on.

        random_bytes: Gives as many random bytes as it is asked for, as `secrets.token_bytes` does.

    Raises:
        FileExistsError: *target* exists; it may hold the only copy of its secrets and is left as it is.

        Misconfigured: *example* is no text, or lacks the blank line of a secret: it may be another program's.
    """
    try:
        text = example.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise Misconfigured([f"{example} must be text in UTF-8."]) from wrong
    for name, size in SIZES.items():
        text, lines = re.subn(rf"^{name}=[ \t]*$", f"{name}={random_bytes(size).hex()}", text, flags=re.MULTILINE)
        if lines != 1:
            raise Misconfigured([f"{example} must have exactly one blank line {name}=, as this service's own has."])
    _create(target, text.encode())


def _create(target: Path, content: bytes) -> None:
    # O_EXCL: of two that begin at the same time one wins, and neither follows a link laid out by a third.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        # Half a file would stand in the way of the next try.
        with suppress(OSError):
            target.unlink()
        raise
