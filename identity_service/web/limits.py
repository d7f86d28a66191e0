"""
Limits at the doors: a try counts before any work is done for it, and is never taken back.

Flask-Limiter holds the rules and walks them; each installation has a limiter of its own. A try of a password counts at
the account that was typed and over all as well: at all of them at once, in one transaction, before the view is asked.
Law: OWASP ASVS 5.0 6.3.1, 2.4.1; RFC 6585 §4 (429), RFC 9110 §10.2.3 (Retry-After).
Leaves to others: which door counts where (limits_doors), storage (limits_storage), what follows (flows.gate).
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from http import HTTPStatus
from math import ceil
from typing import Any, TypeAlias

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter, RequestLimit
from werkzeug.exceptions import HTTPException

from identity_service.flows.outcomes import Bucket, Full
from identity_service.foundation.errors import DatabaseUnavailable, IdentityFault, TooManyAttempts
from identity_service.web import cookies, metrics
from identity_service.web.context import bearer, services, visitor
from identity_service.web.contract import JSON, parse_form, parse_json
from identity_service.web.limits_doors import OAUTH_CALLBACK, OAUTH_START, Rule, rule_of
from identity_service.web.limits_redis import RedisWindows
from identity_service.web.limits_storage import ADDRESS, Counters, Counting
from identity_service.wiring import Services

_EXTENSION = "identity_service.limits"
_REDIS = "identity_service.limits_redis"
_COUNTED = "identity.limited"
_HOOKS = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")
_NOWHERE = "nowhere"
"""What stands for an address that nobody could tell: one bucket, and never none."""

_TOLD_BREACHES = 2
"""How many times BAN_INTERVAL a network's breaches are told within a window: enough for a ban, and no flood of rows."""

View: TypeAlias = Callable[..., Any]

_second = timedelta(seconds=1)


class Limits:
    """The limits of one application, by the settings of the installation that it stands on."""

    def __init__(self, app: Flask) -> None:
        """Stand in front of every door of *app* that the table names; called when all doors are mounted."""
        self._limiter = Limiter(
            _network,
            storage_uri=ADDRESS,
            storage_options={"here": _counting_here},  # type: ignore[dict-item]
            strategy="moving-window",
        )
        kept = {hooks: list(getattr(app, hooks)[None]) for hooks in _HOOKS}
        self._limiter.init_app(app)
        # What it does at every request is for limits that hold everywhere and for headers of its own: there are none,
        # and it is a sixth of the cost of a small request. The doors of the table look for themselves.
        for hooks, before in kept.items():
            getattr(app, hooks)[None] = before
        self._counters: Counters = self._limiter.storage  # type: ignore[assignment]
        for (endpoint, rule), methods in _limited(app).items():
            view = app.view_functions[endpoint]
            limited = self._of_password(rule, view) if rule.is_of_password else self._of_door(rule, view, methods)
            app.view_functions[endpoint] = limited
        app.after_request(self._tell)

    def count(self, rule: Rule) -> None:
        """
        Count one try under *rule*, for a door that is not in the table.

        Raises:
            TooManyAttempts: there were too many of this network.
            Banned: and it is banned.
        """
        full = self._counters.take([_at_network(rule)])
        if full:
            self._refuse(rule, full)

    def _of_door(self, rule: Rule, view: View, methods: set[str]) -> View:
        """Return *view*, limited by *rule* alone."""
        limit = self._limiter.shared_limit(
            partial(_limit, rule),
            rule.scope,
            key_func=_person if rule.is_personal else _network,
            methods=sorted(methods),
            on_breach=partial(self._breach, rule),
        )
        return limit(view)

    def _of_password(self, rule: Rule, view: View) -> View:
        """Return *view*, which looks at passwords, limited by *rule* and at the account that was typed."""

        @wraps(view)
        def limited(**path_values: str) -> Any:
            network = _at_network(rule)
            full = self._counters.take((network, *_at_account()))
            request.environ[_COUNTED] = network
            if full:
                self._refuse(rule, full)
            return view(**path_values)

        return limited

    def _breach(self, rule: Rule, limit: RequestLimit) -> None:
        until = datetime.fromtimestamp(limit.window.reset_time, UTC)
        self._refuse(rule, Full(_of(limit), until))

    def _refuse(self, rule: Rule, full: Full) -> None:
        metrics.count_limited(rule.scope)
        gate, who = services().moderation.gate, visitor()
        gate.admit(who)
        most = _TOLD_BREACHES * services().settings.moderation.ban_interval
        if self._counters.take([Bucket(f"{_network()}/breaches/{rule.kind}", most, full.bucket.window)]) is None:
            gate.breach(rule.kind, who)
        wait = max(1, ceil((full.until - services().clock.now()) / _second))
        raise TooManyAttempts(rule.text(_window(rule)), retry_after=wait)

    def _tell(self, response: Response) -> Response:
        """Say how much is left (draft-ietf-httpapi-ratelimit-headers-07 §3), unless it cannot be read any more."""
        bucket = self._limited()
        if bucket is None:
            return response
        is_over = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        try:
            began, tries = services().moderation.count.present(bucket)
        except DatabaseUnavailable:
            return response
        wait = ceil((began + bucket.window - services().clock.now()) / _second)
        seconds = int(response.headers.get("Retry-After", wait)) if is_over else wait
        response.headers["RateLimit-Limit"] = str(bucket.limit)
        response.headers["RateLimit-Remaining"] = "0" if is_over else str(max(0, bucket.limit - tries))
        response.headers["RateLimit-Reset"] = str(max(0, seconds))
        return response

    def _limited(self) -> Bucket | None:
        """Return where this request has counted, None if its door has no limit."""
        bucket: Bucket | None = request.environ.get(_COUNTED)
        limit = None if bucket else self._limiter.current_limit
        return _of(limit) if limit else bucket


def install(app: Flask) -> None:
    """Limit the doors of *app*, when all are mounted."""
    app.extensions[_EXTENSION] = Limits(app)


def settle(app: Flask, asked: Services) -> None:
    """Let *app* know the Redis of the installation that it stands on, if there is one."""
    app.extensions[_REDIS] = RedisWindows(asked) if asked.settings.redis.is_configured else None


def counted_in() -> str:
    """Return where this process counts just now."""
    redis = _redis()
    if redis is None:
        return "database"
    return "database instead of redis" if redis.is_away else "redis"


def oauth_start() -> None:
    """Count one departure to a provider, for a door that is not in the table (Limits.count)."""
    _here().count(OAUTH_START)


def oauth_callback() -> None:
    """Count one arrival from a provider, for a door that is not in the table (Limits.count)."""
    _here().count(OAUTH_CALLBACK)


def _here() -> Limits:
    limits: Limits = current_app.extensions[_EXTENSION]
    return limits


def _redis() -> RedisWindows | None:
    redis: RedisWindows | None = current_app.extensions[_REDIS]
    return redis


def _counting_here() -> Counting:
    return Counting(services(), _redis())


def _of(limit: RequestLimit) -> Bucket:
    return Bucket(limit.key, limit.limit.amount, limit.limit.get_expiry() * _second)


def _limit(rule: Rule) -> str:
    return f"{_most(rule)} per {_window(rule) // _second} second"


def _most(rule: Rule) -> int:
    most: int = getattr(services().settings.moderation, rule.most)
    return most


def _window(rule: Rule) -> timedelta:
    window: timedelta = getattr(services().settings.moderation, rule.window)
    # Redis forgets keys after whole seconds.
    return ceil(window / _second) * _second


def _at_network(rule: Rule) -> Bucket:
    return Bucket(f"{_network()}/{rule.scope}", _most(rule), _window(rule))


def _at_account() -> tuple[Bucket, ...]:
    """Return where a try of a password counts besides the network; nowhere if the view will not read the body."""
    try:
        typed = (parse_json(request.get_data()) if request.mimetype == JSON else parse_form()).get("email", "")
    except (IdentityFault, HTTPException):
        return ()
    email = typed if isinstance(typed, str) else ""
    moderation = services().moderation
    return moderation.count.of_password(email, moderation.devices.known(cookies.present_device(), email))


def _network() -> str:
    return visitor().network or _NOWHERE


def _person() -> str:
    token = bearer(request.headers.get("Authorization", ""))
    active = services().verify.access_token(token) if token else cookies.browser_session()
    return f"person/{active.person.id}" if active else _network()


def _limited(app: Flask) -> dict[tuple[str, Rule], set[str]]:
    """Find the doors of the table: each endpoint and rule with the methods that count."""
    found: dict[tuple[str, Rule], set[str]] = defaultdict(set)
    for mounted in app.url_map.iter_rules():
        for method in mounted.methods or ():
            rule = rule_of(method, mounted.rule)
            if rule:
                found[mounted.endpoint, rule].add(method)
    return found
