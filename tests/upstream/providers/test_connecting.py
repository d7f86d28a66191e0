"""Connecting an account with a provider and ending that, as the chat's page and our own do it."""

from datetime import timedelta

import pytest

from identity_service.foundation.errors import LastWayIn, LinkingOff
from tests.fakes.people import PASSWORD, person
from tests.servers.social import Account
from tests.upstream.providers.elsewhere import Voyage, settle_elsewhere

ADA = "ada@example.org"
NELLY = {"id": "80351110224678912", "username": "Nelly", "verified": True, "email": "nelly@discord.com"}

pytestmark = pytest.mark.environ(ALLOW_ACCOUNT_LINKING="true")


@pytest.fixture
def app(app, social):
    settle_elsewhere(app, social.url)
    return app


@pytest.fixture
def voyage(browser, services, social):
    social.account = Account(NELLY)
    return Voyage(browser, services, social, "discord")


@pytest.fixture
def ada(voyage):
    """Ada, signed in with her password in this browser."""
    found = person(voyage.services, ADA)
    bearer(voyage)
    return found


def bearer(voyage, email=ADA):
    answer = voyage.browser.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json['token']}"}


def connect(voyage, headers):
    """Connect by way of the API, and return the answer of the way back."""
    began = voyage.browser.post("/api/auth/links/discord", headers=headers)
    assert began.status_code == 200, began.text
    return voyage.arrive(voyage.visit(began.json["redirect"]))


def test_what_is_connected_opens_the_account(voyage, ada):
    headers = bearer(voyage)
    landed = connect(voyage, headers)
    links = voyage.browser.get("/api/auth/links", headers=headers).json
    later = voyage.stranger()

    assert landed.location.startswith("/account")
    assert [(each["provider"], each["email"]) for each in links["links"]] == [("discord", "nelly@discord.com")]
    assert "discord" not in links["available"]
    assert later.is_in(later.go())
    assert later.user()["_id"] == ada.id
    assert voyage.person(ADA).email == ADA  # what is connected later changes nothing about the account
    assert voyage.people() == 1


def test_a_connection_may_end_as_long_as_there_is_another_way_in(voyage, ada):
    headers = bearer(voyage)
    connect(voyage, headers)
    ended = voyage.browser.delete("/api/auth/links/discord", headers=headers)
    again = voyage.browser.delete("/api/auth/links/discord", headers=headers)

    assert (ended.status_code, again.status_code) == (200, 404)
    assert voyage.browser.get("/api/auth/links", headers=headers).json["links"] == []


def test_the_last_way_in_stays(voyage):
    voyage.go()
    token = voyage.browser.post("/api/auth/refresh").json["token"]
    ended = voyage.browser.delete("/api/auth/links/discord", headers={"Authorization": f"Bearer {token}"})

    assert (ended.status_code, ended.json["code"]) == (409, LastWayIn.code)
    assert voyage.is_in(voyage.stranger().go())


def test_somebody_elses_outside_account_stays_theirs(voyage, ada):
    nelly = voyage.stranger()
    nelly.go()
    landed = connect(voyage, bearer(voyage))
    again = voyage.stranger()
    again.go()

    assert "error=" in landed.location
    assert again.user()["_id"] == nelly.user()["_id"] != ada.id


def test_nobody_connects_an_account_in_another_browser(voyage, ada):
    """A victim who is led to the end of somebody else's trip must not open their account to that person."""
    began = voyage.browser.post("/api/auth/links/discord", headers=bearer(voyage))
    back = voyage.visit(began.json["redirect"])
    victim = voyage.stranger()
    victim.arrive(back)

    assert voyage.browser.get("/api/auth/links", headers=bearer(voyage)).json["links"] == []
    assert voyage.people() == 1


def test_to_connect_one_has_to_have_signed_in_just_now(voyage, ada, clock):
    headers = bearer(voyage)
    connected = connect(voyage, headers)
    clock.advance(timedelta(minutes=16))
    token = voyage.browser.post("/api/auth/refresh").json["token"]
    headers = {"Authorization": f"Bearer {token}"}

    assert connected.location.startswith("/account")
    assert voyage.browser.post("/api/auth/links/github", headers=headers).status_code in {401, 403}
    assert voyage.browser.delete("/api/auth/links/discord", headers=headers).status_code in {401, 403}


def test_a_sign_out_on_the_way_ends_the_trip(voyage, ada):
    headers = bearer(voyage)
    began = voyage.browser.post("/api/auth/links/discord", headers=headers)
    back = voyage.visit(began.json["redirect"])
    voyage.browser.post("/api/auth/logout", headers=headers)
    landed = voyage.arrive(back)

    assert "refreshToken=" not in "".join(landed.headers.getlist("Set-Cookie"))
    assert voyage.browser.get("/api/auth/links", headers=bearer(voyage)).json["links"] == []


def test_without_a_session_there_is_nothing_to_connect(voyage):
    for method in ("post", "delete"):
        assert getattr(voyage.browser, method)("/api/auth/links/discord").status_code == 401
    assert voyage.browser.get("/api/auth/links").status_code == 401


@pytest.mark.environ(ALLOW_ACCOUNT_LINKING="false")
def test_nothing_is_connected_where_that_is_switched_off(voyage, ada):
    answer = voyage.browser.post("/api/auth/links/discord", headers=bearer(voyage))

    assert answer.status_code == 403
    assert answer.json["code"] == LinkingOff.code
