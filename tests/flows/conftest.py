"""Somebody to walk through the flows with."""

import pytest

from tests.fakes import chat, people


@pytest.fixture
def ada(services):
    """Ada, whose password is known, and who is the administrator."""
    return people.person(services)


@pytest.fixture
def begun(services, ada):
    """A session of Ada's that has just begun."""
    return people.session(services, ada)


@pytest.fixture
def active(services, begun):
    """Ada, as the door sees her behind her access token."""
    return services.verify.access_token(begun.access_token)


@pytest.fixture
def told(services):
    """What the audit trail tells about a subject."""
    return lambda subject: people.events(services, subject)


@pytest.fixture
def beside(services):
    """The flows of the same installation beside a chat application."""
    return chat.beside(services)
