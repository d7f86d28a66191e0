"""
Limits at the doors: a try counts before the view is asked.

Flask-Limiter holds the rules and walks them; each installation has a limiter of its own. A try of a password counts at
the account that was typed and over all as well.
What a page of another site sends counts for nobody, and is not looked at.
Leaves to others: which door counts where (limits_doors), storage (limits_storage), what a try costs (tries).
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, TypeAlias

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter, RequestLimit
from werkzeug.exceptions import HTTPException

from identity_service.flows.outcomes import Bucket, Full
from identity_service.foundation.errors import IdentityFault
from identity_service.web import cookies
from identity_service.web.context import bearer, services, visitor
from identity_service.web.contract import JSON, parse_form, parse_json
from identity_service.web.csrf import refuse_unasked
from identity_service.web.limits_doors import Rule, rule_of
from identity_service.web.limits_redis import RedisWindows
from identity_service.web.limits_storage import ADDRESS
from identity_service.web.tries import Tries, network
from identity_service.wiring import Services

_TRIES = "identity_service.tries"
_COUNTED = "identity.limited"
_HOOKS = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")

View: TypeAlias = Callable[..., Any]

_second = timedelta(seconds=1)


class Limits:
    """The limits of one application, by the settings of the installation that it stands on."""

    def __init__(self, app: Flask) -> None:
        """Stand in front of every door of *app* that the table names; called when all doors are mounted."""
        self._limiter = Limiter(
            _network,
            storage_uri=ADDRESS,
            storage_options={"here": tries},  # type: ignore[dict-item]
            strategy="moving-window",
        )
        kept = {hooks: list(getattr(app, hooks)[None]) for hooks in _HOOKS}
        self._limiter.init_app(app)
        # What it does at every request is for limits that hold everywhere and for headers of its own: there are none,
        # and it is a sixth of the cost of a small request. The doors of the table look for themselves.
        for hooks, before in kept.items():
            getattr(app, hooks)[None] = before
        for (endpoint, rule), methods in _limited(app).items():
            view = app.view_functions[endpoint]
            limited = self._of_password(rule, view) if rule.is_of_password else self._of_door(rule, view, methods)
            app.view_functions[endpoint] = _of_own_accord(rule, limited, methods)
        app.after_request(self._tell)

    def _of_door(self, rule: Rule, view: View, methods: set[str]) -> View:
        """Return *view*, limited by *rule* alone."""
        limit = self._limiter.shared_limit(
            partial(_limit, rule),
            rule.scope,
            key_func=_person if rule.is_personal else _network,
            methods=sorted(methods),
            on_breach=partial(_breach, rule),
        )
        return limit(view)

    def _of_password(self, rule: Rule, view: View) -> View:
        """Return *view*, which looks at passwords, limited by *rule* and at the account that was typed."""

        @wraps(view)
        def limited(**path_values: str) -> Any:
            asked, who = tries(), visitor()
            at_network = asked.at_network(rule, who)
            full = asked.take((at_network, *_at_account()))
            request.environ[_COUNTED] = at_network
            if full:
                asked.refuse(rule, full, who)
            return view(**path_values)

        return limited

    def _tell(self, response: Response) -> Response:
        bucket = self._limited()
        if bucket is not None:
            is_over = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
            retry_after = response.headers.get("Retry-After", type=int) if is_over else None
            response.headers.update(tries().left(bucket, retry_after))
        return response

    def _limited(self) -> Bucket | None:
        """Return where this request has counted, None if its door has no limit."""
        bucket: Bucket | None = request.environ.get(_COUNTED)
        limit = None if bucket else self._limiter.current_limit
        return _of(limit) if limit else bucket


def install(app: Flask) -> None:
    """Limit the doors of *app*, when all are mounted."""
    Limits(app)


def settle(app: Flask, asked: Services) -> None:
    """Let *app* count for the installation that it stands on, and with its Redis if there is one."""
    redis = RedisWindows(asked) if asked.settings.redis.is_configured else None
    app.extensions[_TRIES] = Tries(asked, redis)


def tries_of(app: Flask) -> Tries:
    """Return the tries at the installation that *app* stands on."""
    found: Tries = app.extensions[_TRIES]
    return found


def tries() -> Tries:
    """Return the tries at the installation that handles this request."""
    return tries_of(current_app)


def counted_in() -> str:
    """Return where this process counts just now."""
    redis = tries().redis
    if redis is None:
        return "database"
    return "database instead of redis" if redis.is_away else "redis"


def _of_own_accord(rule: Rule, view: View, methods: set[str]) -> View:
    """Return *view* for whoever comes of their own accord."""

    @wraps(view)
    def asked(**path_values: str) -> Any:
        if request.method in methods:
            refuse_unasked(is_on_the_way=rule.is_on_the_way)
        return view(**path_values)

    return asked


def _breach(rule: Rule, limit: RequestLimit) -> None:
    until = datetime.fromtimestamp(limit.window.reset_time, UTC)
    tries().refuse(rule, Full(_of(limit), until), visitor())


def _of(limit: RequestLimit) -> Bucket:
    return Bucket(limit.key, limit.limit.amount, limit.limit.get_expiry() * _second)


def _limit(rule: Rule) -> str:
    return f"{tries().most(rule)} per {tries().window(rule) // _second} second"


def _at_account() -> tuple[Bucket, ...]:
    """Return where a try of a password counts besides the network; nowhere if the view will not read the body."""
    try:
        typed = (parse_json(request.get_data()) if request.mimetype == JSON else parse_form()).get("email", "")
    except (IdentityFault, HTTPException):
        return ()
    email = typed if isinstance(typed, str) else ""
    return tries().at_account(email, cookies.present_device())


def _network() -> str:
    return network(visitor())


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
