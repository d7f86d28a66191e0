"""RFC 7662: a back end asks what a token is good for."""

from datetime import timedelta

import pytest

from tests.conformance.party import refused, told
from tests.conformance.user_agent import HOME
from tests.fakes.tokens import claims_of

INACTIVE = {"active": False}


@pytest.fixture
def tokens(party, browser):
    """What Ada's sign-in brought the party."""
    return party.sign_in(browser, scope="openid email")


@pytest.fixture
def back_end(register):
    """A back end of the operator's, which may ask about every token."""
    return register("Back end")


@pytest.fixture
def stranger(register):
    """A party that may ask about its own tokens alone."""
    return register("Stranger", may_introspect=False)


def introspect(party, token, **said):
    """Send an introspection request."""
    return party.post("introspection_endpoint", token=token, **said)


def test_discovery_names_the_endpoint(party):
    assert party.metadata["introspection_endpoint"] == f"{HOME}/oauth2/introspect"


def test_an_active_token_is_described(party, back_end, tokens, ada):
    """§2.2."""
    answer = introspect(back_end, tokens["access_token"])
    about, claims = told(answer), claims_of(tokens["access_token"])

    assert about["active"] is True
    assert (about["sub"], about["client_id"], about["scope"]) == (ada.id, party.client_id, "openid email")
    assert all(about[name] == claims[name] for name in ("exp", "iat", "iss", "aud", "sid", "auth_time", "amr"))
    assert (about["token_type"], about["username"]) == ("Bearer", "ada")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", "no-store")


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", '"', "x" * 60_000])
def test_of_what_is_no_token_nothing_is_said(back_end, tokens, token):
    """§2.2: not even why."""
    assert told(introspect(back_end, token)) == INACTIVE
    assert told(introspect(back_end, tokens["access_token"]))["active"] is True


def test_a_token_is_inactive_when_it_has_expired(back_end, tokens, clock):
    clock.advance(timedelta(seconds=899))
    assert told(introspect(back_end, tokens["access_token"]))["active"] is True
    clock.advance(timedelta(seconds=1))
    assert told(introspect(back_end, tokens["access_token"])) == INACTIVE


def test_a_token_is_inactive_when_the_person_has_signed_out(back_end, browser, tokens):
    browser.submit(browser.open("/account"), "/logout")

    assert told(introspect(back_end, tokens["access_token"])) == INACTIVE


def test_a_token_is_inactive_when_the_account_is_gone(back_end, services, ada, tokens):
    services.close_account.by_operator(ada)

    assert told(introspect(back_end, tokens["access_token"])) == INACTIVE


def test_no_other_token_of_ours_passes_for_an_access_token(back_end, tokens):
    for name in ("id_token", "refresh_token"):
        assert told(introspect(back_end, tokens[name])) == INACTIVE


def test_a_token_of_a_client_for_itself_has_no_person(back_end):
    """RFC 9068 §5."""
    own = told(back_end.ask_for_tokens("client_credentials"))["access_token"]
    about = told(introspect(back_end, own))

    assert (about["active"], about["sub"], about["client_id"]) == (True, back_end.client_id, back_end.client_id)
    assert not about.keys() & {"username", "email", "sid", "role", "auth_time"}


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense", "x" * 1000])
def test_a_hint_helps_and_never_hinders(back_end, tokens, hint):
    assert told(introspect(back_end, tokens["access_token"], token_type_hint=hint))["active"] is True


def test_whoever_asks_must_prove_who_it_is(party, tokens):
    """§2.1: against fishing for tokens."""
    for form in ({}, {"client_id": party.client_id}, {"client_id": party.client_id, "client_secret": "x"}):
        answer = party.ask("introspection_endpoint", {"token": tokens["access_token"], **form})
        assert refused(answer) == (401, "invalid_client")
    assert told(introspect(party, tokens["access_token"]))["active"] is True


def test_a_public_client_may_not_ask(public_party, browser):
    token = public_party.sign_in(browser)["access_token"]

    assert refused(introspect(public_party, token)) == (401, "invalid_client")


def test_whoever_is_not_entitled_learns_nothing(stranger, browser, tokens):
    """§4."""
    assert told(introspect(stranger, tokens["access_token"])) == INACTIVE
    assert told(introspect(stranger, stranger.sign_in(browser)["access_token"]))["active"] is True


def test_without_a_token_there_is_nothing_to_say(back_end):
    assert refused(back_end.post("introspection_endpoint", token_type_hint="x")) == (400, "invalid_request")


def test_the_endpoint_is_asked_by_post(back_end, wire, tokens):
    query = {"token": tokens["access_token"]}

    assert (
        wire.get("/oauth2/introspect", base_url=HOME, query_string=query, headers=back_end.basic()).status_code == 405
    )


@pytest.mark.parametrize(
    ("scope", "known"),
    [
        ("openid", {}),
        ("openid profile", {"username": "ada"}),
        ("openid email roles", {"email": "ada@example.org", "role": "ADMIN"}),
    ],
)
def test_who_asks_about_its_own_token_learns_what_the_person_has_allowed(stranger, browser, back_end, scope, known):
    """§4: no more than it is entitled to; userinfo tells no more either."""
    token = stranger.sign_in(browser, scope=scope)["access_token"]
    about = told(introspect(stranger, token))

    assert (about["active"], about["scope"]) == (True, scope)
    assert {name: about[name] for name in ("username", "email", "role") if name in about} == known
    assert told(introspect(back_end, token)) == {
        **about,
        "username": "ada",
        "email": "ada@example.org",
        "role": "ADMIN",
    }
