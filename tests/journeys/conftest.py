"""A provider as others find it: behind TLS, with clients that its operator has written down."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import trustme

from tests.attacks.crowd import UNLIMITED
from tests.journeys.person import Person
from tests.journeys.relying_party import LANDING, REDIRECT_URI, Applications
from tests.servers.clients_file import write_clients
from tests.servers.identity import IdentityServer
from tests.servers.node import Node
from tests.servers.process import free_port
from tests.servers.tls import TLSFront

_USUAL = {"redirect_uris": [REDIRECT_URI], "post_logout_redirect_uris": [LANDING]}


@dataclass
class Provider:
    """A running service, where it is, and whom one must trust to believe that."""

    server: IdentityServer
    issuer: str
    trust: ssl.SSLContext | None = None

    def person(self, email: str = "ada@example.org", name: str = "Ada Lovelace") -> Person:
        """Return somebody who has just made an account."""
        return Person(self.issuer, email, self.trust).sign_up(name)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who issues the certificates."""
    return trustme.CA()


@pytest.fixture(scope="module")
def applications(node: Node, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Applications:
    """The applications of others; they trust the authority."""
    trusted = tmp_path_factory.mktemp("trust") / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    environment = {"NODE_EXTRA_CA_CERTS": str(trusted)}
    return Applications(node.converse("relying_party.mjs", environment=environment), has_tls=True)


@pytest.fixture(scope="module")
def provider_of(
    identity_server: Callable[..., IdentityServer], authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Provider]]:
    """A maker of providers with TLS before them; takes what is written down of each client, and other settings."""
    with ExitStack() as fronts:

        def make(clients: Mapping[str, Mapping[str, Any]], **settings: str) -> Provider:
            port = free_port()
            issuer = f"https://localhost:{port}"
            addresses = {"DOMAIN_SERVER": issuer, "DOMAIN_CLIENT": issuer, "ISSUER": issuer, "TRUST_PROXY": "1"}
            known = {client_id: {**_USUAL, **told} for client_id, told in clients.items()}
            written = write_clients(tmp_path_factory.mktemp("clients"), known)
            server = identity_server(environment={**UNLIMITED, **addresses, "CLIENTS_FILE": str(written), **settings})
            identity, trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
            authority.issue_cert("localhost").configure_cert(identity)
            authority.configure_trust(trust)
            fronts.enter_context(TLSFront(port, server.port, identity))
            return Provider(server, issuer, trust)

        yield make
