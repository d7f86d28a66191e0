"""Token requests go to the grant that they name, if the client is registered for it (RFC 6749 5.2)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.flows.oidc.token import Token
from identity_service.foundation.errors import InvalidGrant, InvalidRequest, UnauthorizedClient, UnsupportedGrantType
from identity_service.oidc.clients import DYNAMIC, Client
from identity_service.oidc.details import Details
from tests.fakes.clock import START
from tests.fakes.people import VISITOR

GRANTED = Granted("an access token", 900, "openid")


class GenerousGrant:
    """Gives tokens to everybody, and remembers to whom."""

    def __init__(self):
        self.asked = []

    def redeem(self, request, client, visitor, /):
        self.asked.append((request, client, visitor))
        return GRANTED


@pytest.fixture
def generous():
    return GenerousGrant()


@pytest.fixture
def token(services, generous):
    grants = dict.fromkeys(("authorization_code", "refresh_token", "client_credentials"), generous)
    return Token(grants, services.capabilities.clients, services.database.transaction)


def client(*grant_types):
    return Client("app", "App", (), START, details=Details(grant_types=grant_types))


@pytest.mark.parametrize("grant_type", ["authorization_code", "client_credentials", "refresh_token"])
def test_a_request_goes_to_the_grant_that_it_names(token, generous, grant_type):
    request, asking = TokenRequest(grant_type), client(grant_type)

    assert token.answer(asking, request, VISITOR) is GRANTED
    assert generous.asked == [(request, asking, VISITOR)]


@pytest.mark.parametrize("grant_type", ["authorization_code", "client_credentials"])
def test_a_client_gets_nothing_by_a_grant_that_it_is_not_registered_for(token, generous, grant_type):
    with pytest.raises(UnauthorizedClient):
        token.answer(client("refresh_token"), TokenRequest(grant_type), VISITOR)

    assert generous.asked == []


def test_whoever_holds_a_refresh_token_may_present_it(token):
    assert token.answer(client("authorization_code"), TokenRequest("refresh_token"), VISITOR) is GRANTED


@pytest.mark.parametrize("grant_type", ["password", "implicit", "Authorization_Code", "refresh_token ", "\0"])
def test_there_are_no_other_grants(token, grant_type):
    """RFC 9700 §2.4: the password grant must not be used."""
    with pytest.raises(UnsupportedGrantType):
        token.answer(client(grant_type), TokenRequest(grant_type), VISITOR)


def test_a_request_must_name_its_grant(token):
    with pytest.raises(InvalidRequest) as refused:
        token.answer(client(""), TokenRequest(""), VISITOR)

    assert refused.value.detail == "client app: grant_type is missing."


def test_the_log_learns_whose_grant_was_refused(token):
    class StingyGrant:
        def redeem(self, *_):
            raise InvalidGrant(detail="the person is going or gone")

    with pytest.raises(InvalidGrant) as refused:
        replace(token, grants={"refresh_token": StingyGrant()}).answer(client(), TokenRequest("refresh_token"), VISITOR)

    assert (refused.value.detail, refused.value.message) == (
        "client app: the person is going or gone",
        InvalidGrant.message,
    )


def test_a_client_that_registered_itself_is_unused_until_it_asks_for_tokens(services, token):
    clients = services.capabilities.clients
    with services.database.transaction():
        own, ours = clients.register("App", origin=DYNAMIC).client, clients.register("Back end").client
    assert [clients.by_id(each.client_id).is_unused for each in (own, ours)] == [True, False]
    for _ in range(2):
        token.answer(clients.by_id(own.client_id), TokenRequest("authorization_code"), VISITOR)

    assert not clients.by_id(own.client_id).is_unused
    assert clients.unused(START + timedelta(days=1)) == []
