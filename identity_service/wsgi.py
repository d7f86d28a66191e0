"""
What a WSGI server imports: `application`, ready to serve.

The database gets this release's schema and its first signing keys before the first request.
No connection is left open, because the server is about to fork.
"""

import os
import subprocess
import sys
from collections.abc import Iterable

from identity_service.app import create_app, services_of, warm, with_entrance
from identity_service.foundation import logs
from identity_service.foundation.errors import Misconfigured, Unavailable
from identity_service.foundation.forking import keep_what_is_loaded, prepare_to_fork
from identity_service.foundation.rounds import Rounds
from identity_service.foundation.settings import from_process
from identity_service.migrations import schema
from identity_service.rehearsal import rehearse
from identity_service.web.entrance import Application, Environ, StartResponse

WRONG_SETTINGS = 2
DEPENDENCY_DOWN = 3


def _prepared() -> Application:
    keep_what_is_loaded()
    settings = from_process()
    logs.configure(settings.server.log_level)
    if settings.unheeded:
        logs.logger().warning("settings.without_effect", settings=settings.unheeded)
    app = create_app(settings)
    services = services_of(app)
    if not schema.is_current(services.database) or services.administer.lacks_keys():
        _migrate()
    for algorithm in ("ES256", "RS256"):
        services.capabilities.keys.signing(algorithm)
    services.provider.reconcile_clients.with_file()
    warm(app)
    if services.recovery.recover.is_open and services.recovery.recover.is_unsecured:
        logs.logger().warning("password_reset.unsecured", advice="anybody on this machine can take any account")
    services.database.release()
    rehearse(settings.server.log_level)
    prepare_to_fork()
    return _GoingRound(with_entrance(app), (services.rounds, *services.mail.rounds, services.operators.link.rounds))


class _GoingRound:
    """The application of one process, which sees to what is done after an answer: a fork takes no thread along."""

    def __init__(self, application: Application, rounds: tuple[Rounds, ...]) -> None:
        self._application = application
        self._rounds = rounds
        self._begun = set[int]()

    def begin(self) -> None:
        """Start what goes round in this process; a server that knows when a process is ready need not wait for more."""
        self._begun.add(os.getpid())
        for each in self._rounds:
            each.begin()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer; the first request of a process starts what goes round, if nobody has."""
        if os.getpid() not in self._begun:
            self.begin()
        return self._application(environ, start_response)


def _migrate() -> None:
    # In a process of its own: Alembic, and what makes keys, would stay in the memory of every worker.
    command = [sys.executable, "-m", "identity_service.cli", "migrate"]
    # What it says is for people; our standard output is a log of JSON lines.
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - nothing comes from outside
    if done.returncode:
        sys.exit(done.returncode)


try:
    application = _prepared()
except Misconfigured as refused:
    sys.stderr.write("The settings are not right:\n" + "".join(f"  - {problem}\n" for problem in refused.problems))
    sys.exit(WRONG_SETTINGS)
except Unavailable as down:
    sys.stderr.write(f"{down.message} {down.detail}\n")
    sys.exit(DEPENDENCY_DOWN)
