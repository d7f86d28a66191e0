"""Five hundred guesses at once, at two instances with several workers: no more are looked at than the limit says."""

import time

import pytest

from identity_service.accounts.users import NewPerson
from tests.attacks.crowd import behind
from tests.attacks.guessing import ALIASES, guess, once, right, same_secrets, spread, statuses
from tests.fakes.people import HASH
from tests.servers.redis import RedisServer

LIMIT = 7
CROWD = 500
PEOPLE = ("ada@example.org", "grace@example.org", "edsger@example.org", "barbara@example.org", "alan@example.org")


@pytest.fixture(scope="module")
def instances(request, identity_server):
    """A maker of two running instances of one installation, whose people have PASSWORD."""

    def start(**chosen):
        told = {**same_secrets(), "TRUST_PROXY": "1", "BAN_VIOLATIONS": "false", **chosen}
        first = identity_server(environment=told)
        url = next(
            line.partition("=")[2]
            for line in (first.folder / ".env").read_text(encoding="utf-8").splitlines()
            if line.startswith("DATABASE_URL=")
        )
        with behind(first) as services, services.database.transaction():
            for email in PEOPLE:
                services.capabilities.users.add(NewPerson(email, "Somebody", "somebody", HASH))
        return first, identity_server(database_url=url, environment=told)

    return start


@pytest.fixture(scope="module")
def redis():
    """A Redis that is not there yet."""
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def on_sql(instances):
    """Two instances of four workers each that share nothing but the database."""
    return instances(WEB_CONCURRENCY="4")


@pytest.fixture(scope="module")
def on_redis(instances, redis):
    """Two instances that started before their Redis did."""
    servers = instances(WEB_CONCURRENCY="2", REDIS_URI=redis.url)
    assert once(servers[0], right(PEOPLE[-1])).status == 200
    redis.start()
    time.sleep(5.2)
    return servers


def attack(servers, email, spellings=None):
    """Guess from many addresses at once, then try the right password; return how the guesses were answered."""
    told = spellings or (email,)
    answers = spread(servers, [guess(told[number % len(told)]) for number in range(CROWD)])
    assert [once(server, right(email)).status for server in servers] == [429, 429]
    return statuses(answers)


def test_over_eight_workers_that_share_only_the_database(on_sql):
    assert attack(on_sql, "ada@example.org", ALIASES) == {404: LIMIT, 429: CROWD - LIMIT}
    assert once(on_sql[0], right("grace@example.org")).status == 200


def test_whatever_an_attacker_writes_before_what_the_proxy_adds(on_sql):
    own = [guess("edsger@example.org", address=f"10.0.{number}.1, 203.0.113.9") for number in range(100)]

    assert statuses(spread(on_sql, own)) == {404: LIMIT, 429: 100 - LIMIT}


def test_over_four_workers_that_share_redis(on_redis):
    assert attack(on_redis, "ada@example.org") == {404: LIMIT, 429: CROWD - LIMIT}


@pytest.mark.parametrize(
    ("email", "harm"),
    [("grace@example.org", "flush"), ("edsger@example.org", "freeze"), ("barbara@example.org", "stop")],
)
def test_whatever_becomes_of_redis_in_the_middle(on_redis, redis, email, harm):
    answers = [once(on_redis[number % 2], guess(email)) for number in range(4)]
    getattr(redis, harm)()
    try:
        began = time.monotonic()
        answers += [once(on_redis[number % 2], guess(email)) for number in range(4, 12)]
        seconds = time.monotonic() - began
        assert statuses(answers) == {404: LIMIT, 429: 5}
        assert [once(server, right(email)).status for server in on_redis] == [429, 429]
        assert once(on_redis[0], right("alan@example.org")).status == 200
    finally:
        redis.thaw()
    assert seconds < 8 * 0.6
