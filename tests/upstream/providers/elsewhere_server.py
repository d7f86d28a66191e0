"""
What a WSGI server imports to serve an installation whose providers live on loopback, at ELSEWHERE.
"""

import os

from identity_service.app import create_app, services_of, with_entrance
from identity_service.foundation import logs
from identity_service.foundation.settings import from_process
from identity_service.migrations import schema
from identity_service.web.entrance import Application
from tests.upstream.providers.elsewhere import settle_elsewhere


def _application() -> Application:
    settings = from_process()
    logs.configure(settings.server.log_level)
    app = create_app(settings)
    settle_elsewhere(app, os.environ["ELSEWHERE"])
    services = services_of(app)
    schema.upgrade(services.database)
    services.administer.prepare_keys()
    services.provider.reconcile_clients.with_file()
    services.database.release()
    return with_entrance(app)


application = _application()
