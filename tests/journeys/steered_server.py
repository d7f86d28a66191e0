"""
What a WSGI server imports to serve an installation on a clock that is steered; its folder is the present one.
"""

from pathlib import Path

from identity_service.app import create_app, with_entrance
from identity_service.foundation import logs
from identity_service.foundation.settings import from_process
from identity_service.web.entrance import Application
from tests.journeys.steered import SteeredClock


def _application() -> Application:
    settings = from_process()
    logs.configure(settings.server.log_level)
    return with_entrance(create_app(settings, SteeredClock(Path.cwd())))


application = _application()
