"""Other machines."""

from ipaddress import ip_network

import pytest
import trustme


def test_redis_is_used_when_its_address_is_there(build):
    assert build(REDIS_URI="redis://cache:6379").redis.is_configured
    assert build(REDIS_URI="redis://cache:6379", USE_REDIS="true").redis.is_configured
    assert not build().redis.is_configured


def test_redis_may_be_switched_off_although_its_address_is_there(build):
    assert not build(REDIS_URI="redis://cache:6379", USE_REDIS="false").redis.is_configured


def test_redis_without_an_address_cannot_be_used(problems):
    assert problems(USE_REDIS="true") == ["REDIS_URI is required when USE_REDIS is true."]


def test_a_cluster_may_have_several_addresses(build, problems):
    uris = "rediss://a:6379,rediss://b:6379"
    assert build(REDIS_URI=uris).redis.uri.get_secret_value() == uris
    assert [problem.split()[0] for problem in problems(REDIS_URI="redis://a:6379,b:6379")] == ["REDIS_URI"]


def test_several_addresses_are_a_cluster(build):
    assert build(REDIS_URI="redis://a:1,redis://b:2").redis.is_cluster
    assert build(REDIS_URI="redis://a:1", USE_REDIS_CLUSTER="true").redis.is_cluster
    assert not build(REDIS_URI="redis://a:1").redis.is_cluster


@pytest.mark.parametrize("uri", ["redis://a", "redis://a:1/1", "redis://a:1?db=0", "redis://a:1,redis://b"])
def test_a_node_of_a_cluster_is_a_host_and_a_port(problems, uri):
    sentence = "REDIS_URI must give each node of a cluster as redis://host:port, with nothing behind it."
    assert problems(REDIS_URI=uri, USE_REDIS_CLUSTER="true") == [sentence]


@pytest.mark.parametrize("uri", ["redis://a:1,rediss://b:1", "rediss://a:1, redis://b:1"])
def test_no_node_of_a_cluster_is_spoken_to_in_clear_beside_encrypted_ones(problems, uri):
    sentence = "REDIS_URI must give all nodes of a cluster as rediss://, or all as redis://: encryption is for all."
    assert problems(REDIS_URI=uri) == [sentence]


def test_a_certificate_authority_is_of_no_use_to_a_redis_in_clear(build, problems, tmp_path):
    (tmp_path / "ca.pem").touch()
    assert build(REDIS_URI="rediss://a", REDIS_CA="ca.pem").redis.ca == tmp_path / "ca.pem"
    sentence = "REDIS_CA is for encrypted connections: REDIS_URI must begin with rediss://."
    assert problems(REDIS_URI="redis://a", REDIS_CA="ca.pem") == [sentence]


def test_two_prefixes_for_redis_are_one_too_many(problems):
    (problem,) = problems(REDIS_KEY_PREFIX="a", REDIS_KEY_PREFIX_VAR="B")
    assert "REDIS_KEY_PREFIX_VAR" in problem


def test_the_prefix_for_redis_may_stand_in_another_variable(build, from_file):
    assert build(REDIS_KEY_PREFIX="chat").redis.prefix == "chat"
    assert build(REDIS_KEY_PREFIX_VAR="K_REVISION", K_REVISION="chat-00042").redis.prefix == "chat-00042"
    assert from_file("REDIS_KEY_PREFIX_VAR=REVISION\nREVISION= r1 \n").redis.prefix == "r1"


def test_a_variable_that_is_not_set_is_no_prefix_for_redis(build, problems):
    assert build(REDIS_KEY_PREFIX_VAR="K_REVISION").redis.prefix == build().redis.prefix == ""
    (problem,) = problems(REDIS_KEY_PREFIX_VAR="K_REVISION", K_REVISION="two\nlines")
    assert problem == "REDIS_KEY_PREFIX_VAR must not contain line breaks or control characters."


def test_the_chat_database_is_a_mongodb(build, problems):
    uri = "mongodb://a:27017,b:27017/LibreChat?replicaSet=rs0"
    assert build(MONGO_URI=uri).chat.mongo_uri.get_secret_value() == uri
    assert problems(MONGO_URI="postgresql://a/b") == ["MONGO_URI must begin with mongodb:// or mongodb+srv://."]


def test_a_file_of_authorities_exists_and_holds_certificates(build, problems, tmp_path):
    assert problems(OUTBOUND_CA_FILE="ca.pem") == ["OUTBOUND_CA_FILE must name an existing file."]
    (tmp_path / "ca.pem").touch()
    assert problems(OUTBOUND_CA_FILE="ca.pem") == ["OUTBOUND_CA_FILE must be a file of certificates in PEM."]
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    assert build(OUTBOUND_CA_FILE="ca.pem").outbound.ca_file == tmp_path / "ca.pem"


def test_private_places_are_addresses_networks_and_names(build):
    listed = "127.0.0.1, 10.0.0.0/8,::1,fd00::/8, Keycloak,id.internal ,"
    networks = [ip_network(each) for each in ("127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8")]
    assert build(OUTBOUND_ALLOW_PRIVATE=listed).outbound.allow_private == (*networks, "keycloak", "id.internal")


def test_nothing_private_is_allowed_unless_it_is_listed(build):
    assert build().outbound.allow_private == build(OUTBOUND_ALLOW_PRIVATE=" , ").outbound.allow_private == ()


@pytest.mark.parametrize(
    "text",
    [
        *("true", "False", "10.0.0.300", "10.0.0.5/8", "127.1", "2130706433", "0x7f000001", "fd00::/200", "[::1]"),
        *("http://keycloak", "keycloak:8080", "key cloak", "*.internal", "keycloak.", "10.0.0.1,keycloak/", "käse"),
    ],
)
def test_what_is_neither_stops_the_start(problems, text):
    sentence = "OUTBOUND_ALLOW_PRIVATE must list addresses, networks such as 10.0.0.0/8 or host names, with commas."
    assert problems(OUTBOUND_ALLOW_PRIVATE=text) == [sentence]
