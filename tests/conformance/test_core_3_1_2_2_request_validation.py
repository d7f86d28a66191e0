"""OpenID Connect Core 1.0 §3.1.2.2 and §3.1.2.6, RFC 6749 §4.1.2.1: what is wrong with a request, and who is told."""

import pytest

from tests.conformance.party import CALLBACK, NONCE, STATE, Somebody, told
from tests.conformance.user_agent import HOME, UserAgent
from tests.fakes.tokens import claims_of

TOLD_TO_THE_PARTY = {
    "no response type": ({"response_type": None}, "invalid_request"),
    "an empty response type": ({"response_type": ""}, "invalid_request"),
    "the implicit flow": ({"response_type": "id_token token"}, "unsupported_response_type"),
    "the hybrid flow": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "nothing at all": ({"response_type": "none"}, "unsupported_response_type"),
    "a response type in capitals": ({"response_type": "CODE"}, "unsupported_response_type"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "only scopes that nobody knows": ({"scope": "foo bar"}, "invalid_scope"),
    "scopes with a comma between": ({"scope": "openid,email"}, "invalid_scope"),
    "a scope in capitals": ({"scope": "OPENID"}, "invalid_scope"),
    "a response mode that nobody knows": ({"response_mode": "fragment.jwt"}, "invalid_request"),
    "the answer in a fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "a prompt that contradicts itself": ({"prompt": "none login"}, "invalid_request"),
    "no challenge": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "the plain challenge": ({"code_challenge_method": "plain"}, "invalid_request"),
    "a challenge without its method": ({"code_challenge_method": None}, "invalid_request"),
    "a method without its challenge": ({"code_challenge": None}, "invalid_request"),
    "a challenge that is none": ({"code_challenge": "tooshort"}, "invalid_request"),
    "a hint that is no token": ({"id_token_hint": "x"}, "invalid_request"),
    "claims that are no JSON": ({"claims": "{"}, "invalid_request"),
    "a control character in the state": ({"state": "a\r\nb"}, "invalid_request"),
}

NOT_REDIRECTED = {
    "no client": {"client_id": None},
    "a client that nobody knows": {"client_id": "0123456789abcdef01234567"},
    "a client that cannot be": {"client_id": "' OR 1=1 --"},
    "no address": {"redirect_uri": None},
    "an empty address": {"redirect_uri": ""},
    "an address of somebody else": {"redirect_uri": "https://evil.example.org/callback"},
    "a page of the same host": {"redirect_uri": "https://app.example.org/other"},
}


@pytest.mark.parametrize(("changes", "error"), TOLD_TO_THE_PARTY.values(), ids=TOLD_TO_THE_PARTY.keys())
def test_the_party_learns_what_is_wrong(party, browser, changes, error):
    answer = party.authorize(browser, **changes)

    assert answer.address == CALLBACK
    assert answer.parameters["error"] == error
    assert answer.parameters["iss"] == HOME
    assert answer.asked == (), "nobody has to sign in for a request that fails anyhow"
    assert "code" in party.authorize(browser).parameters


@pytest.mark.parametrize("changes", NOT_REDIRECTED.values(), ids=NOT_REDIRECTED.keys())
def test_without_a_party_to_trust_the_person_is_told(party, browser, changes):
    """Whatever else is wrong or right with the request."""
    for more in ({}, {"prompt": "none"}, {"response_type": "x"}, {"response_mode": "form_post"}):
        page = party.send(browser, **more, **changes)
        assert (page.status_code, page.mimetype, page.location) == (400, "text/html", None)
        assert "evil.example.org" not in page.text
        assert all(answer.status_code == 400 for answer in browser.seen), "there has been no redirect on the way"
    assert party.send(browser).status_code == 200


@pytest.mark.parametrize("changes", NOT_REDIRECTED.values(), ids=NOT_REDIRECTED.keys())
def test_it_is_the_same_for_a_request_by_post(party, browser, changes):
    page = browser.come(party.metadata["authorization_endpoint"], party.request(**changes))

    assert (page.status_code, page.mimetype, page.location) == (400, "text/html", None)
    assert browser.come(party.metadata["authorization_endpoint"], party.request()).status_code == 200


def test_an_error_brings_the_state_back_unchanged(party, browser):
    assert party.authorize(browser, scope="foo").parameters["state"] == STATE
    assert "state" not in party.authorize(browser, scope="foo", state=None).parameters


@pytest.mark.parametrize(
    "name", ["scope", "state", "nonce", "response_type", "code_challenge", "prompt", "max_age", "claims"]
)
def test_a_parameter_that_stands_twice_is_an_error(party, browser, name):
    """RFC 6749 §3.1."""
    value = {"prompt": "login", "max_age": "9", "claims": "{}"}.get(name) or party.request()[name]
    address = party.at("authorization_endpoint", party.request(**{name: value}))

    assert "error=invalid_request" in (browser.come(f"{address}&{name}={value}").location or "")
    assert browser.come(address).status_code == 200


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_who_asks_and_where_the_answer_goes_must_be_said_once(party, browser, name):
    address = party.at("authorization_endpoint", party.request())

    assert browser.come(f"{address}&{name}={party.request()[name]}").status_code == 400
    assert browser.come(address).status_code == 200


def test_an_unknown_parameter_may_stand_twice(party, browser):
    """RFC 6749 §3.1: what is not recognized is ignored."""
    address = party.at("authorization_endpoint", party.request())

    assert browser.come(f"{address}&foo=1&foo=2").status_code == 200


def test_an_unknown_scope_beside_known_ones_is_ignored(party, browser):
    assert party.sign_in(browser, scope="openid foo https://example.org/bar")["scope"] == "openid"


def test_scopes_may_stand_in_any_order(party, browser):
    tokens = party.sign_in(browser, scope="email profile openid")

    assert tokens["scope"].split() == ["email", "profile", "openid"]
    assert claims_of(tokens["id_token"])["nonce"] == NONCE


def test_a_scope_that_the_party_may_not_have_is_left_out(register, browser):
    """Whoever may not have any of it is refused."""
    modest = register(scope="openid email")

    assert modest.sign_in(browser, scope="openid email phone")["scope"] == "openid email"
    assert modest.authorize(browser, scope="phone").parameters["error"] == "invalid_scope"


def test_without_openid_it_is_plain_oauth(party, browser):
    """§3.1.2.1: without the scope the behaviour is unspecified; here there is no ID token."""
    tokens = party.sign_in(browser, scope="profile")

    assert (tokens["scope"], "id_token" in tokens) == ("profile", False)
    assert "id_token" in party.sign_in(browser)


def test_only_the_subject_that_was_asked_for_gets_a_positive_answer(party, browser, application, ada, grace):
    """The `sub` of the claims parameter, with a value: nobody else's sign-in will do."""
    party.authorize(browser, Somebody(remember="yes"))
    hers, another = (f'{{"id_token":{{"sub":{{"value":"{whose.id}"}}}}}}' for whose in (ada, grace))

    assert party.authorize(browser, prompt="none", claims=another).parameters["error"] == "login_required"
    assert told(party.redeem(party.authorize(browser, prompt="none", claims=hers).code))["id_token"]
    answer = party.authorize(UserAgent(application), Somebody(grace.email), claims=another)
    assert claims_of(told(party.redeem(answer.code))["id_token"])["sub"] == grace.id


def test_a_hint_of_another_issuer_is_refused(party, browser):
    """§3.1.2.2: a provider must be the issuer of the hint."""
    genuine = party.sign_in(browser)["id_token"]
    header, _, signature = genuine.split(".")
    forged = f"{header}.eyJpc3MiOiJodHRwczovL2V2aWwuZXhhbXBsZS5vcmciLCJzdWIiOiJ4In0.{signature}"

    assert party.authorize(browser, id_token_hint=forged).parameters["error"] == "invalid_request"
    assert party.authorize(browser, id_token_hint=genuine).code
