"""
Redis in front of the database's counters: a flood is refused there, and the database does not hear of it.

It may be away, frozen, slow or emptied: it is asked with little patience, and after a failure left alone for a while.
Whatever it lets pass is counted in the database too, so nothing is lost with it and nobody is let in by its absence.
Leaves to others: that second count (limits_storage), the line to it (foundation.redis_line).
"""

import threading
from time import monotonic

from limits.storage import RedisStorage

from identity_service.foundation import logs, redis_line
from identity_service.web import metrics
from identity_service.wiring import Services

REST = 5.0
"""Seconds in which Redis is not asked after it has failed."""


class RedisWindows:
    """Moving windows in Redis, shared by every process that knows its address."""

    def __init__(self, services: Services, *, rest: float = REST) -> None:
        """
        Connect to nothing yet.

        Raises:
            Misconfigured: the package for Redis is not installed.
        """
        self._settings = services.settings.redis
        self._faults = redis_line.faults()
        self._rest = rest
        self._storage: RedisStorage | None = None
        self._is_away = False
        self._asked_again_at = 0.0
        self._turn = threading.Lock()
        if not self._settings.is_cluster:
            self._storage = redis_line.opened(self._settings)

    @property
    def is_away(self) -> bool:
        """Whether the last question got no answer."""
        return self._is_away

    def admits(self, key: str, limit: int, seconds: int) -> bool | None:
        """Count one try and say whether it passes; None if Redis does not say."""
        if not self._is_worth_asking():
            return None
        try:
            if self._storage is None:
                self._storage = redis_line.opened(self._settings)
            passes = self._storage.acquire_entry(key, limit, seconds)
        except self._faults as fault:
            self._leave_alone(fault)
            return None
        self._welcome_back()
        return passes

    def forget(self, key: str) -> None:
        """Empty a bucket, if Redis can be reached."""
        if self._storage is not None and self._is_worth_asking():
            try:
                self._storage.clear(key)
            except self._faults as fault:
                self._leave_alone(fault)

    def _is_worth_asking(self) -> bool:
        if not self._is_away:
            return True
        # One tries, the others do without: so at most one request in a while waits in vain.
        with self._turn:
            now = monotonic()
            if now < self._asked_again_at:
                return False
            self._asked_again_at = now + self._rest
            return True

    def _leave_alone(self, fault: Exception) -> None:
        with self._turn:
            was_away, self._is_away = self._is_away, True
            self._asked_again_at = monotonic() + self._rest
        if not was_away:
            metrics.count_limits_fallback()
            logs.logger().warning("limits.redis_away", counting_in="database", fault=type(fault).__name__)

    def _welcome_back(self) -> None:
        if self._is_away:
            with self._turn:
                was_away, self._is_away = self._is_away, False
            if was_away:
                logs.logger().info("limits.redis_back", counting_in="redis and database")
