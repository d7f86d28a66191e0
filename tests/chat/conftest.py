"""What we ask of a chat application's database that really runs."""

import pytest

from identity_service.chat.mongo import MongoChat


@pytest.fixture(scope="session")
def chat(mongo):
    """What we ask of it."""
    made = MongoChat(mongo.uri)
    yield made
    made.close()
