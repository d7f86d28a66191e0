"""
One installation with an address of its own, people who have accounts there, and parties that are registered.

Each test goes through the whole application: the parties know what discovery tells them, people use our own pages.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import Client

from identity_service.accounts.users import Person
from identity_service.app import with_entrance
from identity_service.foundation.settings import Settings
from identity_service.oidc.tables import LogoutDelivery
from identity_service.web.entrance import Application
from identity_service.wiring import Services
from tests.conformance.party import ADA, CALLBACK, Party, told
from tests.conformance.user_agent import HOME, UserAgent
from tests.fakes import people
from tests.fakes.installation import settings_of

Register = Callable[..., Party]


@pytest.fixture
def settings(request: pytest.FixtureRequest, ready_url) -> Settings:
    """The settings of an installation behind https; a test marked `environ(NAME=…)` adds its own."""
    mark = request.node.get_closest_marker("environ")
    site = {"DOMAIN_SERVER": HOME, "DOMAIN_CLIENT": "https://chat.example.org"}
    return settings_of(**{**site, "DATABASE_URL": ready_url, **(mark.kwargs if mark else {})})


@pytest.fixture
def application(app: Flask) -> Application:
    """The whole application, as a server would call it."""
    return with_entrance(app)


@pytest.fixture
def browser(application: Application) -> UserAgent:
    """Ada's browser, in which nobody is signed in yet."""
    return UserAgent(application)


@pytest.fixture
def other_browser(application: Application) -> UserAgent:
    """Another browser, on another device."""
    return UserAgent(application)


@pytest.fixture
def wire(application: Application) -> Client:
    """A line from one program to another: no cookies, no pages."""
    return Client(application, use_cookies=False)


@pytest.fixture
def ada(services: Services) -> Person:
    """Ada, whom every test has sitting before the browser."""
    return people.person(services, ADA)


@pytest.fixture
def grace(services: Services) -> Person:
    """Somebody else."""
    return people.person(services, "grace@example.org", username="grace", name="Grace Hopper")


@pytest.fixture
def register(services: Services, wire: Client, ada: Person) -> Register:
    """Register a party as the operator does, and let it read the discovery document."""
    discovered = told(wire.get("/.well-known/openid-configuration", base_url=HOME))

    def new(name: str = "App", redirect_uri: str = CALLBACK, **metadata: object) -> Party:
        client, secret = services.administer.create_client(name, (redirect_uri,), metadata)
        return Party(wire, client.client_id, secret, redirect_uri, discovered)

    return new


@pytest.fixture
def party(register: Register) -> Party:
    """A confidential party that may refresh."""
    return register(grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def public_party(register: Register) -> Party:
    """A party that has no secret."""
    return register("A page", grant_types=["authorization_code", "refresh_token"], token_endpoint_auth_method="none")


@pytest.fixture
def deliveries(services: Services) -> Callable[[], list[tuple[str, str]]]:
    """List who has still to be told of the end of which session: client and `sid`."""
    waiting = select(LogoutDelivery.client_id, LogoutDelivery.session_id).order_by(LogoutDelivery.id)
    return lambda: [(row[0], row[1]) for row in services.database.rows(waiting)]
