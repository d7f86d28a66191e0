"""OpenID Connect Core 1.0 §3.1.3.3 and §3.1.3.4, RFC 6749 §5: what the token endpoint answers."""

from urllib.parse import urlencode

import pytest

from tests.conformance.party import CALLBACK, VERIFIER, Somebody, refused, told
from tests.conformance.user_agent import HOME

REDEMPTION = {"code": "x", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
MISTAKES = {
    "no grant type": ({"scope": "openid"}, "invalid_request"),
    "an empty grant type": ({"grant_type": ""}, "invalid_request"),
    "a grant that nobody knows": ({"grant_type": "urn:example:grant"}, "unsupported_grant_type"),
    "the password grant": ({"grant_type": "password", "username": "ada", "password": "x"}, "unsupported_grant_type"),
    "a JWT as a grant": ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
    "no code": ({"grant_type": "authorization_code"}, "invalid_request"),
    "a code that never was": ({"grant_type": "authorization_code", **REDEMPTION}, "invalid_grant"),
    "no refresh token": ({"grant_type": "refresh_token"}, "invalid_request"),
    "a refresh token that never was": ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
    "a grant that it is not registered for": ({"grant_type": "client_credentials"}, "unauthorized_client"),
}


@pytest.fixture
def answer(party, browser):
    """A token response."""
    return party.redeem(party.authorize(browser).code)


def test_the_tokens_come_as_json_that_nobody_keeps(answer):
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")


def test_the_answer_has_the_members_of_the_specification(answer):
    tokens = told(answer)

    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert tokens["token_type"] == "Bearer"
    assert (type(tokens["expires_in"]), tokens["expires_in"]) == (int, 900)


def test_a_client_that_is_not_registered_for_it_gets_no_refresh_token(register, browser):
    assert "refresh_token" not in register("Once").sign_in(browser)


@pytest.mark.parametrize(("said", "error"), MISTAKES.values(), ids=MISTAKES.keys())
def test_what_went_wrong_is_said_in_the_words_of_the_specification(party, said, error):
    answer = party.post("token_endpoint", **said)

    assert refused(answer) == (400, error)
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.get_json()) <= {"error", "error_description", "error_uri"}


@pytest.mark.parametrize(("said", "_"), MISTAKES.values(), ids=MISTAKES.keys())
def test_the_description_is_written_in_allowed_characters(party, said, _):
    """RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E."""
    description = party.post("token_endpoint", **said).get_json()["error_description"]

    assert all(" " <= character <= "~" and character not in '"\\' for character in description)


def test_a_client_that_is_not_who_it_says_is_told_how_to_prove_itself(party):
    """RFC 6749 §5.2: 401, and the scheme that it used."""
    answer = party.ask("token_endpoint", {"grant_type": "authorization_code"}, Authorization="Basic eDp5")

    assert refused(answer) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("name", ["code", "grant_type", "redirect_uri", "code_verifier"])
def test_a_parameter_that_stands_twice_is_an_error(party, browser, wire, name):
    """RFC 6749 §3.2."""
    code = party.authorize(browser).code
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    body = f"{urlencode(form)}&{urlencode({name: form[name]})}"
    headers = {**party.basic(), "Content-Type": "application/x-www-form-urlencoded"}
    answer = wire.post("/oauth2/token", base_url=HOME, data=body, headers=headers)

    assert refused(answer) == (400, "invalid_request")
    assert told(party.redeem(code))


def test_a_parameter_without_a_value_counts_as_left_out(party, browser):
    """RFC 6749 §3.2."""
    code = party.authorize(browser, Somebody(remember="yes")).code

    assert told(party.redeem(code, scope="", refresh_token="", client_secret="", client_assertion=""))
