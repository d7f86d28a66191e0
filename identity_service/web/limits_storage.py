"""
Where Flask-Limiter counts: in the database, so that all processes share one limit, with Redis in front if there is one.

A try passes only if both let it pass. The database is right by itself, whatever becomes of Redis; Redis spares it
the floods.
Leaves to others: the order in which they are asked (tries), the counting itself (flows.count, limits_redis).
"""

from collections.abc import Callable
from datetime import timedelta

from limits.storage import MovingWindowSupport, Storage

from identity_service.flows.outcomes import Bucket
from identity_service.web.tries import Tries

ADDRESS = "identity://"
_second = timedelta(seconds=1)


class Counters(Storage, MovingWindowSupport):
    """What the package `limits` needs to know of our counters."""

    STORAGE_SCHEME = ["identity"]  # noqa: RUF012 - the package's own declaration

    def __init__(self, uri: str, *, here: Callable[[], Tries]) -> None:
        """Count with what *here* says for the present request."""
        super().__init__(uri)
        self._here = here

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:  # noqa: ARG002 - always one
        """Count one try and say whether it passes."""
        return self._here().take([Bucket(key, limit, expiry * _second)]) is None

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the window began, in seconds since 1970, and how many tries count in it."""
        began, tries = self._here().asked.moderation.count.present(Bucket(key, limit, expiry * _second))
        return began.timestamp(), tries

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Return what the package would wrap: nothing, our own errors are answers."""
        return ()

    def clear(self, key: str) -> None:
        """Empty a bucket."""
        asked, redis = self._here()
        asked.moderation.count.forget(key)
        if redis is not None:
            redis.forget(key)

    def check(self) -> bool:
        """Say that it works: what does not is told by the errors of its own."""
        return True

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Refuse: fixed windows let twice the limit pass at their edges."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Refuse, as `incr`."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Refuse, as `incr`."""
        raise NotImplementedError

    def reset(self) -> int | None:
        """Refuse: nobody forgets all tries at once."""
        raise NotImplementedError
