"""
What the bcrypt hashes cost that people came with, as long as any is left.

A check of one takes twice as long as one of ours, and would tell who is here if nobody else paid for it.
Each process looks once a minute, beside the requests: people may be taken over while it runs.
Leaves to others: who pays, and how (passwords).
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from identity_service.accounts.tables import User
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.prepared import Prepared

DEAREST = 10
"""
The most that everybody pays for, which is what LibreChat's hashes cost; each step more is twice the work.

A dearer hash tells by its time that it is one. The other way round one of them would make every mistake of anybody
seconds long.
"""

_GLANCE = timedelta(minutes=1)
# Such as $2b$10$ and 53 characters.
_COSTS = select(func.substr(User.password_hash, 5, 2)).where(User.password_hash.startswith("$2")).distinct()


class OldHashes:
    """Knows what the dearest of them costs; a task of the rounds, in each process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look for them in *database*; until then there are none."""
        self._costs = Prepared(database, _COSTS)
        self._clock = clock
        self._looked_at: datetime | None = None
        self._dearest = 0

    def dearest(self) -> int:
        """Return the cost of the dearest, the binary logarithm of its rounds; 0 if none is left."""
        return self._dearest

    def keep_up(self) -> None:
        """Look again, if that was long enough ago; to read all hashes takes a moment where there are many people."""
        now = self._clock.now()
        if self._looked_at is not None and abs(now - self._looked_at) < _GLANCE:
            return
        costs = [int(cost) for (cost,) in self._costs.run() if cost.isdecimal()]
        self._dearest = min(max(costs, default=0), DEAREST)
        self._looked_at = now
