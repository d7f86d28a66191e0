"""
Two instances on one PostgreSQL and one Redis behind nginx, as compose.replicas.yaml has them, and their neighbours.

They end with this folder, not with the file, and that is why the folder is a package.
"""

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import cycle

import pytest

from identity_service.app import create_app, services_of
from identity_service.foundation.settings import load
from identity_service.oidc.details import EVERY_SCOPE
from identity_service.wiring import Services
from tests.attacks.crowd import UNLIMITED, Answer, Ask, Wire, registration
from tests.attacks.outside import CALLBACK, Application
from tests.fakes.people import person
from tests.journeys.relying_party import LANDING
from tests.journeys.traveller import Traveller
from tests.servers import nginx
from tests.servers.identity import IdentityServer
from tests.servers.mail import MailServer
from tests.servers.nginx import Nginx
from tests.servers.node import Node
from tests.servers.openid_provider import OPEN, OpenIDIssuer, settings_of, start_issuers
from tests.servers.postgres import PostgresServer
from tests.servers.process import ROOT, free_port
from tests.servers.redis import RedisServer

FOUNDERS = ("first@example.org", "second@example.org")
"""Who signed up when there was nobody, one at each instance, at the same moment."""

FEW = 4
"""Tries within a window, where a test counts them."""

_CHOSEN = {
    **UNLIMITED,
    "VERIFY_EMAIL_MAX": str(FEW),
    "VERIFY_EMAIL_SUBMISSION_MAX": UNLIMITED["VERIFY_EMAIL_MAX"],
    "RESET_PASSWORD_SUBMISSION_MAX": str(FEW),
    "ALLOW_PASSWORD_RESET": "true",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_FROM": "chat@example.org",
    "WEB_CONCURRENCY": "1",
    "DRAIN_SECONDS": "0.5",
    "TRUST_PROXY": "1",
}

_GRANTS = ["authorization_code", "refresh_token", "client_credentials"]


@dataclass
class Front:
    """Where people come to: the proxy, and what stands behind it and beside it."""

    port: int
    instances: list[IdentityServer]
    nginx: Nginx
    mail: MailServer
    services: Services

    @property
    def url(self) -> str:
        """The public address."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> list[int]:
        """Count, an instance each, how often somebody was answered."""
        return [each.log_text().count('"route":') for each in self.instances]

    def knows(self, email: str) -> str:
        """Let somebody have an account and a proven address, without a letter; return the address."""
        person(self.services, email, email_verified=True)
        return email


class InTurn:
    """Asks as one client does, and is never answered twice running by the same instance."""

    def __init__(self, front: Front, wires: list[Wire]) -> None:
        """Begin with the first instance; *wires* lead to them."""
        self._wires = dict(zip([each.port for each in front.instances], wires, strict=True))
        self.ports = cycle(self._wires)

    def ask(self, asked: Ask) -> Answer:
        """Ask whoever's turn it is."""
        return self._wires[next(self.ports)].ask(asked)


@pytest.fixture(scope="package")
def issuer() -> Iterator[OpenIDIssuer]:
    """A certified OpenID provider elsewhere, at which people have accounts."""
    node = Node()
    yield start_issuers(node, "elsewhere")[0]
    node.stop()


@pytest.fixture(scope="package")
def front(postgres: PostgresServer, issuer: OpenIDIssuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The whole installation, started at once on an empty database."""
    if nginx.find() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(nginx.MISSING)
        pytest.skip(nginx.MISSING)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    same = {name: secrets.token_hex(32) for name in ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY")}
    settings = {**same, **_CHOSEN, **OPEN, **settings_of("OPENID", issuer)}
    settings |= {"DOMAIN_SERVER": url, "DOMAIN_CLIENT": url, "DATABASE_URL": postgres.create_database(empty=True)}
    issuer.knows(f"{url}/oauth/openid/callback")
    with ExitStack() as stack:
        settings["REDIS_URI"] = stack.enter_context(RedisServer()).url
        mail = stack.enter_context(MailServer())
        settings["EMAIL_PORT"] = str(mail.port)
        instances = [IdentityServer(environment=settings) for _ in range(2)]
        for each in instances:
            stack.callback(each.stop)
        with ThreadPoolExecutor(2) as both:
            list(both.map(IdentityServer.start, instances))
            list(both.map(_sign_up, instances, FOUNDERS))
        proxy = stack.enter_context(_proxy(port, instances))
        services = services_of(create_app(load(settings, tmp_path_factory.mktemp("behind"))))
        stack.callback(services.database.release)
        yield Front(port, instances, proxy, mail, services)


@pytest.fixture(scope="package")
def application(front: Front) -> Application:
    """An application that people of the installation sign in to, and that may ban them."""
    details = {"grant_types": _GRANTS, "scope": f"{EVERY_SCOPE} bans", "post_logout_redirect_uris": [LANDING]}
    made = front.services.administer.create_client("Wiki", (CALLBACK,), details)
    return Application(made.client.client_id, made.client_secret)


@pytest.fixture
def wires(front: Front) -> Iterator[list[Wire]]:
    """A connection to each instance, past the proxy."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Wire(each))) for each in front.instances]


@pytest.fixture
def wire(front: Front) -> Iterator[Wire]:
    """A connection to the proxy."""
    with closing(Wire(front)) as through_the_proxy:
        yield through_the_proxy


@pytest.fixture
def in_turn(front: Front, wires: list[Wire]) -> InTurn:
    """A client of both, one after the other."""
    return InTurn(front, wires)


@pytest.fixture
def traveller(front: Front, in_turn: InTurn) -> Traveller:
    """A browser whose every request to us is answered by the other instance than the one before; as *in_turn*'s are."""
    return Traveller(doors={front.url: in_turn.ports})


def _sign_up(instance: IdentityServer, email: str) -> None:
    with closing(Wire(instance)) as wire:
        assert wire.ask(registration(email)).status == 200


def _proxy(port: int, instances: list[IdentityServer]) -> Nginx:
    site = (ROOT / "deploy/nginx.replicas.conf").read_text(encoding="utf-8")
    for number, each in enumerate(instances, 1):
        site = site.replace(f"identity-{number}:3081", f"127.0.0.1:{each.port}")
    return Nginx(site.replace("listen 80;", f"listen 127.0.0.1:{port};"))
