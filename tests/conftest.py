"""What every test may ask for: time, chance, a database, and the running service."""

import gc
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from werkzeug.test import Client

from identity_service.app import create_app, services_of, settle, with_entrance
from identity_service.foundation import logs
from identity_service.foundation.settings import Settings
from identity_service.migrations import schema
from identity_service.wiring import Services
from tests.fakes.chance import SeededChance
from tests.fakes.clock import FrozenClock
from tests.fakes.installation import settings_of
from tests.servers.identity import IdentityServer
from tests.servers.mongo import MongoServer
from tests.servers.node import Node
from tests.servers.postgres import PostgresServer, SharedDatabase

_MEMORY = Path("/dev/shm")  # noqa: S108 - a new folder is made in it
# How fast a machine is today says nothing about the code.
hypothesis.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("unhurried")

ON_POSTGRES = os.environ.get("IDENTITY_TEST_DB", "sqlite") == "postgres"


def pytest_configure() -> None:
    """End as tidily on SIGTERM as on Ctrl-C, so that no server outlives the run."""

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the tidying up must not be interrupted
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end anyway: modules, and the tests themselves."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock()


@pytest.fixture
def chance() -> SeededChance:
    """Chance that is the same in every run."""
    return SeededChance()


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Log into memory; returns the lines so far."""
    stream = StringIO()
    logs.configure("info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logs.end_request()
    logs.unconfigure()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run, started when the first test asks for it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database: a SQLite file, or PostgreSQL when the run is against it."""
    if not ON_POSTGRES:
        yield f"sqlite:///{tmp_path / 'identity.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="module")
def identity_server(request: pytest.FixtureRequest) -> Iterator[Callable[..., IdentityServer]]:
    """A maker of running services, each on a new database; all are stopped when the module ends."""
    started: list[IdentityServer] = []

    def start(
        *, server: str = "gunicorn", database_url: str | None = None, environment: Mapping[str, str] | None = None
    ) -> IdentityServer:
        if database_url is None and ON_POSTGRES:
            database_url = request.getfixturevalue("postgres").create_database(empty=True)
        started.append(IdentityServer(server=server, database_url=database_url, environment=environment))
        return started[-1].start()

    yield start
    for service in started:
        service.stop()


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """Runs and starts the scripts of tests/node; what still runs is ended with the module."""
    runner = Node()
    yield runner
    runner.stop()


@pytest.fixture(scope="session")
def blank(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """A SQLite file with our schema and keys, copied for each test; on PostgreSQL None, and a template instead."""
    if not ON_POSTGRES:
        folder = tmp_path_factory.mktemp("blank")
        url = f"sqlite:///{folder / 'identity.db'}"
        _prepare(url)
        return folder / "identity.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    server.prepare_template(_prepare)
    return None


@pytest.fixture(scope="session")
def shared(postgres: PostgresServer, blank: Path | None) -> Iterator[SharedDatabase]:
    """One PostgreSQL database with our schema and keys, for one test after the other."""
    with closing(SharedDatabase(postgres.create_database())) as database:
        yield database


@pytest.fixture(scope="session")
def database_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the database that belongs to the present test, on SQLite; in memory, where Linux has such a one."""
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path_factory.mktemp("present")
        return
    with tempfile.TemporaryDirectory(prefix="identity-tests-", dir=_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def ready_url(request: pytest.FixtureRequest, database_folder: Path, blank: Path | None) -> str:
    """The address of a database with our schema and keys, and nothing else."""
    if blank is not None:
        for left in database_folder.iterdir():
            left.unlink()  # whoever has it open still keeps to itself what was in it
        shutil.copy(blank, database_folder / "identity.db")
        return f"sqlite:///{database_folder / 'identity.db'}"
    shared: SharedDatabase = request.getfixturevalue("shared")
    return shared.cleared()


@pytest.fixture(scope="session")
def frames() -> dict[str, Flask]:
    """The applications of this run by the address of their database: doors are hung once, not for each test."""
    return {}


@pytest.fixture
def settings(request: pytest.FixtureRequest, ready_url: str) -> Settings:
    """The settings of an installation whose database is ready; a test marked `environ(NAME=…)` adds its own."""
    mark = request.node.get_closest_marker("environ")
    return settings_of(**{"DATABASE_URL": ready_url, **(mark.kwargs if mark else {})})


@pytest.fixture
def app(settings: Settings, clock: FrozenClock, chance: SeededChance, frames: dict[str, Flask]) -> Iterator[Flask]:
    """The application on a database of its own, with a clock that stands still; its doors are not to be changed."""
    url = settings.database.url.get_secret_value()
    if url in frames:
        database = services_of(frames[url]).database
        database.statements.clear()
        database.place.forget()  # the file is another one for each test
        settle(frames[url], settings, database, clock, chance)
    else:
        frames[url] = create_app(settings, clock, chance)
    yield frames[url]
    services_of(frames[url]).database.release()


@pytest.fixture
def services(app: Flask) -> Services:
    """Everything that doors and commands may call."""
    return services_of(app)


@pytest.fixture
def change(services: Services) -> Callable[..., Any]:
    """Call a method of a capability in a transaction of its own."""

    def inside(method: Callable[..., Any], *arguments: object, **named: object) -> Any:
        with services.database.transaction():
            return method(*arguments, **named)

    return inside


@pytest.fixture
def browser(app: Flask) -> Client:
    """A browser with cookies, in front of the whole application; no server and no network between."""
    return Client(with_entrance(app))


@pytest.fixture(scope="session")
def mongo() -> Iterator[MongoServer]:
    """A server that the chat application's database is in, one for all."""
    with MongoServer() as server:
        yield server


@pytest.fixture
def store(mongo: MongoServer) -> Any:
    """The chat application's database, empty."""
    mongo.clear()
    return mongo.store


def _prepare(url: str) -> None:
    services = services_of(create_app(settings_of(DATABASE_URL=url), FrozenClock(), SeededChance("keys")))
    schema.upgrade(services.database)
    services.administer.prepare_keys()
    services.database.release()
