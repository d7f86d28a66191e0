"""Redis in front of the counters: it sheds floods while it is there, and is not missed while it is not."""

import time

import pytest
from werkzeug.test import Client

from identity_service.app import create_app, services_of, with_entrance
from identity_service.foundation.redis_line import PATIENCE
from identity_service.foundation.settings import load
from identity_service.web.limits_redis import RedisWindows
from tests.fakes.secrets import GOOD_SECRETS
from tests.servers.process import free_port
from tests.servers.redis import RedisCluster, RedisServer, SlowLine

BODY = {"email": "nobody@example.org", "password": "a wrong one"}


@pytest.fixture(scope="module")
def running():
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis(running):
    """A Redis that is empty."""
    running.flush()
    return running


@pytest.fixture
def opened(ready_url, tmp_path):
    """A maker of applications that know a Redis."""
    made = []

    def make(**chosen):
        made.append(create_app(load({**GOOD_SECRETS, "DATABASE_URL": ready_url, **chosen}, tmp_path)))
        return made[-1]

    yield make
    for app in made:
        services_of(app).database.release()


@pytest.fixture
def told(opened):
    """A maker of services that know a Redis."""
    return lambda **chosen: services_of(opened(**chosen))


@pytest.fixture
def windows(told):
    """A maker of windows in a Redis, which asks again at once after a failure unless told otherwise."""
    return lambda url, rest=0.0, **chosen: RedisWindows(told(REDIS_URI=url, **chosen), rest=rest)


def admitted(windows, times=1):
    return [windows.admits("a bucket", 3, 60) for _ in range(times)]


def test_it_counts_in_a_moving_window(redis, windows):
    asked = windows(redis.url)

    assert admitted(asked, 5) == [True, True, True, False, False]
    assert not asked.is_away


def test_all_processes_share_its_windows(redis, windows):
    first, second = windows(redis.url), windows(redis.url)

    assert [*admitted(first, 2), *admitted(second, 2), *admitted(first)] == [True, True, True, False, False]


def test_a_bucket_that_was_forgotten_is_empty(redis, windows):
    asked = windows(redis.url)
    admitted(asked, 3)
    asked.forget("a bucket")

    assert admitted(asked) == [True]


def test_keys_carry_the_operators_prefix(redis, windows):
    admitted(windows(redis.url, REDIS_KEY_PREFIX="chat"))
    admitted(windows(redis.url, REDIS_KEY_PREFIX_VAR="K_REVISION", K_REVISION="r1"))

    assert sorted(redis.client().keys()) == [b"chat::identity:a bucket", b"r1::identity:a bucket"]


def test_one_that_is_not_there_says_nothing_and_is_asked_again(windows):
    server = RedisServer()
    asked = windows(server.url)

    assert admitted(asked, 2) == [None, None]
    assert asked.is_away

    with server:
        assert admitted(asked, 2) == [True, True]
        assert not asked.is_away
    assert admitted(asked) == [None]


def test_after_a_failure_it_is_left_alone_for_a_while(redis, windows, capsys):
    asked = windows(f"redis://127.0.0.1:{free_port()}", rest=3600)

    assert admitted(asked, 5) == [None] * 5
    assert capsys.readouterr().out.count("limits.redis_away") == 1


def test_a_wrong_password_is_a_failure_like_any_other_and_stands_in_no_log(windows, capsys):
    with RedisServer(password="the right one") as server:
        asked = windows(server.url, REDIS_PASSWORD="the-wrong-one")
        right = windows(server.url, REDIS_PASSWORD="the right one")

        assert admitted(asked) == [None]
        assert admitted(right) == [True]
    assert "the-wrong-one" not in capsys.readouterr().out


def test_one_that_is_frozen_or_slow_costs_its_patience_once(redis, windows):
    asked = windows(redis.url, rest=3600)
    admitted(asked)
    redis.freeze()
    try:
        began = time.monotonic()
        assert admitted(asked, 20) == [None] * 20
        assert time.monotonic() - began < PATIENCE * 15  # of the twenty it would be without a rest
    finally:
        redis.thaw()
    with SlowLine(redis.port, 2) as line:
        slow = windows(f"redis://127.0.0.1:{line.port}", rest=3600)
        began = time.monotonic()
        assert admitted(slow, 20) == [None] * 20
        assert time.monotonic() - began < PATIENCE * 15  # of the twenty it would be without a rest


def test_a_full_memory_is_a_failure_like_any_other(windows):
    with RedisServer() as server:
        server.client().config_set("maxmemory", "1")
        assert admitted(windows(server.url)) == [None]


def guesses(app):
    client = Client(with_entrance(app), use_cookies=False)
    return lambda: client.post("/api/auth/login", json=BODY).status_code


@pytest.fixture
def guess(opened, redis):
    """A guess through the door, and what stands behind it."""
    return guesses(opened(REDIS_URI=redis.url, LOGIN_MAX="4"))


def test_what_redis_lets_pass_is_counted_in_the_database_too_so_nobody_gains_by_its_loss(guess, redis):
    before = [guess() for _ in range(3)]
    redis.flush()
    after = [guess() for _ in range(3)]

    assert before + after == [404] * 4 + [429] * 2


def test_whoever_waits_as_long_as_told_is_let_in_although_redis_was_emptied_meanwhile(opened, redis):
    client = Client(with_entrance(opened(REDIS_URI=redis.url, LOGIN_MAX="2", LOGIN_WINDOW="3 / 60")), use_cookies=False)
    before = [client.post("/api/auth/login", json=BODY).status_code for _ in range(2)]
    redis.flush()
    time.sleep(1)
    refused = [client.post("/api/auth/login", json=BODY) for _ in range(3)]
    time.sleep(float(refused[-1].headers["Retry-After"]))

    assert (before, [answer.status_code for answer in refused]) == ([404] * 2, [429] * 3)
    assert client.post("/api/auth/login", json=BODY).status_code == 404


def test_what_the_database_could_not_count_counts_for_nobody_when_it_is_back(opened, redis, tmp_path):
    (tmp_path / "no folder").touch()
    away = guesses(opened(REDIS_URI=redis.url, LOGIN_MAX="4", DATABASE_URL="sqlite:///no folder/identity.db"))
    back = guesses(opened(REDIS_URI=redis.url, LOGIN_MAX="4"))

    assert [away() for _ in range(6)] == [503] * 6
    assert [back() for _ in range(5)] == [404] * 4 + [429]


def test_a_cluster_that_is_not_there_keeps_nobody_out_and_is_asked_again(opened, windows, capsys):
    server = RedisCluster()
    address = server.url.removesuffix("/0")
    guess = guesses(opened(REDIS_URI=address, USE_REDIS_CLUSTER="true", LOGIN_MAX="4"))
    asked = windows(address, USE_REDIS_CLUSTER="true")

    assert [guess() for _ in range(5)] == [404] * 4 + [429]
    assert admitted(asked) == [None]
    with server:
        assert admitted(asked, 4) == [True, True, True, False]
    assert admitted(asked, 2) == [None, None]
    assert asked.is_away
    with server:
        assert admitted(asked) == [True]
    assert capsys.readouterr().out.count("Traceback") == 0


def test_a_cluster_that_is_frozen_costs_its_patience_once(windows):
    with RedisCluster() as server:
        asked = windows(server.url.removesuffix("/0"), rest=3600, USE_REDIS_CLUSTER="true")
        admitted(asked)
        server.freeze()
        began = time.monotonic()

        assert admitted(asked, 20) == [None] * 20
        assert time.monotonic() - began < PATIENCE * 15


def test_a_cluster_has_its_password_in_the_address_of_any_node_as_one_redis_has(windows):
    with RedisCluster(password="p@ss:w/rd") as server:
        address = f"redis://127.0.0.1:{server.port},redis://:p%40ss%3Aw%2Frd@127.0.0.1:{server.port}"

        assert admitted(windows(address)) == [True]
        assert admitted(windows(address, REDIS_PASSWORD="the wrong one")) == [True]


def test_a_flood_is_refused_without_the_database_hearing_of_it(opened, redis):
    app = opened(REDIS_URI=redis.url)
    services = services_of(app)
    counters = next(iter(app.extensions["limiter"])).storage
    bucket = ("a bucket", 2, 60)
    with app.app_context():
        assert [counters.acquire_entry(*bucket) for _ in range(3)] == [True, True, False]
        with services.database.transaction():
            services.moderation.count.windows.forget("a bucket")

        assert counters.acquire_entry(*bucket) is False
        counters.clear("a bucket")
        assert counters.acquire_entry(*bucket) is True
