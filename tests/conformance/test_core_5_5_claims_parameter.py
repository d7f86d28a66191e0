"""OpenID Connect Core 1.0 §5.5: single claims that are asked for by name, and where they shall stand."""

import json

import pytest

from tests.conformance.party import Somebody, answer_of, told
from tests.fakes.clock import START
from tests.fakes.tokens import claims_of

TOLD_BY_USERINFO = {
    "voluntarily": ({"email": None}, {"sub", "email"}),
    "essentially": ({"name": {"essential": True}}, {"sub", "name"}),
    "expressly not essentially": ({"name": {"essential": False}}, {"sub", "name"}),
    "two at once": ({"name": {"essential": True}, "email": None}, {"sub", "name", "email"}),
    "what nobody knows": ({"shoe_size": {"essential": True}, "email": None}, {"sub", "email"}),
    "what is not known of her": ({"picture": {"essential": True}, "phone_number": None}, {"sub"}),
    "with the value that it has": ({"email": {"value": "ada@example.org"}}, {"sub", "email"}),
    "with another value": ({"email": {"value": "x@example.org"}}, {"sub"}),
    "with one of its values": ({"name": {"values": ["Ada", "Ada Lovelace"]}}, {"sub", "name"}),
    "with a member that nobody knows": ({"name": {"essential": True, "purpose": "x"}}, {"sub", "name"}),
    "in a language": ({"name#ja-Kana-JP": None, "email": None}, {"sub", "email"}),
    "with nothing": ({}, {"sub"}),
}
MALFORMED = {
    "no JSON": "{",
    "a list": "[]",
    "a text": '"email"',
    "a list of claims": '{"userinfo":["email"]}',
    "a text as a claim": '{"userinfo":{"email":"yes"}}',
    "essential as a text": '{"userinfo":{"email":{"essential":"true"}}}',
    "values as a text": '{"userinfo":{"email":{"values":"x"}}}',
    "a name that stands twice": '{"userinfo":{"email":null,"email":null}}',
}


def asking(**members):
    """Spell the claims parameter."""
    return {"claims": json.dumps(members)}


def test_discovery_says_that_it_is_supported(party):
    assert party.metadata["claims_parameter_supported"] is True


@pytest.mark.parametrize(("asked", "told_of"), TOLD_BY_USERINFO.values(), ids=TOLD_BY_USERINFO.keys())
def test_userinfo_tells_what_was_asked_for_by_name(party, browser, asked, told_of):
    """§5.5.1: a claim that cannot be told is left out, essential or not; that is no error."""
    tokens = party.sign_in(browser, **asking(userinfo=asked))

    assert told(party.userinfo(tokens["access_token"])).keys() == told_of


def test_the_id_token_tells_what_was_asked_for_there(party, browser):
    tokens = party.sign_in(browser, **asking(id_token={"email": {"essential": True}}, userinfo={"name": None}))
    in_id_token, by_userinfo = claims_of(tokens["id_token"]), told(party.userinfo(tokens["access_token"]))

    assert (in_id_token["email"], "name" in in_id_token) == ("ada@example.org", False)
    assert (by_userinfo["name"], "email" in by_userinfo) == ("Ada Lovelace", False)


def test_what_is_asked_for_comes_beside_what_the_scope_brings(party, browser):
    tokens = party.sign_in(browser, scope="openid email", **asking(userinfo={"name": None}))

    assert told(party.userinfo(tokens["access_token"])).keys() == {"sub", "email", "email_verified", "name"}


def test_the_time_of_the_sign_in_may_be_asked_for_by_name(party, browser):
    tokens = party.sign_in(browser, **asking(id_token={"auth_time": {"essential": True}}))

    assert claims_of(tokens["id_token"])["auth_time"] == int(START.timestamp())


def test_a_claim_of_the_token_itself_cannot_be_chosen(party, browser, ada):
    tokens = party.sign_in(browser, **asking(id_token={"iss": {"value": "https://evil.example.org"}, "aud": None}))

    assert claims_of(tokens["id_token"])["iss"] == party.metadata["issuer"]
    assert claims_of(tokens["id_token"])["aud"] == party.client_id


def test_an_essential_class_of_authentication_that_can_be_reached_is_reached(party, browser):
    """§5.5.1.1."""
    tokens = party.sign_in(browser, **asking(id_token={"acr": {"essential": True, "values": ["1", "2"]}}))

    assert claims_of(tokens["id_token"])["acr"] == "1"


def test_an_essential_class_of_authentication_that_nobody_reaches_is_a_failure(party, browser):
    """§5.5.1.1: treated as a failed authentication attempt; nobody signs in in vain."""
    answer = party.authorize(browser, **asking(id_token={"acr": {"essential": True, "value": "urn:example:gold"}}))

    assert answer.asked == ()
    assert answer.parameters["error"] == "unmet_authentication_requirements"


def test_a_class_of_authentication_that_is_only_wished_for_is_no_failure(party, browser):
    tokens = party.sign_in(browser, **asking(id_token={"acr": {"value": "urn:example:gold"}}))

    assert claims_of(tokens["id_token"])["acr"] == "1"


def test_nothing_is_told_that_the_party_may_not_have(register, browser):
    """The operator has said which scopes it may ask for; to spell them as claims is no way around."""
    modest = register(scope="openid profile")
    tokens = modest.sign_in(browser, **asking(userinfo={"email": {"essential": True}, "name": None}))

    assert told(modest.userinfo(tokens["access_token"])).keys() == {"sub", "name"}


def test_one_sign_in_is_told_what_it_asked_for_and_another_is_not(party, browser):
    curious = party.sign_in(browser, **asking(userinfo={"email": None}))
    modest = party.sign_in(browser)

    assert "email" in told(party.userinfo(curious["access_token"]))
    assert "email" not in told(party.userinfo(modest["access_token"]))


def test_what_was_asked_for_is_told_after_a_refresh_too(party, browser):
    """§12.2: the ID token follows the rules of the first one."""
    tokens = party.sign_in(browser, **asking(userinfo={"email": None}, id_token={"name": {"essential": True}}))
    again = told(party.refresh(tokens["refresh_token"]))
    once_more = told(party.refresh(again["refresh_token"], scope="openid"))

    for later in (again, once_more):
        in_id_token = claims_of(later["id_token"])
        assert (in_id_token["name"], "email" in in_id_token) == ("Ada Lovelace", False)
        assert told(party.userinfo(later["access_token"]))["email"] == "ada@example.org"


@pytest.mark.parametrize("claims", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_cannot_be_read_is_an_error(party, browser, claims):
    assert party.authorize(browser, claims=claims).parameters["error"] == "invalid_request"
    assert party.authorize(browser, **asking(userinfo={"email": None}, foo={"bar": 1})).code


def test_a_request_for_claims_by_post_is_the_same(party, browser):
    page = browser.come(
        party.metadata["authorization_endpoint"], party.request(**asking(userinfo={"email": {"essential": True}}))
    )
    tokens = told(party.redeem(answer_of(browser, page, Somebody()).code))

    assert told(party.userinfo(tokens["access_token"]))["email"] == "ada@example.org"
