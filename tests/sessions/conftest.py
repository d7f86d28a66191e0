"""Somebody, the sessions, and a way to change them."""

import pytest

from tests.fakes.people import person


@pytest.fixture
def sessions(services):
    return services.capabilities.sessions


@pytest.fixture
def ada(services):
    return person(services)


@pytest.fixture
def change(services):
    """Call a method of a capability inside a transaction."""

    def inside(method, *arguments, **named):
        with services.database.transaction():
            return method(*arguments, **named)

    return inside
