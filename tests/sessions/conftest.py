"""Somebody, and the sessions."""

import pytest

from tests.fakes.people import person


@pytest.fixture
def sessions(services):
    return services.capabilities.sessions


@pytest.fixture
def ada(services):
    return person(services)
