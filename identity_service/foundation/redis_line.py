"""
The line to the Redis in which tries are counted: opened as its settings say, for the doors and for the doctor alike.

Leaves to others: which tries count, and what to do without it (web.limits_redis).
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from limits.errors import ConfigurationError
from limits.storage import RedisClusterStorage, RedisStorage

from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.settings_neighbours import Redis

PATIENCE = 0.1
"""Seconds to wait for a connection, and for each answer."""

_PREFIX = "identity"
_TRIAL = "doctor"
_PACKAGE = "REDIS_URI needs the package for Redis: identity-service[redis]."


def opened(known: Redis) -> RedisStorage:
    """
    Return what counts in Redis; a cluster is asked for its nodes at once, a single one not before it is needed.

    Raises:
        Misconfigured: the package for Redis is not installed.
    """
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


def trouble(known: Redis) -> str | None:
    """Count one try, in a bucket of its own, and empty it; return what went wrong, None if nothing did."""
    try:
        return _trouble(known, faults())
    except Misconfigured as fault:
        return " ".join(fault.problems)


def faults() -> tuple[type[Exception], ...]:
    """
    Return whatever can be raised where Redis fails; a cluster that cannot be reached has an error of its own.

    Raises:
        Misconfigured: the package for Redis is not installed.
    """
    try:
        from redis.exceptions import RedisClusterException, RedisError  # noqa: PLC0415 - a package that need not be there
    except ImportError as fault:
        raise Misconfigured([_PACKAGE]) from fault
    return RedisError, RedisClusterException, OSError


def _trouble(known: Redis, away: tuple[type[Exception], ...]) -> str | None:
    try:
        counters = opened(known)
        counters.acquire_entry(_TRIAL, 1, 1)
        counters.clear(_TRIAL)
    except away as fault:
        return str(fault) or type(fault).__name__
    return None


def _signed_in(nodes: Sequence[SplitResult]) -> dict[str, str]:
    """Return the name and password that an address of a cluster has, which go before those beside it, as with one."""
    given = {"username": [node.username for node in nodes], "password": [node.password for node in nodes]}
    return {name: unquote(found) for name, values in given.items() if (found := next(filter(None, values), None))}


def _once() -> dict[str, Any]:
    """Return what keeps a cluster's client from asking again and again by itself, with pauses of its own."""
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    return {"retry": Retry(NoBackoff(), 0)}
