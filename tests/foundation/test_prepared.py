"""Statements for the hot paths: what the driver stores, at once, and patient with connections that died."""

import socket

import pytest
from sqlalchemy import bindparam, select, text, update

from identity_service.foundation.clock import to_microseconds
from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.prepared import Prepared
from tests.fakes.clock import START
from tests.fakes.things import ALL, THINGS, ids


class Dead:
    """A connection that has died while it was idle, and nobody has heard of it."""

    def __init__(self, fault):
        self._fault, self._line, self.is_closed = fault, socket.socketpair(), False

    def fileno(self):
        return self._line[0].fileno()

    def execute(self, *_):
        raise self._fault

    def close(self):
        for end in self._line:
            end.close()
        self.is_closed = True


def test_a_prepared_statement_gives_what_the_driver_stores(database, add):
    add(1, at=START, good=True)
    look = Prepared(database, select(THINGS.c.at, THINGS.c.good).where(THINGS.c.id == bindparam("number")))

    ((at, good),) = look.run(number=1)
    assert (at, good) == (to_microseconds(START), 1)
    assert look.run(number=2) == []


def test_a_prepared_statement_that_writes_is_durable_at_once(database, neighbour, add):
    add(1)
    turn = update(THINGS).where(THINGS.c.id == bindparam("old")).values(id=bindparam("new")).returning(THINGS.c.id)
    prepared = Prepared(database, turn, writes=True)

    assert prepared.run(old=1, new=2) == [(2,)]
    assert prepared.run(old=1, new=3) == []
    assert ids(neighbour) == [2]


def test_a_reader_whose_connection_has_died_is_given_another(database, add):
    add(1)
    dead = Dead(database.engine.dialect.dbapi.OperationalError("gone"))
    database._idle.append(dead)

    assert Prepared(database, ALL).run() == [(1,)]
    assert dead.is_closed


def test_a_writer_whose_connection_has_died_is_asked_to_come_back(database, add):
    add(1)
    database._idle.append(Dead(database.engine.dialect.dbapi.InterfaceError("gone")))
    turn = Prepared(database, update(THINGS).values(good=True).returning(THINGS.c.id), writes=True)

    with pytest.raises(DatabaseUnavailable):
        turn.run()
    assert turn.run() == [(1,)]


def test_no_writer_is_given_a_connection_that_the_server_has_closed_meanwhile(postgres):
    database = Database(open_engine(postgres.create_database(empty=True)))
    who = Prepared(database, text("SELECT pg_backend_pid()"), writes=True)
    try:
        ((first,),) = who.run()
        assert who.run() == [(first,)]
        database.rows(text("SELECT pg_terminate_backend(:first, 5000)"), {"first": first})

        ((second,),) = who.run()
        assert second != first
    finally:
        database.release()


def test_a_broken_rule_of_the_table_is_no_outage(database, add):
    add(1)
    add(2)
    clash = Prepared(database, update(THINGS).values(id=bindparam("new")).returning(THINGS.c.id), writes=True)

    with pytest.raises(database.engine.dialect.dbapi.IntegrityError):
        clash.run(new=1)
    assert ids(database) == [1, 2]
