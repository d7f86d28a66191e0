"""
Kills a process at each step of closing an account, or of telling the chat application, fifty times each.

As a program: `python -m tests.chat.killing closing|telling MONGO_URI DATABASE_URL PERSON…`. Each person has a process,
which is killed at a step of its own; how many were killed is the last thing that is said.
Leaves to others: what has to be true afterwards.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pymongo.monitoring import CommandListener

from identity_service.chat.mongo import MongoChat
from identity_service.foundation.clock import SystemClock
from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.foundation.opaque import SystemChance
from identity_service.foundation.settings import load
from identity_service.wiring import Services, build
from tests.fakes.secrets import GOOD_SECRETS

COMMANDS = 16
"""About as many as there are in erasing a person; whoever would be killed at one more lives."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DiesAtCommand(CommandListener):
    """Kills the process when the *number*th command to MongoDB has been answered, or before it is sent."""

    def __init__(self, number: int, *, is_sent: bool) -> None:
        self._left, self._is_sent = number, is_sent

    def started(self, event: object) -> None:
        self._count(here=not self._is_sent)

    def succeeded(self, event: object) -> None:
        self._count(here=self._is_sent)

    def failed(self, event: object) -> None:
        pass

    def _count(self, *, here: bool) -> None:
        if here:
            self._left -= 1
            if self._left == 0:
                die()


@dataclass
class DiesAtCommit:
    """Kills the process just before or just after the *number*th commit."""

    database: Database
    number: int
    is_committed: bool

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.number -= 1
        with self.database.transaction():
            yield
            if self.number == 0 and not self.is_committed:
                die()
        if self.number == 0:
            die()


def closing(services: Services, uri: str, user_id: str, step: int) -> None:
    chat, transaction = _fatal(services, uri, step, commits=2)
    link = services.operators.link
    farewell = replace(link.mirror.farewell, chat=chat, transaction=transaction)
    flow = replace(services.close_account, farewell=farewell, transaction=transaction)
    person = services.capabilities.users.by_id(user_id)
    assert person is not None
    flow.by_operator(person, erases_transactions=True)


def telling(services: Services, uri: str, user_id: str, step: int) -> None:
    chat, transaction = _fatal(services, uri, step, commits=3)
    link = services.operators.link
    with transaction():
        replace(link.announce, chat=chat).changed(user_id)
    farewell = replace(link.mirror.farewell, chat=chat, transaction=transaction)
    replace(link.mirror, chat=chat, farewell=farewell, transaction=transaction).deliver_due()


def _fatal(services: Services, uri: str, step: int, commits: int) -> tuple[MongoChat, Callable]:
    """Return a chat application and transactions of which one is fatal: steps go round over commits, then commands."""
    steps = 2 * commits + 2
    which, turn = step % steps, step // steps
    number = turn % COMMANDS + 1
    listeners = [DiesAtCommand(number, is_sent=which % 2 == 0)] if which >= 2 * commits else []
    commit = which // 2 + 1 if which < 2 * commits else 0
    dying = DiesAtCommit(services.database, commit, is_committed=which % 2 == 0)
    # A process that lives so short needs nobody to watch over its line.
    return MongoChat(uri, event_listeners=listeners, serverMonitoringMode="poll"), dying.transaction


def main(mode: str, uri: str, database_url: str, people: Sequence[str]) -> int:
    """Return how many processes were killed."""
    settings = load({**GOOD_SECRETS, "DATABASE_URL": database_url}, Path("/nowhere"))
    # Nothing is opened here, so each child opens its own.
    services = build(settings, Database(open_engine(database_url)), SystemClock(), SystemChance(), lambda: True)
    gc.freeze()  # what is here now is shared, and a collector in a child would copy all of it
    gc.disable()
    killed = 0
    for step, user_id in enumerate(people):
        child = os.fork()
        if child == 0:
            {"closing": closing, "telling": telling}[mode](services, uri, user_id, step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            killed += 1
        elif os.WEXITSTATUS(status):
            raise RuntimeError(f"step {step} ended with {status}")
    return killed


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])}\n")
