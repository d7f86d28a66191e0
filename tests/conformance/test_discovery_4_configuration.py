"""OpenID Connect Discovery 1.0 §4, RFC 8414 §3: where the document is, and how it is served."""

import json

import pytest

from tests.conformance.user_agent import HOME

OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"


def test_it_is_found_below_the_issuer(wire, party):
    """§4.3: its `issuer` must be exactly the address that the well-known path was added to."""
    answer = wire.get(OPENID, base_url=HOME)

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert f"{answer.get_json()['issuer']}{OPENID}" == f"{HOME}{OPENID}"


def test_clients_of_oauth_find_the_same(wire):
    assert wire.get(OAUTH, base_url=HOME).get_json() == wire.get(OPENID, base_url=HOME).get_json()


def test_it_is_utf_8_json_in_which_no_name_stands_twice(wire):
    pairs = []
    json.loads(wire.get(OPENID, base_url=HOME).data.decode("utf-8"), object_pairs_hook=pairs.extend)
    names = [name for name, _ in pairs]

    assert len(names) == len(set(names)) > 20


@pytest.mark.parametrize("path", [OPENID, OAUTH])
def test_it_may_be_read_from_every_page_and_kept_for_a_while(wire, path):
    answer = wire.get(path, base_url=HOME, headers={"Origin": "https://spa.example.org"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_the_keys_may_be_read_from_every_page(party):
    first = party.get("jwks_uri", Origin="https://spa.example.org")
    unchanged = party.get("jwks_uri", **{"If-None-Match": first.headers["ETag"]})

    assert first.headers["Access-Control-Allow-Origin"] == unchanged.headers["Access-Control-Allow-Origin"] == "*"
    assert (first.status_code, unchanged.status_code) == (200, 304)


def test_the_host_of_the_request_does_not_change_it(wire):
    """Otherwise somebody else's name could come to stand in a cache."""
    usual = wire.get(OPENID, base_url=HOME).data

    assert wire.get(OPENID, base_url="https://evil.example.org").data == usual
    assert wire.get(OPENID, base_url=HOME, headers={"X-Forwarded-Host": "evil.example.org"}).data == usual


@pytest.mark.parametrize("path", [f"{OPENID}/", f"{OPENID}.json", f"/x{OPENID}", "/.well-known/webfinger"])
def test_beside_it_there_is_nothing(wire, path):
    assert wire.get(path, base_url=HOME).status_code == 404
    assert wire.get(OPENID, base_url=HOME).status_code == 200


def test_it_is_only_read(wire):
    assert wire.post(OPENID, base_url=HOME).status_code == 405
    assert wire.head(OPENID, base_url=HOME).status_code == 200


def test_the_keys_are_found_where_it_says(party):
    """§3, `jwks_uri`: at least one signing key for every algorithm that is named."""
    answer = party.get("jwks_uri")
    algorithms = {key["alg"] for key in answer.get_json()["keys"]}

    assert answer.mimetype == "application/json"
    assert algorithms == set(party.metadata["id_token_signing_alg_values_supported"])
    assert party.metadata["jwks_uri"] == f"{HOME}/.well-known/jwks.json"
