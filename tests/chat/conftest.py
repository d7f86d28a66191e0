"""A chat application's database that really runs."""

import pytest

from identity_service.chat.mongo import MongoChat
from tests.servers.mongo import MongoServer


@pytest.fixture(scope="session")
def mongo():
    """One server for all of this folder."""
    with MongoServer() as server:
        yield server


@pytest.fixture
def store(mongo):
    """The chat application's database, empty."""
    mongo.clear()
    return mongo.store


@pytest.fixture(scope="session")
def chat(mongo):
    """What we ask of it."""
    made = MongoChat(mongo.uri)
    yield made
    made.close()
