"""
What happens when everything leaves in an archive, and when an archive moves in: from one database to any other.

Leaves to others: what an archive looks like (foundation.archive).
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from identity_service.flows.outcomes import Transaction
from identity_service.foundation.archive import Archive, BadArchive
from identity_service.foundation.clock import Clock
from identity_service.keys.examination import Examination


@dataclass(frozen=True)
class Transfer:
    """Everything into a file, and a file into everything."""

    archive: Archive
    examination: Examination
    transaction: Transaction
    clock: Clock

    def leave(self, target: Path) -> int:
        """
        Write everything into the new file *target*, for its owner alone; return how many lines it has.

        Raises:
            FileExistsError: there is such a file; nothing is ever overwritten.
            DatabaseUnavailable: the database does not answer.
        """
        count = 0
        # The descriptor is closed with the file.
        with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            try:
                for line in self.archive.lines(self.clock.now()):
                    count += 1
                    file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                target.unlink()  # half an archive is none
                raise
        return count

    def finds_nobody(self) -> bool:
        """Say whether nobody has used this database yet, so that nothing would be lost."""
        return self.archive.holds_nothing()

    def move_in(self, lines: Iterable[str], revision: str, *, seen: Callable[[int], None]) -> Mapping[str, int]:
        """
        Put what *lines* tell in the place of everything; all of it or nothing.

        Args:
            lines: of an archive, as its file is read.
            revision: of this database.
            seen: is told from time to time how many rows are in.

        Returns:
            How many rows each table has got.

        Raises:
            BadArchive: it is none, it is not whole, or its keys were sealed with another CREDS_KEY.
            DatabaseUnavailable: the database does not answer.
        """
        try:
            with self.transaction():
                counts = self.archive.take_in(lines, revision, seen=seen)
                if any(not key.opens for key in self.examination.of_all()):
                    raise BadArchive("CREDS_KEY is not the one that sealed the keys in this archive: bring it along.")
        except UnicodeDecodeError as wrong:
            raise BadArchive("This is not an archive of this service, or it is damaged.") from wrong
        return counts
