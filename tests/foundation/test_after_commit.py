"""What follows a commit: done once it is durable, in order, and never if it is not; and what needs one."""

import threading

import pytest
from sqlalchemy import text, update

from tests.fakes.things import THINGS, ids


@pytest.fixture
def done():
    return []


@pytest.fixture
def later(database, done):
    """Ask for a word to be added to what was done."""
    return lambda word: database.after_commit(lambda: done.append(word))


def test_an_action_waits_for_the_commit_and_finds_everything_durable(database, neighbour, add):
    seen = []
    with database.transaction():
        add(1)
        database.after_commit(lambda: seen.append((ids(neighbour), database.present_driver())))
        assert seen == []

    assert seen == [([1], None)]


def test_actions_follow_each_other_in_the_order_in_which_they_were_asked_for(database, later, done):
    with database.transaction():
        for word in ("first", "second", "first"):
            later(word)

    assert done == ["first", "second", "first"]


def test_an_action_is_done_once(database, later, done):
    with database.transaction():
        later("once")
    with database.transaction():
        pass

    assert done == ["once"]


@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyboardInterrupt])
def test_after_a_transaction_that_raises_nothing_follows_neither_then_nor_later(database, later, done, fault):
    def fail():
        with database.transaction():
            later("never")
            raise fault

    with pytest.raises(fault):
        fail()
    with database.transaction():
        later("this")

    assert done == ["this"]


def test_after_a_commit_that_fails_nothing_follows(database, later, done):
    # A promise that is looked at when the transaction ends, and not kept then.
    promise = "other integer REFERENCES pairs (id) DEFERRABLE INITIALLY DEFERRED"

    def pair(number, other):
        with database.transaction():
            later(number)
            database.change(text("INSERT INTO pairs VALUES (:number, :other)"), {"number": number, "other": other})

    with database.transaction():
        database.change(text(f"CREATE TABLE pairs (id integer PRIMARY KEY, {promise})"))
    with pytest.raises(database.engine.dialect.dbapi.IntegrityError):
        pair(1, 2)
    pair(3, 3)

    assert done == [3]


def test_what_an_inner_transaction_asks_for_waits_for_the_outer_one(database, later, done):
    with database.transaction():
        with database.transaction():
            later("inner")
        assert done == []
        later("outer")

    assert done == ["inner", "outer"]


def test_when_the_outer_transaction_raises_nothing_follows_the_inner_one_either(database, later, done):
    def fail():
        with database.transaction():
            with database.transaction():
                later("never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert done == []


def test_an_action_may_open_a_transaction_that_is_followed_by_another(database, later, done, add):
    def more():
        done.append("first")
        with database.transaction():
            add(1)
            later("of its own")

    with database.transaction():
        database.after_commit(more)
        later("second")

    assert done == ["first", "of its own", "second"]
    assert ids(database) == [1]


def test_outside_a_transaction_nothing_can_be_asked_for(database, later, done):
    with pytest.raises(RuntimeError, match="needs a transaction"):
        later("never")
    with database.transaction():
        later("this")
    with pytest.raises(RuntimeError, match="needs a transaction"):
        later("never")  # nor is it taken for the transaction before

    assert done == ["this"]


def test_outside_a_transaction_nothing_can_be_written_by_a_statement_that_returns_rows_either(database, add):
    """PostgreSQL would keep it, and SQLite forget it without a word."""
    writing = update(THINGS).values(good=True).returning(THINGS.c.id)
    add(1)
    for ask in (database.rows, database.first):
        with pytest.raises(RuntimeError, match="needs a transaction"):
            ask(writing)
    with database.transaction():
        assert database.first(writing) == (1,)


def test_an_action_itself_is_outside_of_the_transaction(database, done):
    with pytest.raises(RuntimeError, match="needs a transaction"), database.transaction():
        database.after_commit(lambda: database.after_commit(done.clear))


def test_each_thread_has_its_own(database, later, done):
    def elsewhere():
        with database.transaction():
            later("theirs")

    other = threading.Thread(target=elsewhere)
    with database.transaction():
        later("ours")
        if not database.is_sqlite:  # which has one writer at a time
            other.start()
            other.join()
            assert done == ["theirs"]

    assert done[-1] == "ours"
