"""Addresses of databases and caches: what a driver would stumble over stops the start, and is not repeated."""

import sys
from subprocess import check_output

import pytest
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri
from redis.connection import parse_url
from sqlalchemy import make_url

SECRET = "hidden-among-the-rest"
FORM = "MONGO_URI must be of the form mongodb://user:password@host:27017/database, escaped with %."


@pytest.mark.parametrize(
    "uri",
    [
        "redis://cache",
        "redis://:p%40ss@cache:6379/3",
        "redis://me:pw@[::1]:6379/",
        "redis://cache?db=2&socket_timeout=0.5&health_check_interval=30&protocol=3&client_name=identity",
        "rediss://cache?ssl_cert_reqs=required&ssl_check_hostname=false&ssl_ca_certs=/etc/ca.pem",
        "redis://cache?username=me&password=pw&decode_responses=true&encoding=utf-8&",
    ],
)
def test_addresses_of_redis_that_its_driver_understands_stay_as_they_are(build, uri):
    assert build(REDIS_URI=uri).redis.uri.get_secret_value() == uri
    assert parse_url(uri)["host"] in {"cache", "::1"}


@pytest.mark.parametrize(
    "behind",
    [
        *("?bogus=1", "?db=x", "?db=", "?db=-1", "?socket_timeout=x", "?health_check_interval=x", "?family=6"),
        *("?max_connections=0", "?retry_on_timeout=perhaps", "?protocol=4", "?db", "#db=1", "/x", "/0/1"),
        *("?ssl_cert_reqs=none", "?decode_responses=perhaps", "?encoding=nonsense"),
    ],
)
def test_what_the_driver_of_redis_would_stumble_over_stops_the_start(problems, behind):
    (problem,) = problems(REDIS_URI=f"redis://:{SECRET}@127.0.0.1:1{behind}")
    assert problem.startswith("REDIS_URI ")
    assert SECRET not in problem


@pytest.mark.parametrize("uri", ["REDIS://h:6379", "redisS://h:6379", "redis://h:1, Redis://i:1"])
def test_an_address_of_redis_begins_with_small_letters_as_its_driver_wants_it(problems, uri):
    assert problems(REDIS_URI=uri) == ["REDIS_URI must begin with redis:// or rediss://, in small letters."]


@pytest.mark.parametrize("uri", ["redis://h:6379?family=0", "redis://h:6379/x", "redis://h/1,redis://i"])
def test_an_address_that_is_not_used_may_be_another_client_s(build, uri):
    assert not build(REDIS_URI=uri, USE_REDIS="false", REDIS_CA=__file__).redis.is_configured


@pytest.mark.parametrize(
    ("uri", "is_right"),
    [
        ("redis://h:1,redis://i:2", True),
        ("redis://h:1/0,redis://i:2/", True),
        ("rediss://u:p@h:1,rediss://u:p@i:2", True),
        ("redis://u:p@h:1,redis://i:2", True),
        ("redis://u:p@h:1,redis://u:q@i:2", False),
        ("redis://h:1/3,redis://i:2", False),
        ("redis://h,redis://i:2", False),
    ],
)
def test_the_nodes_of_a_cluster_have_a_port_one_user_and_no_number(build, problems, uri, is_right):
    if is_right:
        assert build(REDIS_URI=uri).redis.is_cluster
    else:
        assert len(problems(REDIS_URI=uri)) == 1


def test_encryption_has_options_of_its_own(problems):
    (problem,) = problems(REDIS_URI="rediss://cache?ssl_cert_reqs=perhaps")
    assert "ssl_cert_reqs" in problem


@pytest.mark.parametrize(
    "query",
    [
        *("sslmode=verify-full&sslrootcert=/etc/ca.pem&application_name=identity", "host=/run/postgresql&user=me"),
        *("host=a:1&host=b:2&target_session_attrs=read-write", "channel_binding=require&keepalives_idle=30"),
        # The patience is the service's own; what is told of it does no harm.
        *("sslmode=require&connect_timeout=10&options=endpoint%3Dx", "tcp_user_timeout=1&application_name=&"),
        *("sslnegotiation=direct&target_session_attrs=prefer-standby", "sslcertmode=allow&load_balance_hosts=random"),
    ],
)
def test_options_of_postgresql_reach_it(build, query):
    url = build(DATABASE_URL=f"postgresql+psycopg://u:p@db/x?{query}").database.url.get_secret_value()
    assert url == f"postgresql+psycopg://u:p@db/x?{query}"
    assert set(make_url(url).query) <= {pair.partition("=")[0] for pair in query.split("&")}


@pytest.mark.parametrize(
    "query",
    [
        *("bogus=1", "a=b=c&", "#x", "autocommit=1", "sslmode=require&Sslmode=x"),
    ],
)
def test_options_that_postgresql_does_not_have_stop_the_start(problems, query):
    (problem,) = problems(DATABASE_URL=f"postgresql+psycopg://u:{SECRET}@db/x?{query}")
    assert problem.startswith("DATABASE_URL ")
    assert SECRET not in problem


def test_sqlite_has_no_options(problems):
    sentence = "DATABASE_URL must have nothing behind a ?, as in sqlite:///data/identity.db."
    assert problems(DATABASE_URL="sqlite:///data/identity.db?mode=ro") == [sentence]


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://h",
        "mongodb://h:27017/LibreChat",
        "mongodb://h/",
        "mongodb://u@h/x",
        "mongodb://u:p%40ss@h:1,[::1]:2,c/LibreChat?replicaSet=rs0&authSource=admin",
        "mongodb://h/x?authMechanismProperties=SERVICE_NAME:b;w=1",
        "mongodb://%2Ftmp%2Fmongodb-27017.sock/x",
    ],
)
def test_addresses_of_mongodb_that_its_driver_understands_stay_as_they_are(build, uri):
    assert build(MONGO_URI=uri).chat.mongo_uri.get_secret_value() == uri
    assert parse_uri(uri)["nodelist"]


def test_an_address_that_is_looked_up_has_one_host_and_no_port(build, problems):
    uri = f"mongodb+srv://u:{SECRET}@cluster0.example.mongodb.net/LibreChat?retryWrites=true&w=majority"
    assert build(MONGO_URI=uri).chat.mongo_uri.get_secret_value() == uri
    for wrong in ("a.example.net:27017", "a.example.net,b.example.net"):
        assert problems(MONGO_URI=f"mongodb+srv://{wrong}/x") == [FORM]


@pytest.mark.parametrize(
    "uri",
    [
        *("mongodb://", "mongodb:///x", "mongodb://a,/x", "mongodb://@h/x", "mongodb://:p@h/x"),
        *("mongodb://u:p@ss@h/x", "mongodb://u:p:q@h/x", "mongodb://u:p/w@h/x", "mongodb://u:p%w@h/x"),
        *("mongodb://127.0.0.1:99999/x", "mongodb://h:0/x", "mongodb://h:x/x", "mongodb://::1/x", "mongodb://[::1/x"),
        *(
            "mongodb://h/a b",
            "mongodb://h/a/b",
            "mongodb://h/x?retryWrites",
            "mongodb://h/x?w=1&",
            "mongodb://h/?a=b=c",
        ),
        "mongodb://h/x?w=1&a=b;c=d",
    ],
)
def test_what_the_driver_of_mongodb_would_not_read_stops_the_start(problems, uri):
    assert problems(MONGO_URI=uri) == [FORM]
    with pytest.raises((PyMongoError, ValueError)):
        parse_uri(uri)


def test_several_wrong_addresses_are_told_together_and_without_their_secrets(problems):
    told = problems(
        MONGO_URI=f"mongodb://u:{SECRET}@h@h/x",
        REDIS_URI=f"redis://:{SECRET}@h?{SECRET}=1",
        DATABASE_URL=f"postgresql://u:{SECRET}@h/x?{SECRET}=1",
    )
    assert sorted(problem.split()[0] for problem in told) == ["DATABASE_URL", "MONGO_URI", "REDIS_URI"]
    assert SECRET not in "".join(told)


def test_no_driver_is_loaded_to_read_an_address():
    script = (
        "import sys; from pathlib import Path; from identity_service.foundation.settings import load; "
        "from tests.fakes.secrets import GOOD_SECRETS; "
        "load({**GOOD_SECRETS, 'MONGO_URI': 'mongodb://h/x', 'REDIS_URI': 'redis://h',"
        " 'DATABASE_URL': 'postgresql://h/x'}, Path('/nowhere')); "
        "print({'pymongo', 'redis', 'psycopg'} & set(sys.modules))"
    )
    assert check_output([sys.executable, "-c", script], text=True) == "set()\n"
