"""Signing out at the provider as well."""

from urllib.parse import parse_qs, urlsplit

import pytest

from identity_service.foundation.vault import Vault
from identity_service.upstream.farewells import Farewells, Kept, Manner, address_of
from identity_service.upstream.provider import Farewell
from tests.fakes.people import person, session

ENDPOINT = "https://idp.example.org/logout"
MANNER = Manner("us", "https://chat.example.org/login", 2000)


def asked(farewell, manner=MANNER):
    address = address_of(farewell, manner, "ada@example.org")
    assert len(address) <= max(manner.longest, 200)
    return address.partition("?")[0], parse_qs(urlsplit(address).query)


def test_the_id_token_says_whose_session_is_meant():
    assert asked(Farewell(ENDPOINT, "a.b.c")) == (
        ENDPOINT,
        {"post_logout_redirect_uri": [MANNER.landing], "id_token_hint": ["a.b.c"]},
    )


def test_an_id_token_that_would_make_the_address_too_long_is_replaced_by_a_hint():
    _, query = asked(Farewell(ENDPOINT, "x" * 3000))

    assert query == {
        "post_logout_redirect_uri": [MANNER.landing],
        "client_id": ["us"],
        "logout_hint": ["ada@example.org"],
    }


def test_without_an_id_token_the_client_is_named():
    _, query = asked(Farewell(ENDPOINT, ""))

    assert query == {"post_logout_redirect_uri": [MANNER.landing], "client_id": ["us"]}


def test_an_endpoint_with_a_query_keeps_it():
    _, query = asked(Farewell(f"{ENDPOINT}?tenant=7", "a.b.c"))

    assert query["tenant"] == ["7"]


@pytest.fixture
def farewells(services):
    return services.upstream.farewell.farewells


@pytest.fixture
def session_id(services):
    return session(services, person(services)).session_id


def test_what_is_needed_is_kept_sealed_as_long_as_the_session(services, farewells, session_id, chance):
    with services.database.transaction():
        farewells.keep(session_id, "openid", Farewell(ENDPOINT, "a.b.c"))

    assert farewells.of(session_id) == Kept("openid", Farewell(ENDPOINT, "a.b.c"))
    assert farewells.of("f" * 24) is None
    with_another_key = Farewells(services.database, Vault(b"x" * 32, chance))
    assert with_another_key.of(session_id) == Kept("openid", Farewell(ENDPOINT, ""))


def test_it_goes_with_the_session(services, farewells, session_id, clock):
    with services.database.transaction():
        farewells.keep(session_id, "openid", Farewell(ENDPOINT, "a.b.c"))
        services.capabilities.sessions.forget_expired(clock.now().replace(year=2100))

    assert farewells.of(session_id) is None
