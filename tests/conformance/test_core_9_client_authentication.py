"""OpenID Connect Core 1.0 §9, RFC 6749 §2.3: how a party proves who it is at the token endpoint."""

import base64
from datetime import timedelta

import pytest

from tests.conformance.party import CALLBACK, VERIFIER, Somebody, refused, told

INVALID_CLIENT = (401, "invalid_client")


@pytest.fixture
def redemption(party, browser):
    """A token request that lacks nothing but a proof; a fresh one each time."""

    def whole(of=party):
        code = of.authorize(browser, Somebody(remember="yes")).code
        return {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}

    return whole


def basic(client_id, client_secret):
    """Spell the header of client_secret_basic."""
    return f"Basic {base64.b64encode(f'{client_id}:{client_secret}'.encode()).decode()}"


def test_discovery_names_the_ways(party):
    assert party.metadata["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    ]


def test_client_secret_basic(party, redemption):
    header = basic(party.client_id, party.client_secret)

    assert told(party.ask("token_endpoint", redemption(), Authorization=header))["id_token"]


def test_client_secret_post(register, redemption):
    party = register(token_endpoint_auth_method="client_secret_post")
    secret = {"client_id": party.client_id, "client_secret": party.client_secret}

    assert told(party.ask("token_endpoint", {**redemption(party), **secret}))["id_token"]
    assert refused(party.ask("token_endpoint", {**redemption(party), **secret, "client_secret": "x"})) == INVALID_CLIENT


def test_none_is_for_public_clients(public_party, party, redemption):
    named = {"client_id": public_party.client_id}

    assert told(public_party.ask("token_endpoint", {**redemption(public_party), **named}))["id_token"]
    assert refused(party.ask("token_endpoint", {**redemption(), "client_id": party.client_id})) == INVALID_CLIENT


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic eA==",
        "Basic Og==",
        "Bearer x",
        "Digest x",
        "x",
        basic("nobody", "x"),
    ],
)
def test_a_header_that_proves_nothing_is_refused(party, redemption, header):
    form = redemption()

    assert refused(party.ask("token_endpoint", form, Authorization=header)) == INVALID_CLIENT
    assert told(party.ask("token_endpoint", form, **party.basic()))


def test_a_secret_must_be_right_to_the_last_character(party, redemption):
    form, right = redemption(), party.client_secret
    for wrong in (right[:-1], f"{right}x", right.swapcase(), ""):
        header = basic(party.client_id, wrong)
        assert refused(party.ask("token_endpoint", form, Authorization=header)) == INVALID_CLIENT
    assert told(party.ask("token_endpoint", form, **party.basic()))


def test_the_halves_of_the_header_are_form_encoded(party, redemption):
    """RFC 6749 §2.3.1."""
    encoded = "".join(f"%{byte:02X}" for byte in party.client_id.encode())

    assert told(
        party.ask("token_endpoint", redemption(), Authorization=basic(encoded, party.client_secret)),
    )["id_token"]


def test_one_way_at_a_time(party, redemption):
    """RFC 6749 §2.3."""
    form = redemption()
    secret = {"client_id": party.client_id, "client_secret": party.client_secret}

    assert refused(party.ask("token_endpoint", {**form, **secret}, **party.basic())) == (400, "invalid_request")
    assert told(party.ask("token_endpoint", form, **party.basic()))


def test_the_name_may_be_repeated_in_the_form_and_must_be_the_same(party, redemption):
    form = redemption()

    assert refused(party.ask("token_endpoint", {**form, "client_id": "x"}, **party.basic())) == (400, "invalid_request")
    assert told(party.ask("token_endpoint", {**form, "client_id": party.client_id}, **party.basic()))


def test_a_public_client_has_no_secret_to_show(public_party, redemption):
    form = {**redemption(public_party), "client_id": public_party.client_id}

    assert refused(public_party.ask("token_endpoint", {**form, "client_secret": "x"})) == INVALID_CLIENT
    assert told(public_party.ask("token_endpoint", form))["id_token"]


def test_a_secret_may_be_replaced_without_a_gap(party, services, clock, redemption):
    new = services.administer.rotate_client_secret(party.client_id, timedelta(hours=1)).client_secret
    old_header, new_header = party.basic()["Authorization"], basic(party.client_id, new)

    assert told(party.ask("token_endpoint", redemption(), Authorization=new_header))
    assert told(party.ask("token_endpoint", redemption(), Authorization=old_header))
    clock.advance(timedelta(hours=1))
    assert refused(party.ask("token_endpoint", redemption(), Authorization=old_header)) == INVALID_CLIENT
    assert told(party.ask("token_endpoint", redemption(), Authorization=new_header))


def test_a_client_that_was_removed_is_nobody(party, services, clock, browser, redemption):
    form = redemption()
    services.provider.remove_client.by_operator(party.client_id)
    clock.advance(timedelta(seconds=2))

    assert refused(party.ask("token_endpoint", form, **party.basic())) == INVALID_CLIENT
    assert party.send(browser).status_code == 400
