"""RFC 7009: a party gives a token back."""

import pytest

from tests.conformance.party import Somebody, refused, told
from tests.conformance.user_agent import HOME


@pytest.fixture
def tokens(party, browser):
    """What Ada's sign-in brought the party."""
    return told(party.redeem(party.authorize(browser, Somebody(remember="yes")).code))


def revoke(party, token, **said):
    """Send a revocation request."""
    return party.post("revocation_endpoint", token=token, **said)


def test_discovery_names_the_endpoint(party):
    assert party.metadata["revocation_endpoint"] == f"{HOME}/oauth2/revoke"


def test_a_refresh_token_that_was_revoked_is_good_no_more_and_its_access_tokens_neither(party, tokens):
    """§2.1: access tokens that are based on the same grant should go with it."""
    assert party.userinfo(tokens["access_token"]).status_code == 200
    answer = revoke(party, tokens["refresh_token"])

    assert (answer.status_code, answer.data) == (200, b"")
    assert refused(party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_an_access_token_that_was_revoked_is_good_no_more(party, tokens):
    assert revoke(party, tokens["access_token"]).status_code == 200
    assert party.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "nonsense", "x" * 1000, ""])
def test_a_hint_helps_and_never_hinders(party, tokens, hint):
    """§2.1: a server that does not find the token must look further."""
    assert revoke(party, tokens["refresh_token"], token_type_hint=hint).status_code == 200
    assert refused(party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", "x" * 20_000])
def test_what_is_no_token_of_ours_is_revoked_already(party, tokens, token):
    """§2.2: 200, because the client cannot do anything about it."""
    assert revoke(party, token).status_code == 200
    assert party.userinfo(tokens["access_token"]).status_code == 200


def test_to_revoke_twice_does_no_harm(party, tokens):
    assert revoke(party, tokens["refresh_token"]).status_code == 200
    assert revoke(party, tokens["refresh_token"]).status_code == 200


def test_a_token_of_another_client_stays_good(party, register, tokens):
    """§2.1."""
    other = register("Other")
    for name in ("refresh_token", "access_token"):
        revoke(other, tokens[name])

    assert party.userinfo(tokens["access_token"]).status_code == 200
    assert told(party.refresh(tokens["refresh_token"]))


def test_the_client_must_prove_who_it_is(party, tokens):
    form = {"token": tokens["refresh_token"], "client_id": party.client_id}
    answer = party.ask("revocation_endpoint", form)

    assert refused(answer) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert told(party.refresh(tokens["refresh_token"]))


def test_a_public_client_revokes_its_own(public_party, browser):
    tokens = public_party.sign_in(browser)

    assert revoke(public_party, tokens["refresh_token"]).status_code == 200
    assert refused(public_party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_client_revokes_what_it_got_for_itself(register):
    back_end = register("Back end")
    own = told(back_end.ask_for_tokens("client_credentials"))["access_token"]
    assert told(back_end.post("introspection_endpoint", token=own))["active"] is True
    revoke(back_end, own)

    assert told(back_end.post("introspection_endpoint", token=own)) == {"active": False}


def test_without_a_token_there_is_nothing_to_revoke(party):
    """§2.1: the parameter is required."""
    assert refused(party.post("revocation_endpoint", token_type_hint="access_token")) == (400, "invalid_request")


def test_the_endpoint_is_asked_by_post(party, wire, tokens):
    answer = wire.get(
        "/oauth2/revoke", base_url=HOME, query_string={"token": tokens["access_token"]}, headers=party.basic()
    )

    assert answer.status_code == 405
    assert party.userinfo(tokens["access_token"]).status_code == 200


def test_to_give_a_token_back_signs_nobody_out(party, browser, tokens):
    revoke(party, tokens["refresh_token"])

    assert party.authorize(browser, prompt="none").code
