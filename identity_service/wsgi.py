"""
What a WSGI server imports: `application`, ready to serve.

The database gets this release's schema and its first signing keys before the first request.
No connection is left open, because the server is about to fork.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence

from identity_service.app import create_app, rehearse, services_of, with_entrance
from identity_service.foundation import logs
from identity_service.foundation.errors import Misconfigured, Unavailable
from identity_service.foundation.rounds import Rounds
from identity_service.foundation.settings import from_process
from identity_service.migrations import schema
from identity_service.web.entrance import Application, Environ, StartResponse

WRONG_SETTINGS = 2
DEPENDENCY_DOWN = 3


def _prepared() -> Application:
    settings = from_process()
    logs.configure(settings.server.log_level)
    app = create_app(settings)
    services = services_of(app)
    if not schema.is_current(services.database):
        _migrate()
    services.capabilities.keys.signing("ES256")
    services.provider.reconcile_clients.with_file()
    rehearse(app)
    if services.recovery.recover.is_open and services.recovery.recover.is_unsecured:
        logs.logger().warning("password_reset.unsecured", advice="anybody on this machine can take any account")
    services.database.release()
    # What is here now stays for good: the collector need not touch it, so workers go on sharing its memory.
    gc.collect()
    gc.freeze()
    return _going_round(with_entrance(app), [services.rounds, *services.mail.rounds, services.operators.link.rounds])


def _going_round(application: Application, rounds: Sequence[Rounds]) -> Application:
    """Let each process see to what is done after an answer, from its first request on: a fork takes no thread along."""
    begun = set[int]()

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if os.getpid() not in begun:
            begun.add(os.getpid())
            for each in rounds:
                each.begin()
        return application(environ, start_response)

    return answer


def _migrate() -> None:
    # In a process of its own: Alembic would stay in the memory of every worker.
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
