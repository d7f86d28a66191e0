"""
A clock that stands still until it is told to move.

Stands in for identity_service.foundation.clock.SystemClock wherever a Clock is asked for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@dataclass
class FrozenClock:
    """Shows the same instant, an aware one in UTC, until it is advanced."""

    instant: datetime = START

    def now(self) -> datetime:
        """Say what time it is here."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move on by *by*; a negative duration moves back, as a corrected clock does."""
        self.instant += by
