"""What only a server can do: hang up on somebody who is in the middle of something."""

import pytest
from sqlalchemy import text

from tests.fakes.things import opened

WHO = text("SELECT pg_backend_pid()")


def test_what_went_wrong_is_told_even_if_the_connection_has_died_meanwhile(postgres, caplog):
    database = opened(postgres.create_database(empty=True))
    neighbour = opened(database.engine.url.render_as_string(hide_password=False))

    def fail():
        with database.transaction():
            ((first,),) = database.rows(WHO)
            neighbour.rows(text("SELECT pg_terminate_backend(:first, 5000)"), {"first": first})
            raise ZeroDivisionError

    try:
        with pytest.raises(ZeroDivisionError):
            fail()
        with database.transaction():
            assert database.rows(text("SELECT 1")) == [(1,)]
    finally:
        database.release()
        neighbour.release()
    assert caplog.text == ""
