"""
Redis in front of the database's counters: a flood is refused there, and the database does not hear of it.

It may be away, frozen, slow or emptied: it is asked with little patience, and after a failure left alone for a while.
Whatever it lets pass is counted in the database too, so nothing is lost with it and nobody is let in by its absence.
Leaves to others: that second count (limits_storage).
"""

import threading
from collections.abc import Sequence
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from limits.errors import ConfigurationError
from limits.storage import RedisClusterStorage, RedisStorage

from identity_service.foundation import logs
from identity_service.foundation.errors import Misconfigured
from identity_service.web import metrics
from identity_service.wiring import Services

PATIENCE = 0.1
"""Seconds to wait for a connection, and for each answer."""

REST = 5.0
"""Seconds in which Redis is not asked after it has failed."""

_PREFIX = "identity"
_PACKAGE = "REDIS_URI needs the package for Redis: identity-service[redis]."


class RedisWindows:
    """Moving windows in Redis, shared by every process that knows its address."""

    def __init__(self, services: Services, *, rest: float = REST) -> None:
        """
        Connect to nothing yet.

        Raises:
            Misconfigured: the package for Redis is not installed.
        """
        self._settings = services.settings.redis
        self._faults = _faults()
        self._rest = rest
        self._storage: RedisStorage | None = None
        self._is_away = False
        self._asked_again_at = 0.0
        self._turn = threading.Lock()
        if not self._settings.is_cluster:
            self._storage = self._opened()

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
                self._storage = self._opened()
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

    def _opened(self) -> RedisStorage:
        known = self._settings
        if known.uri is None:
            raise Misconfigured(["REDIS_URI is required when USE_REDIS is true."])
        options: dict[str, Any] = {
            "username": known.username,
            "password": known.password and known.password.get_secret_value(),
            "ssl_ca_certs": known.ca and str(known.ca),
        }
        given = {name: value for name, value in options.items() if value}
        patience: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        prefix = f"{known.prefix}::{_PREFIX}" if known.prefix else _PREFIX
        address = known.uri.get_secret_value()
        try:
            if known.is_cluster:
                nodes = [urlsplit(node.strip()) for node in address.split(",")]
                places = ",".join(node.netloc.rpartition("@")[2] for node in nodes)
                options = {**given, **_signed_in(nodes), **patience, **_once()}
                # The scheme of a cluster does not say whether it is encrypted; those of its nodes do.
                secured = {"ssl": True} if address.startswith("rediss") else {}
                return RedisClusterStorage(f"redis+cluster://{places}", key_prefix=prefix, **options, **secured)
            return RedisStorage(address, key_prefix=prefix, **given, **patience)
        except ConfigurationError as fault:
            raise Misconfigured([_PACKAGE]) from fault


def _faults() -> tuple[type[Exception], ...]:
    """Return whatever can be raised where Redis fails; a cluster that cannot be reached has an error of its own."""
    try:
        from redis.exceptions import RedisClusterException, RedisError  # noqa: PLC0415 - a package that need not be there
    except ImportError as fault:
        raise Misconfigured([_PACKAGE]) from fault
    return RedisError, RedisClusterException, OSError


def _signed_in(nodes: Sequence[SplitResult]) -> dict[str, str]:
    """Return the name and password that an address of a cluster has, which go before those beside it, as with one."""
    given = {"username": [node.username for node in nodes], "password": [node.password for node in nodes]}
    return {name: unquote(found) for name, values in given.items() if (found := next(filter(None, values), None))}


def _once() -> dict[str, Any]:
    """Return what keeps a cluster's client from asking again and again by itself, with pauses of its own."""
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    return {"retry": Retry(NoBackoff(), 0)}
