"""
What is counted, for Prometheus; right across worker processes when PROMETHEUS_MULTIPROC_DIR is set.
"""

from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

_REQUESTS = Counter("identity_http_requests", "Requests by door and status.", ("method", "route", "status"))
_SECONDS = Histogram("identity_http_request_seconds", "Time to answer, by door.", ("route",), buckets=_BUCKETS)
_SIGN_INS = Counter("identity_sign_ins", "Sign-ins by outcome.", ("outcome",))
_REFRESHES = Counter("identity_refreshes", "Refreshes by outcome.", ("outcome",))
_LIMITED = Counter("identity_limited", "Requests that a limit refused, by limit.", ("limit",))
_LIMITS_FALLBACKS = Counter("identity_limits_fallbacks", "How often Redis failed and the database counted alone.")

CONTENT_TYPE = CONTENT_TYPE_LATEST


def count_request(method: str, route: str, status: str, seconds: float) -> None:
    """Count one answered request; *route* is the door's pattern, never what a visitor typed."""
    counter, timer = _of_requests(method, route, status)
    counter.inc()
    timer.observe(seconds)


def count_sign_in(outcome: str) -> None:
    """Count one attempt to sign in, by the code it ended with or `done`."""
    _SIGN_INS.labels(outcome).inc()


def count_refresh(outcome: str) -> None:
    """Count one presented refresh token, by the code it ended with or `done`."""
    _REFRESHES.labels(outcome).inc()


def count_limited(limit: str) -> None:
    """Count one request that came too soon."""
    _LIMITED.labels(limit).inc()


def count_limits_fallback() -> None:
    """Count one failure of Redis after which the database counts alone."""
    _LIMITS_FALLBACKS.inc()


def forget() -> None:
    """Begin again from nothing with the sign-ins and refreshes that went well, which were a rehearsal."""
    for counter in (_SIGN_INS, _REFRESHES):
        counter.labels("done").reset()


def exposition() -> bytes:
    """Return everything counted, in the text format, over all workers."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:
        # No directory is shared, so this process is the only one.
        registry = REGISTRY
    return generate_latest(registry)


@cache
def _of_requests(method: str, route: str, status: str) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(method, route, status), _SECONDS.labels(route)
