"""Every set of tokens is minted in one place."""

from datetime import timedelta

import pytest

from tests.fakes.people import person, session
from tests.fakes.tokens import claims_of


def test_an_access_token_is_about_the_person_and_the_session(services, ada, begun):
    claims = claims_of(begun.access_token)

    assert (claims["sub"], claims["sid"]) == (ada.id, begun.session_id)
    assert (claims["email"], claims["username"], claims["role"]) == (ada.email, "ada", "ADMIN")
    assert (claims["client_id"], claims["scope"], claims["amr"]) == ("first-party", "openid", ["pwd"])


def test_the_refresh_token_and_the_end_are_those_of_the_session(services, begun):
    assert claims_of(begun.refresh_token)["exp"] == int(begun.expires_at.timestamp())
    assert claims_of(begun.refresh_token)["sessionId"] == begun.session_id


@pytest.mark.environ(SESSION_EXPIRY="1000 * 60 * 2")
def test_an_access_token_lives_as_long_as_the_operator_says(services, begun):
    claims = claims_of(begun.access_token)

    assert timedelta(seconds=claims["exp"] - claims["iat"]) == timedelta(minutes=2)


@pytest.mark.environ(ACCESS_TOKEN_DIALECT="librechat")
def test_in_the_librechat_dialect_no_access_token_says_a_role(services):
    begun = session(services, person(services))

    assert "role" not in claims_of(begun.access_token)
    assert services.verify.access_token(begun.access_token).person.role == "ADMIN"
