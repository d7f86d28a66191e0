"""Settings made from little, and a database with a table of things."""

import pytest
from sqlalchemy import insert

from identity_service.foundation.database import Base
from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.revision import Revision
from identity_service.foundation.settings import load
from tests.fakes.secrets import GOOD_SECRETS
from tests.fakes.things import THINGS, opened


@pytest.fixture
def build(tmp_path):
    """Build settings from the given ones and good secrets, without any file."""

    def with_these(**chosen):
        return load({**GOOD_SECRETS, **chosen}, tmp_path)

    return with_these


@pytest.fixture
def problems(build):
    """Build settings that cannot be, and return what is wrong with them."""

    def with_these(**chosen):
        with pytest.raises(Misconfigured) as refusal:
            build(**chosen)
        return list(refusal.value.problems)

    return with_these


@pytest.fixture
def from_file(tmp_path):
    """Build settings from the text of a `.env` and good secrets in the environment."""

    def with_this(text, **environ):
        (tmp_path / ".env").write_text(text)
        return load({**GOOD_SECRETS, **environ}, tmp_path)

    return with_this


@pytest.fixture
def database(database_url):
    """A database with an empty table of things, and nothing counted."""
    made = opened(database_url)
    THINGS.metadata.create_all(made.engine)
    Base.metadata.create_all(made.engine, tables=[Revision.__table__])
    yield made
    made.release()


@pytest.fixture
def neighbour(database, database_url):
    """The same database, as another process has it."""
    made = opened(database_url)
    yield made
    made.release()


@pytest.fixture
def add(database):
    def row(number, **told):
        with database.transaction():
            return database.change(insert(THINGS).values(id=number, **told))

    return row
