"""
/oauth2/userinfo: one access token, in one place, and an answer that fits it.

Law: OpenID Connect Core 1.0 §5.3, RFC 6750 §2 and §3.
"""

import pytest

from tests.attacks.manners import is_mannered
from tests.fakes.applications import application, basic, own_token, tokens_for
from tests.fakes.tokens import claims_of

USERINFO = "/oauth2/userinfo"
METHODS = ("GET", "POST")


@pytest.fixture
def ask(browser):
    """Ask, and insist on manners."""

    def asked(method="GET", token=None, path=USERINFO, **request):
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        answer = browser.open(path, method=method, **{"headers": headers, **request})
        assert is_mannered(answer, USERINFO)
        assert answer.headers["Cache-Control"] == "no-store"
        return answer

    return asked


@pytest.fixture
def granted(services, begun):
    """What a client was given for Ada."""
    return tokens_for(services, application(services).client, begun, "openid email")


@pytest.mark.parametrize("method", METHODS)
def test_a_token_in_the_header_is_answered_with_its_claims(ask, granted, ada, method):
    answer = ask(method, granted.access_token)

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {"sub": ada.id, "email": ada.email, "email_verified": False}


def test_a_token_may_stand_in_a_form(ask, granted, ada):
    """RFC 6750 §2.2."""
    assert ask("POST", data={"access_token": granted.access_token}).json["sub"] == ada.id


@pytest.mark.parametrize("method", METHODS)
def test_a_token_of_our_own_pages_is_answered_too(ask, begun, ada, method):
    assert ask(method, begun.access_token).json["sub"] == ada.id


def test_two_tokens_are_one_too_many(ask, granted):
    """RFC 6750 §2: no more than one way to show a token."""
    answer = ask("POST", granted.access_token, data={"access_token": granted.access_token})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_token_that_stands_twice_in_a_form_is_refused(ask, granted):
    form = f"access_token={granted.access_token}&access_token={granted.access_token}"
    answer = ask("POST", data=form, content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("method", METHODS)
def test_a_token_in_the_address_is_not_read(ask, granted, method):
    """RFC 6750 §2.3 is not offered; OAuth 2.1 has taken it out."""
    answer = ask(method, query_string={"access_token": granted.access_token})

    assert answer.status_code == 401


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}]
)
def test_whoever_shows_no_token_has_made_no_mistake_with_it(ask, method, headers):
    """RFC 6750 §3.1: no error code where there is no token."""
    answer = ask(method, headers=headers)

    assert (answer.status_code, answer.json) == (401, {})
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="identity"'


def test_another_way_to_prove_something_is_no_token(services, ask):
    assert ask(headers=basic(application(services))).status_code == 401


@pytest.mark.parametrize("method", METHODS)
def test_a_token_that_is_not_good_is_named_as_the_mistake(services, ask, begun, granted, method):
    client = application(services).client
    bad = ("garbage", begun.refresh_token, granted.refresh_token, granted.id_token, own_token(services, client))
    for token in bad:
        answer = ask(method, token)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="identity", error="invalid_token"'
    assert ask("POST", data={"access_token": "garbage"}).json["error"] == "invalid_token"


def test_a_token_without_openid_does_not_reach_this_far(services, ask, begun):
    """RFC 6750 §3.1."""
    answer = ask(token=tokens_for(services, application(services).client, begun, "email").access_token)

    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="identity", error="insufficient_scope"')


def test_the_end_of_the_session_is_felt_at_once(services, ask, granted):
    assert ask(token=granted.access_token).status_code == 200
    with services.database.transaction():
        services.capabilities.sessions.end(claims_of(granted.access_token)["sid"], "a test")

    assert ask(token=granted.access_token).json["error"] == "invalid_token"


def test_a_client_that_wants_it_signed_gets_a_jwt(services, ask, begun, ada):
    """§5.3.2."""
    client = application(services, userinfo_signed_response_alg="ES256").client
    answer = ask(token=tokens_for(services, client, begun).access_token)

    assert (answer.status_code, answer.mimetype) == (200, "application/jwt")
    assert claims_of(answer.text)["aud"] == client.client_id
    assert claims_of(answer.text)["sub"] == ada.id


@pytest.mark.parametrize("sent", [{"json": {}}, {"data": b"x", "content_type": "text/plain"}], ids=str)
def test_another_body_than_a_form_is_not_read(ask, granted, sent):
    assert ask("POST", granted.access_token, **sent).status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_there_are_two_methods(ask, granted, method):
    assert ask(method, granted.access_token).status_code == 405


def test_a_stranger_in_another_site_learns_nothing(ask, granted):
    """No page of another origin may read what is told of a person."""
    answer = ask(headers={"Authorization": f"Bearer {granted.access_token}", "Origin": "https://evil.example.org"})

    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
