"""
Makes the application: settings, database, services, doors.

Flask-SQLAlchemy owns the engine and knows the same tables as everybody else; the services stand on that engine.
"""

from functools import partial
from pathlib import Path
from wsgiref.util import setup_testing_defaults

from flask import Flask, Response, request
from flask_sqlalchemy import SQLAlchemy

from identity_service import wiring
from identity_service.foundation.clock import Clock, SystemClock
from identity_service.foundation.database import Base, Database
from identity_service.foundation.engine import engine_options, insist_on_answers
from identity_service.foundation.opaque import Chance, SystemChance
from identity_service.foundation.settings import Settings, load
from identity_service.migrations import schema
from identity_service.web import bodies, limits, replies
from identity_service.web.api.auth import auth
from identity_service.web.api.bans import bans
from identity_service.web.api.config import config
from identity_service.web.api.consents import consents
from identity_service.web.api.credentials import credentials
from identity_service.web.api.deletion import deletion
from identity_service.web.api.links import links
from identity_service.web.api.recovery import recovery
from identity_service.web.api.user import user
from identity_service.web.api.verification import verification
from identity_service.web.api.verify import verify
from identity_service.web.api.violations import violations
from identity_service.web.context import EXTENSION, ROUTE
from identity_service.web.entrance import Application, Entrance
from identity_service.web.express import Express
from identity_service.web.health import health
from identity_service.web.metrics_address import beside_metrics
from identity_service.web.oidc.authorize import authorize
from identity_service.web.oidc.end_session import end_session
from identity_service.web.oidc.registration import registration
from identity_service.web.oidc.revoke import revocation
from identity_service.web.oidc.token import token_endpoint
from identity_service.web.oidc.userinfo import userinfo
from identity_service.web.oidc.well_known import well_known
from identity_service.web.openapi import openapi
from identity_service.web.pages import page_faults
from identity_service.web.pages.account import account_pages
from identity_service.web.pages.close_account import close_account_pages
from identity_service.web.pages.connections import connection_pages
from identity_service.web.pages.consent import consent_pages
from identity_service.web.pages.credentials import credential_pages
from identity_service.web.pages.recovery import recovery_pages
from identity_service.web.pages.sign_in import sign_in_pages
from identity_service.web.pages.upstream import upstream_pages

_DOORS = (
    *(auth, recovery, verification, credentials, user, deletion, config, consents, links),
    *(verify, violations, bans, health, openapi),
)
_PROVIDER = (well_known, authorize, token_endpoint, revocation, userinfo, end_session, registration)
_PAGES = (
    *(sign_in_pages, consent_pages, account_pages),
    *(recovery_pages, credential_pages, connection_pages, close_account_pages, upstream_pages),
)

db = SQLAlchemy(model_class=Base)


def create_app(settings: Settings, clock: Clock | None = None, chance: Chance | None = None) -> Flask:
    """
    Return the Flask application of one installation; it opens no connection yet.

    Args:
        settings: the whole tree.
        clock: what tells the time; the machine's clock by default.
        chance: where randomness comes from; the operating system by default.
    """
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    # Werkzeug would send "//" on to "/" of whatever host the request names.
    app.url_map.merge_slashes = False
    url = settings.database.url.get_secret_value()
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(url),
    )
    db.init_app(app)
    with app.app_context():
        insist_on_answers(db.engine)
        settle(app, settings, Database(db.engine), clock, chance)
    for blueprint in (*_DOORS, *_PROVIDER, *_PAGES):
        app.register_blueprint(blueprint)
    bodies.install(app)
    limits.install(app)
    replies.install(app)
    page_faults.install(app)
    app.after_request(_finish)
    return app


def settle(
    app: Flask, settings: Settings, database: Database, clock: Clock | None = None, chance: Chance | None = None
) -> None:
    """Let *app* stand on the services of one installation, whose *database* it was made for."""
    app.extensions[EXTENSION] = wiring.build(
        settings, database, clock or SystemClock(), chance or SystemChance(), partial(schema.is_current, database)
    )
    limits.settle(app, services_of(app))


def create_bare_app(**told: str) -> Flask:
    """Return the application of an installation that has fresh secrets, what is *told* by name, and nothing else."""
    secrets = {name: SystemChance().token_bytes(32).hex() for name in ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY")}
    return create_app(load({**secrets, **told}, Path(__file__).parent))


def services_of(app: Flask) -> wiring.Services:
    """Return the services that *app* stands on."""
    services: wiring.Services = app.extensions[EXTENSION]
    return services


def with_entrance(app: Flask) -> Application:
    """Return *app* behind everything that a request passes on its way: the entrance, the express doors, the metrics."""
    services = services_of(app)
    server, site = services.settings.server, services.settings.site
    express = Express(app.wsgi_app, limits.tries_of(app))
    entrance = Entrance(
        express,
        services.chance,
        hops=server.trust_proxy,
        is_https=site.domain_server.startswith("https:"),
        note=services.moderation.sightings.note,
    )
    return beside_metrics(entrance, server.metrics_port, services.chance)


def warm(app: Flask) -> None:
    """Load what the first requests would load: what is there before a fork, every worker shares."""
    services = services_of(app)
    for statement in services.database.statements:
        statement.compile()
    app.url_map.update()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    services.capabilities.passwords.broken_rule("a rehearsal")
    # Flask's own test_request_context would load a debugger.
    environ = {"PATH_INFO": "/healthz"}
    setup_testing_defaults(environ)
    with app.request_context(environ):
        app.full_dispatch_request()


def _finish(response: Response) -> Response:
    request.environ[ROUTE] = request.url_rule.rule if request.url_rule else "none"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
