"""The database: durable transactions that only flows open, and faults told in one word."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from identity_service.foundation.database import Database
from identity_service.foundation.engine import CONNECTIONS, insist_on_answers, open_engine
from identity_service.foundation.errors import DatabaseUnavailable
from identity_service.foundation.prepared import Prepared
from identity_service.foundation.revision import Watch
from tests.fakes.clock import START
from tests.fakes.things import ALL, THINGS, ids, opened
from tests.servers.process import ROOT, free_port

FORKED = """
import os, sys
from sqlalchemy import insert, table, column
from identity_service.foundation.database import Database
from identity_service.foundation.engine import open_engine
from identity_service.foundation.revision import Watch

database = Database(open_engine(sys.argv[1]))

def write(number):
    with database.transaction():
        database.change(insert(table("things", column("id"))).values(id=number))

write(1)
Watch(database).present()
database.release()
child = os.fork()
write(2 if child else 3)
database.release()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_what_a_transaction_changed_is_there_for_everybody_when_it_ends(database, neighbour):
    with database.transaction():
        assert database.change(insert(THINGS).values(id=1)) == 1
        assert ids(database) == [1]
        assert database.first(ALL) == (1,)
    assert ids(neighbour) == [1]


def test_a_change_says_how_many_rows_it_changed(database, add):
    for number in range(3):
        add(number)
    with database.transaction():
        assert database.change(update(THINGS).where(THINGS.c.id > 0).values(good=True)) == 2
        assert database.change(update(THINGS).where(THINGS.c.id > 9).values(good=True)) == 0


def test_a_transaction_that_raises_leaves_everything_as_it_was(database, add):
    def fail():
        with database.transaction():
            database.change(insert(THINGS).values(id=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ids(database) == []
    add(1)
    assert ids(database) == [1]


def test_an_inner_transaction_joins_the_outer_one(database, add):
    def fail():
        with database.transaction():
            add(1)
            add(2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ids(database) == []
    with database.transaction():
        add(1)
        add(2)
    assert ids(database) == [1, 2]


def test_outside_a_transaction_nothing_can_be_changed(database):
    with pytest.raises(RuntimeError, match="needs a transaction"):
        database.change(insert(THINGS).values(id=1))
    with pytest.raises(RuntimeError, match="there is no transaction"):
        database.connection()
    with database.transaction():
        assert database.connection().closed is False


def test_threads_take_turns_to_write(database, add):
    def one_more(number):
        with database.transaction():
            add(len(ids(database)) if database.is_sqlite else number)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(one_more, range(40)))
    assert ids(database) == list(range(40))


def test_a_crowd_shares_few_connections(database, neighbour):
    """A PostgreSQL server lets in 100 clients unless told otherwise, and several of our processes come."""
    crowded = Prepared(database, ALL)
    everybody = threading.Barrier(40)

    def look(_):
        everybody.wait()
        with database.transaction():
            ids(database)
        return crowded.run()

    with ThreadPoolExecutor(40) as crowd:
        assert list(crowd.map(look, range(40))) == [[]] * 40
    if not database.is_sqlite:
        ours = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert neighbour.rows(ours)[0][0] <= 2 * CONNECTIONS["postgresql"] + 1


def test_one_thread_does_not_see_what_another_has_not_finished(database, add):
    add(1)
    with ThreadPoolExecutor(1) as other, database.transaction():
        database.change(insert(THINGS).values(id=2))
        assert other.submit(ids, database).result() == [1]


def test_a_broken_rule_of_the_table_is_no_outage(database, add):
    add(1)
    with pytest.raises(IntegrityError):
        add(1)


def test_no_value_appears_in_the_statement_that_an_error_shows(add):
    add(4_711)
    with pytest.raises(IntegrityError) as fault:
        add(4_711)
    assert "4711" not in str(fault.value).replace(str(fault.value.orig), "")


def test_an_instant_comes_back_aware_and_in_utc(database, add):
    east = timezone(timedelta(hours=2))
    add(1, at=START + timedelta(microseconds=7))
    add(2, at=datetime(2026, 3, 14, 12, 0, tzinfo=east))
    add(3)

    found = [at for (at,) in database.rows(select(THINGS.c.at).order_by(THINGS.c.id))]
    assert found == [START + timedelta(microseconds=7), datetime(2026, 3, 14, 10, 0, tzinfo=UTC), None]
    assert found[1].tzinfo is UTC


def test_a_naive_datetime_is_no_instant(add):
    with pytest.raises(StatementError, match="aware of its time zone"):
        add(1, at=datetime(2026, 3, 14))  # noqa: DTZ001 - what it must refuse


def test_a_connection_that_was_lent_to_somebody_who_failed_is_not_lent_again(database):
    def fail():
        with database.driver():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(database._idle) == []


def test_a_connection_is_lent_again_when_it_comes_back(database):
    with database.driver() as first:
        pass
    with database.driver() as second:
        assert second is first


def test_after_a_release_everything_opens_again(database, add):
    add(1)
    look, watch = Prepared(database, ALL), Watch(database)
    for _ in range(2):
        assert look.run() == [(1,)]
        assert ids(database) == [1]
        watch.present()
        database.release()
    add(2)
    assert look.run() == [(1,), (2,)]


def test_parent_and_child_may_both_write_after_a_fork(database, database_url):
    forked = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKED, database_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (forked.returncode, forked.stderr) == (0, "")
    assert ids(database) == [1, 2, 3]


def test_text_of_every_script_comes_and_goes_whatever_the_server_prefers(postgres):
    url = postgres.create_database(empty=True)
    strange, name = opened(url), "Ада 🦊"
    with strange.transaction():
        strange.change(text(f"ALTER DATABASE {url.rpartition('/')[2]} SET client_encoding = 'LATIN1'"))
    strange.release()

    assert strange.first(text("SELECT CAST(:name AS text)"), {"name": name}) == (name,)
    strange.release()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("question", ["rows", "transaction", "prepared"])
def test_a_server_that_keeps_its_connections_and_does_not_answer_is_an_outage(postgres, question, caplog):
    engine = open_engine(postgres.create_database(empty=True))
    insist_on_answers(engine, 0.3)
    silent, slowly = Database(engine), text("SELECT pg_sleep(60)")

    def change():
        with silent.transaction():
            silent.rows(slowly)

    ask = {"rows": lambda: silent.rows(slowly), "transaction": change, "prepared": Prepared(silent, slowly).run}
    with pytest.raises(DatabaseUnavailable):
        ask[question]()
    assert silent.rows(text("SELECT 1")) == [(1,)]
    assert caplog.records == []
    silent.release()


def test_what_the_address_asks_of_postgresql_goes_along_with_what_we_ask(postgres):
    asked = opened(f"{postgres.create_database(empty=True)}?options=-c%20search_path%3Delsewhere")

    told = "SELECT current_setting('search_path'), current_setting('lock_timeout')"
    assert asked.rows(text(told)) == [("elsewhere", "5s")]
    asked.release()


def test_who_comes_second_waits_for_the_row_and_is_not_sent_away_whatever_the_server_prefers(postgres):
    url = postgres.create_database(empty=True)
    first, second = opened(url), opened(url)
    with first.transaction():
        first.change(
            text(f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_isolation = 'serializable'")
        )
        first.change(text("CREATE TABLE counted AS SELECT 0 AS n"))
    first.release()

    def count():
        with second.transaction():
            began.wait(30)
            return second.rows(text("UPDATE counted SET n = n + 1 RETURNING n"))

    began = threading.Barrier(2)
    with ThreadPoolExecutor(1) as other:
        with first.transaction():
            first.change(text("UPDATE counted SET n = n + 1"))
            waiting = other.submit(count)
            began.wait(30)
            while not first.rows(text("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")):
                assert not waiting.done()
        assert waiting.result() == [(2,)]
    first.release()
    second.release()


@pytest.mark.parametrize("question", ["rows", "transaction", "prepared", "driver"])
def test_a_database_that_does_not_answer_is_unavailable(question):
    away = opened(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing")
    ask = {
        "rows": lambda: away.rows(ALL),
        "transaction": lambda: away.transaction().__enter__(),
        "prepared": lambda: Prepared(away, ALL).run(),
        "driver": lambda: away.driver().__enter__(),
    }

    with pytest.raises(DatabaseUnavailable) as outage:
        ask[question]()
    assert outage.value.retry_after == 1
    assert Watch(away).present() is None


def test_a_folder_that_cannot_be_made_is_an_outage_too(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseUnavailable):
        opened(f"sqlite:///{tmp_path / 'file' / 'identity.db'}").rows(ALL)
