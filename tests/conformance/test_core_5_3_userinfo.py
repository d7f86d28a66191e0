"""OpenID Connect Core 1.0 §5.3: the UserInfo endpoint, its requests, answers and errors; RFC 6750 §2 and §3."""

from datetime import timedelta

import pytest

from tests.conformance.party import Somebody, told
from tests.conformance.user_agent import HOME
from tests.fakes.tokens import claims_of

PATH = "/oauth2/userinfo"
SCOPE = "openid profile email"


@pytest.fixture
def tokens(party, browser):
    """What Ada's sign-in brought the party."""
    return party.sign_in(browser, scope=SCOPE)


@pytest.fixture
def bearer(tokens):
    """The header that shows the access token."""
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_it_answers_a_get_with_the_token_in_the_header(wire, bearer, ada):
    answer = wire.get(PATH, base_url=HOME, headers=bearer)

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json()["sub"] == ada.id
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_answers_a_post_with_the_token_in_the_header(wire, bearer, ada):
    """With an empty body, and with an empty form."""
    form = {**bearer, "Content-Type": "application/x-www-form-urlencoded"}

    assert wire.post(PATH, base_url=HOME, headers=bearer).get_json()["sub"] == ada.id
    assert wire.post(PATH, base_url=HOME, headers=form).get_json()["sub"] == ada.id


def test_it_answers_a_post_with_the_token_in_the_body(wire, tokens, ada):
    answer = wire.post(PATH, base_url=HOME, data={"access_token": tokens["access_token"]})

    assert answer.get_json()["sub"] == ada.id


def test_a_token_in_the_address_is_not_read(wire, tokens):
    """RFC 6750 §2.3 is not supported, because addresses are logged (RFC 9700 §4.3.2)."""
    query = {"access_token": tokens["access_token"]}

    assert wire.get(PATH, base_url=HOME, query_string=query).status_code == 401
    assert wire.post(PATH, base_url=HOME, query_string=query).status_code == 401
    assert wire.post(PATH, base_url=HOME, data=query).status_code == 200


def test_a_token_is_shown_in_one_way_at_a_time(wire, tokens, bearer):
    """RFC 6750 §2: otherwise invalid_request, 400."""
    answer = wire.post(PATH, base_url=HOME, headers=bearer, data={"access_token": tokens["access_token"]})

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_the_name_of_the_scheme_is_read_in_any_case(wire, tokens):
    """RFC 9110 §11.1."""
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {tokens['access_token']}"}
        assert wire.get(PATH, base_url=HOME, headers=headers).status_code == 200


def test_the_subject_is_that_of_the_id_token(party, tokens):
    """§5.3.2: a party must verify it."""
    assert told(party.userinfo(tokens["access_token"]))["sub"] == claims_of(tokens["id_token"])["sub"]


def test_whoever_shows_nothing_is_told_which_scheme_to_use_and_nothing_else(wire):
    """RFC 6750 §3.1: no error code in the challenge."""
    for answer in (wire.get(PATH, base_url=HOME), wire.post(PATH, base_url=HOME)):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert "error" not in answer.headers["WWW-Authenticate"] + answer.text


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", '"', "x" * 9000])
def test_what_is_no_token_is_an_invalid_token(party, tokens, token):
    """§5.3.3, RFC 6750 §3.1."""
    answer = party.userinfo(token)

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert party.userinfo(tokens["access_token"]).status_code == 200


def test_a_token_that_has_expired_is_an_invalid_token(party, tokens, clock):
    clock.advance(timedelta(seconds=899))
    assert party.userinfo(tokens["access_token"]).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_a_refresh_token_and_an_id_token_are_invalid_tokens(party, tokens):
    for name in ("refresh_token", "id_token"):
        assert party.userinfo(tokens[name]).status_code == 401
    assert party.userinfo(tokens["access_token"]).status_code == 200


def test_a_token_of_a_client_for_itself_is_an_invalid_token(register, party, tokens):
    back_end = register("Back end")
    own = told(back_end.ask_for_tokens("client_credentials"))["access_token"]

    assert back_end.userinfo(own).status_code == 401
    assert party.userinfo(tokens["access_token"]).status_code == 200


def test_a_token_without_openid_does_not_reach_that_far(party, browser):
    """RFC 6750 §3.1: insufficient_scope, 403."""
    answer = party.userinfo(party.sign_in(browser, scope="profile email")["access_token"])

    assert (answer.status_code, answer.get_json()["error"]) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert party.userinfo(party.sign_in(browser, scope=SCOPE)["access_token"]).status_code == 200


def test_a_token_of_a_session_that_has_ended_is_an_invalid_token(party, browser, tokens):
    browser.submit(browser.open("/account"), "/logout")

    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.userinfo(party.sign_in(browser)["access_token"]).status_code == 200


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_party_may_have_the_answer_signed(register, browser, ada, algorithm):
    """§5.3.2: then it is a JWT with `iss` and `aud`."""
    party = register(userinfo_signed_response_alg=algorithm)
    tokens = party.sign_in(browser, scope=SCOPE)
    answer = party.userinfo(tokens["access_token"])
    signed = party.verified(answer.text, algorithm)

    assert (answer.status_code, answer.mimetype) == (200, "application/jwt")
    assert (signed.claims["iss"], signed.claims["aud"], signed.claims["sub"]) == (HOME, party.client_id, ada.id)
    assert signed.claims["email"] == "ada@example.org"


def test_a_signed_answer_passes_for_no_other_token(register, browser):
    party = register(userinfo_signed_response_alg="RS256")
    answer = party.userinfo(party.sign_in(browser, scope=SCOPE)["access_token"]).text
    party.authorize(browser, Somebody(remember="yes"))

    assert party.userinfo(answer).status_code == 401
    assert party.authorize(browser, id_token_hint=answer).parameters["error"] == "invalid_request"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_it_knows_no_other_method(wire, bearer, method):
    assert wire.open(PATH, base_url=HOME, method=method, headers=bearer).status_code == 405
    assert wire.open(PATH, base_url=HOME, method="GET", headers=bearer).status_code == 200
