"""
An application that wants the person to show anew who it is, when that is done at a provider.

Law: OpenID Connect Core 1.0 §3.1.2.1 (prompt=login, max_age), OWASP ASVS 5.0 6.8.4.
"""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from identity_service.foundation.clock import to_seconds
from tests.flows.oidc.visiting import CALLBACK, GOOD
from tests.servers.social import Account
from tests.upstream.providers.elsewhere import Voyage, settle_elsewhere

ADA = {"sub": "4711", "email": "ada@example.org", "email_verified": True}
INSISTING = pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "60"}], ids=str)
LONG_AGO = 5 * 3600


@pytest.fixture
def app(app, clock, social):
    social.now = lambda: clock.now().timestamp()
    settle_elsewhere(app, social.url)
    return app


@pytest.fixture
def voyage(browser, services, social):
    social.account = Account(ADA)
    return Voyage(browser, services, social, "openid")


@pytest.fixture
def ask(voyage):
    """Come from an application, or come again; return what the browser is sent on with, and whereto."""
    details = {"is_trusted": True}
    client, _ = voyage.services.administer.create_client("Application", (CALLBACK,), details)

    def go(sealed=None, **asked):
        query = {"continue": sealed} if sealed else {**GOOD, "client_id": client.client_id, **asked}
        answer = voyage.browser.get("/oauth2/authorize", query_string=query)
        parts = urlsplit(answer.location)
        return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}

    return go


def arrive(voyage, sealed, auth_time):
    voyage.social.claims = {"auth_time": auth_time}
    answer = voyage.arrive(voyage.visit(voyage.depart_to(**{"continue": sealed})))
    return urlsplit(answer.location)


@INSISTING
@pytest.mark.parametrize("is_here", [True, False])
def test_the_provider_is_told_to_ask_whether_somebody_is_signed_in_here_or_not(voyage, ask, asked, is_here, clock):
    if is_here:
        voyage.go()
        clock.advance(timedelta(hours=1))
    path, told = ask(**asked)
    assert path == "/login"
    there = voyage.depart(**{"continue": told["continue"]})

    assert (there["prompt"], there["max_age"]) == ("login", "0")


@INSISTING
def test_who_has_shown_it_there_just_now_goes_on(voyage, ask, asked, clock):
    _, told = ask(**asked)
    landed = arrive(voyage, told["continue"], to_seconds(clock.now()))
    path, answer = ask(parse_qs(landed.query)["continue"][0])

    assert (landed.path, path) == ("/oauth2/authorize", urlsplit(CALLBACK).path)
    assert "code" in answer


@INSISTING
def test_a_sign_in_of_long_ago_there_is_none(voyage, ask, asked, clock):
    _, told = ask(**asked)
    landed = arrive(voyage, told["continue"], to_seconds(clock.now()) - LONG_AGO)

    assert (landed.path, parse_qs(landed.query)["error"]) == ("/login", ["upstream_untrusted"])
    assert ask(told["continue"])[0] == "/login"


@INSISTING
@pytest.mark.parametrize("is_here", [True, False])
def test_a_silent_trip_in_between_is_no_way_around_it(voyage, ask, asked, is_here, clock):
    if is_here:
        voyage.go()
        clock.advance(timedelta(hours=1))
    _, told = ask(**asked)
    assert voyage.is_in(voyage.go())

    assert ask(told["continue"])[0] == "/login"
    landed = arrive(voyage, told["continue"], to_seconds(clock.now()))
    assert "code" in ask(parse_qs(landed.query)["continue"][0])[1]


@INSISTING
def test_a_provider_that_never_says_when_lets_people_in_all_the_same(voyage, ask, asked):
    """Entra ID says so only to whoever has configured it."""
    _, told = ask(**asked)
    landed = arrive(voyage, told["continue"], None)

    assert "code" in ask(parse_qs(landed.query)["continue"][0])[1]


def test_an_application_that_does_not_insist_is_content_with_a_silent_trip(voyage, ask):
    _, told = ask()
    assert "prompt" not in voyage.depart(**{"continue": told["continue"]})
    assert voyage.is_in(voyage.go())

    assert "code" in ask(told["continue"])[1]


def test_who_comes_back_from_a_provider_has_chosen_by_it(voyage, ask):
    _, told = ask(prompt="select_account")
    assert voyage.is_in(voyage.go())

    assert "code" in ask(told["continue"])[1]
