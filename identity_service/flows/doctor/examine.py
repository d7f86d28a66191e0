"""
What happens when an operator asks whether all is well: every area is looked at, whatever was found in another.

Leaves to others: what is looked at (the other files of this folder, an area or two each).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from identity_service.flows.doctor.findings import Examined, Finding, Look
from identity_service.foundation.errors import DatabaseUnavailable


@dataclass(frozen=True)
class Doctor:
    """
    The areas, by name, in the order in which they are looked at.

    A database that `is_behind`, or missing, is told by whoever looks at it, and by nobody else who would have asked it.
    """

    looks: Mapping[str, Look]
    is_behind: Callable[[], bool] = lambda: False

    def examine(self) -> Iterator[Examined]:
        """Yield one area after the other."""
        for area, look in self.looks.items():
            yield Examined(area, tuple(self._found(look)))

    def _found(self, look: Look) -> Iterator[Finding]:
        try:
            yield from look()
        except DatabaseUnavailable as fault:
            if self.is_behind():
                return
            yield Finding(
                "database_unavailable",
                f"The database does not answer: {fault.detail or fault.message}",
                "Start it, and see that DATABASE_URL names it.",
            )
