"""
Limits at the doors: a try counts before any work is done for it, and is never taken back.

Flask-Limiter holds the rules and walks them; each installation has a limiter of its own. What a try of a password
counts at besides the visitor's network, the view asks for once it has read the address (`count_password`).
Law: OWASP ASVS 5.0 6.3.1, 2.4.1; RFC 6585 §4 (429), RFC 9110 §10.2.3 (Retry-After).
Leaves to others: which door counts where (limits_doors), storage (limits_storage), what follows (flows.gate).
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from math import ceil

from flask import Flask, Response, current_app
from flask_limiter import Limiter, RequestLimit

from identity_service.flows.outcomes import Bucket, Full
from identity_service.foundation.errors import TooManyAttempts
from identity_service.web import cookies, metrics
from identity_service.web.context import services, visitor
from identity_service.web.limits_doors import LOGIN, OAUTH_CALLBACK, OAUTH_START, Rule, rule_of
from identity_service.web.limits_redis import RedisWindows
from identity_service.web.limits_storage import ADDRESS, Counters
from identity_service.wiring import Services

_EXTENSION = "identity_service.limits"
_NOWHERE = "nowhere"
"""What stands for an address that nobody could tell: one bucket, and never none."""

_TOLD_BREACHES = 2
"""How many times BAN_INTERVAL a network's breaches are told within a window: enough for a ban, and no flood of rows."""

_second = timedelta(seconds=1)


class Limits:
    """The limits of one application."""

    def __init__(self, app: Flask, asked: Services) -> None:
        """Stand in front of every door of *app* that the table names; called when all doors are mounted."""
        self._settings = asked.settings.moderation
        self._clock = asked.clock
        self.redis = RedisWindows(asked) if asked.settings.redis.is_configured else None
        self._limiter = Limiter(
            _network,
            storage_uri=ADDRESS,
            storage_options={"services": asked, "redis": self.redis},  # type: ignore[dict-item]
            strategy="moving-window",
        )
        self._limiter.init_app(app)
        self._counters: Counters = self._limiter.storage  # type: ignore[assignment]
        for (endpoint, rule), methods in _limited(app).items():
            limit = self._limiter.shared_limit(
                f"{self._most(rule)} per {self._window(rule) // _second} second",
                rule.scope,
                methods=sorted(methods),
                on_breach=partial(self._breach, rule),
            )
            app.view_functions[endpoint] = limit(app.view_functions[endpoint])  # type: ignore[assignment]
        app.after_request(self._tell)

    @property
    def counted_in(self) -> str:
        """Where this process counts just now."""
        if self.redis is None:
            return "database"
        return "database instead of redis" if self.redis.is_away else "redis"

    def count(self, rule: Rule) -> None:
        """
        Count one try under *rule*, for a door that is not in the table.

        Raises:
            TooManyAttempts: there were too many of this network.
            Banned: and it is banned.
        """
        window = self._window(rule)
        self._take(rule, Bucket(f"{_network()}/{rule.scope}", self._most(rule), window))

    def count_password(self, email: str) -> None:
        """
        Count one try of a password at the account of *email*, and over all accounts.

        Raises:
            TooManyAttempts: no password is looked at for a while; the same for an address that nobody has.
            Banned: the visitor's network is banned.
        """
        device = services().moderation.devices.known(cookies.present_device(), email)
        self._take(LOGIN, *services().moderation.count.of_password(email, device))

    def _take(self, rule: Rule, *buckets: Bucket) -> None:
        full = self._counters.take(buckets)
        if full:
            self._refuse(rule, full)

    def _breach(self, rule: Rule, limit: RequestLimit) -> None:
        until = datetime.fromtimestamp(limit.window.reset_time, UTC)
        self._refuse(rule, Full(Bucket(limit.key, limit.limit.amount, self._window(rule)), until))

    def _refuse(self, rule: Rule, full: Full) -> None:
        metrics.count_limited(rule.scope)
        gate, who = services().moderation.gate, visitor()
        gate.admit(who)
        most = _TOLD_BREACHES * self._settings.ban_interval
        if self._counters.take([Bucket(f"{_network()}/breaches/{rule.kind}", most, full.bucket.window)]) is None:
            gate.breach(rule.kind, who)
        wait = max(1, ceil((full.until - self._clock.now()) / _second))
        raise TooManyAttempts(rule.text(self._window(rule)), retry_after=wait)

    def _tell(self, response: Response) -> Response:
        """Say how much is left (draft-ietf-httpapi-ratelimit-headers-07 §3)."""
        limit = self._limiter.current_limit
        if limit is None:
            return response
        is_over = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        reset, remaining = limit.window
        wait = ceil(reset - self._clock.now().timestamp())
        seconds = int(response.headers.get("Retry-After", wait)) if is_over else wait
        response.headers["RateLimit-Limit"] = str(limit.limit.amount)
        response.headers["RateLimit-Remaining"] = "0" if is_over else str(max(0, remaining))
        response.headers["RateLimit-Reset"] = str(max(0, seconds))
        return response

    def _most(self, rule: Rule) -> int:
        most: int = getattr(self._settings, rule.most)
        return most

    def _window(self, rule: Rule) -> timedelta:
        window: timedelta = getattr(self._settings, rule.window)
        # Redis forgets keys after whole seconds.
        return ceil(window / _second) * _second


def install(app: Flask, asked: Services) -> None:
    """Limit the doors of *app*."""
    app.extensions[_EXTENSION] = Limits(app, asked)


def here() -> Limits:
    """Return the limits of the application that handles this request."""
    limits: Limits = current_app.extensions[_EXTENSION]
    return limits


def count_password(email: str) -> None:
    """Count one try of a password (Limits.count_password)."""
    here().count_password(email)


def oauth_start() -> None:
    """Count one departure to a provider, for a door that is not in the table (Limits.count)."""
    here().count(OAUTH_START)


def oauth_callback() -> None:
    """Count one arrival from a provider, for a door that is not in the table (Limits.count)."""
    here().count(OAUTH_CALLBACK)


def _network() -> str:
    return visitor().network or _NOWHERE


def _limited(app: Flask) -> dict[tuple[str, Rule], set[str]]:
    """Find the doors of the table: each endpoint and rule with the methods that count."""
    found: dict[tuple[str, Rule], set[str]] = defaultdict(set)
    for mounted in app.url_map.iter_rules():
        for method in mounted.methods or ():
            rule = rule_of(method, mounted.rule)
            if rule:
                found[mounted.endpoint, rule].add(method)
    return found
