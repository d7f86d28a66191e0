"""The line to Redis, tried as the doors use it: what they cannot count in is told, and nothing else."""

import ssl

import pytest
import trustme

from identity_service.foundation import redis_line
from tests.fakes.installation import settings_of
from tests.servers.process import free_port
from tests.servers.redis import RedisCluster, RedisServer, SlowLine


@pytest.fixture(scope="module")
def running():
    with RedisServer(password="the right one") as server:
        yield server


@pytest.fixture(scope="module")
def address(running):
    return f"redis://:the%20right%20one@127.0.0.1:{running.port}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """An authority, and the file of its certificate."""
    issuer, file = trustme.CA(), tmp_path_factory.mktemp("authority") / "ca.pem"
    issuer.cert_pem.write_to_path(file)
    return issuer, file


@pytest.fixture
def encrypted(running, address, authority):
    """The address of the same Redis by TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    with SlowLine(running.port, 0, context) as line:
        yield address.replace("redis:", "rediss:").replace(str(running.port), str(line.port))


def trouble(uri, **chosen):
    return redis_line.trouble(settings_of(REDIS_URI=uri, **chosen).redis)


def test_one_that_counts_is_well_and_keeps_nothing(running, address):
    assert trouble(address) is None
    assert trouble(running.url, REDIS_PASSWORD="the right one") is None
    assert running.client().keys() == []


def test_one_that_is_away_or_does_not_let_us_in_is_told_without_a_password(running):
    assert "refused" in trouble(f"redis://127.0.0.1:{free_port()}")
    assert "invalid" in trouble(running.url, REDIS_PASSWORD="the-wrong-one")
    assert "the-wrong-one" not in trouble(running.url, REDIS_PASSWORD="the-wrong-one")


def test_one_without_the_database_of_that_number_is_told(address):
    assert "out of range" in trouble(f"{address}/999")


def test_one_that_only_reads_is_told(running, address):
    running.client().replicaof("127.0.0.1", running.port)
    try:
        assert "read only" in trouble(address)
    finally:
        running.client().replicaof("no", "one")


def test_one_whose_memory_is_full_is_told(running, address):
    running.client().config_set("maxmemory", "1")
    try:
        assert "memory" in trouble(address)
    finally:
        running.client().config_set("maxmemory", "0")


def test_one_that_gives_us_no_right_to_count_is_told(running):
    running.client().acl_setuser("guest", enabled=True, passwords=["+secret"], commands=["+ping"], keys=["*"])

    assert "permission" in trouble(running.url, REDIS_USERNAME="guest", REDIS_PASSWORD="secret")


def test_a_single_one_that_is_taken_for_a_cluster_is_told(address):
    assert "cluster" in trouble(address, USE_REDIS_CLUSTER="true").lower()


def test_a_cluster_whose_password_stands_at_one_node_is_well():
    with RedisCluster(password="secret") as server:
        assert trouble(f"redis://127.0.0.1:{server.port},redis://:secret@127.0.0.1:{server.port}") is None


def test_what_the_address_says_of_certificates_is_heeded(encrypted, authority):
    assert trouble(f"{encrypted}?ssl_ca_certs={authority[1]}") is None
    assert trouble(f"{encrypted}?ssl_cert_reqs=none&ssl_check_hostname=false") is None


def test_an_authority_beside_the_address_is_heeded(encrypted, authority):
    assert trouble(encrypted, REDIS_CA=str(authority[1])) is None


def test_a_certificate_of_an_unknown_authority_is_told(encrypted):
    assert "CERTIFICATE_VERIFY_FAILED" in trouble(encrypted)
