"""What a person has allowed applications: shown and taken back, through the interface and on the account page."""

from datetime import timedelta

import pytest

from tests.attacks.manners import is_mannered
from tests.fakes import people
from tests.fakes.applications import application, tokens_for
from tests.fakes.tokens import claims_of
from tests.web.conftest import HERE

CONSENTS = "/api/auth/consents"
WITHDRAW = "/account/consents/withdraw"


@pytest.fixture
def client(services):
    return application(services).client


@pytest.fixture
def grace(services):
    """Somebody else, signed in."""
    return people.session(services, people.person(services, "grace@example.org", username="grace"))


@pytest.fixture
def allow(services):
    """Let somebody allow a client something."""

    def allowed(signed_in, client, *scopes):
        with services.database.transaction():
            services.capabilities.consents.remember(signed_in.person.id, client.client_id, scopes)

    return allowed


@pytest.fixture
def scopes(services, client):
    """What somebody has allowed the client."""
    return lambda signed_in: services.capabilities.consents.scopes(signed_in.person.id, client.client_id)


@pytest.fixture
def ask(browser, bearer):
    """Ask as somebody, and insist on manners."""

    def asked(method, signed_in=None, path=CONSENTS, headers=None):
        answer = browser.open(path, method=method, headers=headers or (bearer(signed_in) if signed_in else {}))
        assert is_mannered(answer, path)
        return answer

    return asked


def test_what_was_allowed_is_listed_the_latest_first(services, ask, begun, client, allow, clock):
    other = application(services).client
    allow(begun, client, "openid", "email")
    clock.advance(timedelta(minutes=5))
    allow(begun, other, "openid")

    assert ask("GET", begun).json == {
        "consents": [
            {
                "client_id": other.client_id,
                "client_name": "App",
                "scope": "openid",
                "granted_at": "2026-03-14T09:31:53Z",
            },
            {
                "client_id": client.client_id,
                "client_name": "App",
                "scope": "email openid",
                "granted_at": "2026-03-14T09:26:53Z",
            },
        ]
    }


def test_who_has_allowed_nothing_sees_nothing_of_others(ask, begun, grace, client, allow):
    allow(grace, client, "openid")

    assert ask("GET", begun).json == {"consents": []}
    assert len(ask("GET", grace).json["consents"]) == 1


def test_one_consent_is_taken_back_and_the_clients_tokens_end_with_it(services, ask, begun, client, allow, scopes):
    allow(begun, client, "openid")
    granted = tokens_for(services, client, begun, "openid offline_access")
    answer = ask("DELETE", begun, f"{CONSENTS}/{client.client_id}")

    assert (answer.status_code, answer.json) == (200, {"message": "Consent withdrawn"})
    assert scopes(begun) == frozenset()
    assert services.capabilities.sessions.standing(claims_of(granted.access_token)["sid"], 0) is None
    assert ask("GET", begun).status_code == 200


@pytest.mark.parametrize("client_id", ["unheard-of", "first-party", "x" * 300, "%00", "%F0%9F%92%A9", "%27%20OR%201=1"])
def test_what_was_not_allowed_cannot_be_taken_back(ask, begun, client, allow, scopes, client_id):
    allow(begun, client, "openid")
    answer = ask("DELETE", begun, f"{CONSENTS}/{client_id}")

    assert (answer.status_code, answer.json["code"]) == (404, "consent_unknown")
    assert scopes(begun) == {"openid"}


def test_nobody_takes_back_what_somebody_else_has_allowed(ask, begun, grace, client, allow, scopes):
    allow(grace, client, "openid")
    assert ask("DELETE", begun, f"{CONSENTS}/{client.client_id}").status_code == 404
    assert ask("DELETE", begun).status_code == 200

    assert scopes(grace) == {"openid"}


def test_everything_is_taken_back_at_once(services, ask, begun, client, allow):
    for each in (client, application(services).client):
        allow(begun, each, "openid")
    answer = ask("DELETE", begun)

    assert (answer.status_code, answer.json) == (200, {"message": "Consents withdrawn"})
    assert ask("GET", begun).json == {"consents": []}
    assert ask("DELETE", begun).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("DELETE", "/{}")])
def test_only_an_access_token_of_our_own_pages_opens_the_door(
    services, browser, ask, begun, client, allow, scopes, method, path
):
    allow(begun, client, "openid")
    path = CONSENTS + path.format(client.client_id)
    theirs = tokens_for(services, client, begun)
    browser.set_cookie("refreshToken", begun.refresh_token)
    for token in (None, "garbage", theirs.access_token, theirs.id_token, begun.refresh_token):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = ask(method, path=path, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, "sign_in_required")

    assert scopes(begun) == {"openid"}


def test_the_account_page_shows_what_was_allowed_in_words(browser, here, client, allow):
    assert "Applications you have allowed" not in browser.get("/account").text
    allow(here, client, "openid", "email")
    page = browser.get("/account").text

    assert "Applications you have allowed" in page
    assert "See your email address" in page
    assert f'name="client_id" value="{client.client_id}"' in page


def test_on_the_account_page_it_is_taken_back_with_one_press(browser, here, client, allow, scopes):
    allow(here, client, "openid")
    answer = browser.post(WITHDRAW, data={"client_id": client.client_id}, headers=HERE)

    assert (answer.status_code, answer.location) == (303, "/account")
    assert scopes(here) == frozenset()


@pytest.mark.parametrize("form", [{}, {"client_id": ""}, {"client_id": "unheard-of"}], ids=str)
def test_a_press_too_many_changes_nothing(browser, here, client, allow, scopes, form):
    allow(here, client, "openid")
    answer = browser.post(WITHDRAW, data=form, headers=HERE)

    assert (answer.status_code, answer.location) == (303, "/account")
    assert scopes(here) == {"openid"}


def test_who_is_not_signed_in_takes_nothing_back(browser, begun, client, allow, scopes):
    allow(begun, client, "openid")
    answer = browser.post(WITHDRAW, data={"client_id": client.client_id}, headers=HERE)

    assert (answer.location, scopes(begun)) == ("/login?notice=away", {"openid"})


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
def test_a_form_of_another_site_takes_nothing_back(browser, here, client, allow, scopes, headers):
    allow(here, client, "openid")
    answer = browser.post(WITHDRAW, data={"client_id": client.client_id}, headers=headers)

    assert (answer.status_code, scopes(here)) == (403, {"openid"})
