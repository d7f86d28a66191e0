"""
Chance that repeats itself: the same seed gives the same bytes in the same order.

Stands in for identity_service.foundation.opaque.SystemChance wherever a Chance is asked for.
"""

import hashlib
from itertools import count


class SeededChance:
    """Deals bytes that look random, differ at each call, and are the same in every run."""

    def __init__(self, seed: str = "a test") -> None:
        """Begin a new series, named *seed*."""
        self._seed = seed
        self._calls = count()

    def token_bytes(self, n: int) -> bytes:
        """Deal the next *n* bytes."""
        return hashlib.shake_256(f"{self._seed} #{next(self._calls)}".encode()).digest(n)
