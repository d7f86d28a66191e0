"""GET, POST and DELETE /v1/bans; and what a banned visitor hears at every other door."""

from datetime import timedelta

import pytest
from werkzeug.test import Client

from identity_service.app import with_entrance
from tests.fakes import people
from tests.fakes.applications import application, basic
from tests.fakes.people import PASSWORD

TEXT = "Your account has been temporarily banned due to violations of our service."
BANNED = "203.0.113.66"


@pytest.fixture
def grace(services, ada):
    return people.person(services, "grace@example.org")


@pytest.fixture
def header(services):
    """By what a back end that may moderate proves itself."""
    return basic(application(services, scope="openid bans"))


@pytest.fixture
def ban(browser, header):
    return lambda **told: browser.post("/v1/bans", json=told, headers=header)


@pytest.fixture
def bans(browser, header):
    return lambda: browser.get("/v1/bans", headers=header).json["bans"]


@pytest.fixture
def lift(browser, header):
    return lambda **named: browser.delete("/v1/bans", query_string=named, headers=header)


@pytest.fixture
def stranger(app, services, ban):
    """A browser behind an address that is banned, in a service whose way of requests is known."""
    services.moderation.sightings.note("198.51.100.1", "198.51.100.1", "")
    ban(address=BANNED)
    inner = with_entrance(app)

    def from_there(environ, start_response):
        return inner({**environ, "REMOTE_ADDR": BANNED}, start_response)

    return Client(from_there)


def test_a_ban_is_imposed_listed_and_lifted(ban, bans, lift, grace):
    imposed = ban(email="GRACE@example.org", minutes=5, note="spam")
    assert imposed.status_code == 201
    assert imposed.json["user_id"] == grace.id
    assert (imposed.json["address"], imposed.json["type"], imposed.json["note"]) == (None, "by hand", "spam")
    assert (imposed.json["imposed_at"], imposed.json["ends_at"]) == (
        "2026-03-14T09:26:53.000Z",
        "2026-03-14T09:31:53.000Z",
    )
    assert bans() == [imposed.json]

    assert lift(user_id=grace.id).status_code == 200
    assert bans() == []


def test_a_ban_lasts_as_long_as_all_do_unless_it_is_said(ban, grace):
    assert ban(user_id=grace.id).json["ends_at"] == "2026-03-14T11:26:53.000Z"


def test_a_banned_person_has_no_session_left(services, ban, grace):
    session = people.session(services, grace)
    ban(user_id=grace.id)

    assert services.verify.access_token(session.access_token) is None


def test_lifting_a_ban_forgets_the_score_behind_it(services, lift, grace):
    for _ in range(20):
        services.moderation.gate.breach("logins", people.VISITOR, grace.id)
    assert services.moderation.bans.holds(grace.id)
    lift(email="grace@example.org")
    services.moderation.gate.breach("logins", people.VISITOR, grace.id)

    assert not services.moderation.bans.holds(grace.id)


def test_of_an_ipv6_address_the_whole_neighbourhood_is_banned(ban, lift):
    assert ban(address="2001:db8::7").json["address"] == "2001:db8::/64"
    assert lift(address="2001:db8::9").status_code == 200


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"email": "a@example.org", "address": "192.0.2.7"}, 400, "invalid_input"),
        ({"address": "127.0.0.1"}, 400, "invalid_input"),
        ({"address": "nowhere"}, 400, "invalid_input"),
        ({"email": "nobody@example.org"}, 404, "user_unknown"),
        ({"user_id": "f" * 24}, 404, "user_unknown"),
        ({"user_id": "f" * 24, "minutes": 0}, 400, "invalid_input"),
        ({"user_id": "f" * 24, "minutes": 10**12}, 400, "invalid_input"),
        ({"user_id": "f" * 24, "minutes": 0.5}, 400, "invalid_input"),
        ({"user_id": "f" * 24, "minutes": None}, 404, "user_unknown"),
        ({"user_id": "f" * 24, "minutes": 5.0}, 404, "user_unknown"),
    ],
)
def test_what_cannot_be_banned_is_refused(ban, told, status, code):
    refused = ban(**told)

    assert (refused.status_code, refused.json["code"]) == (status, code)


@pytest.mark.parametrize(
    ("named", "status"), [({"address": "192.0.2.7"}, 404), ({}, 400), ({"email": "x\0"}, 404), ({"address": "x"}, 400)]
)
def test_what_is_not_banned_cannot_be_lifted(lift, named, status):
    assert lift(**named).status_code == status


def test_of_two_bans_none_is_lifted_at_once(ban, bans, lift):
    for address in ("192.0.2.7", "192.0.2.8"):
        ban(address=address)

    refused = lift(address=["192.0.2.7", "192.0.2.8"])
    assert (refused.status_code, refused.json["code"]) == (400, "invalid_input")
    assert len(bans()) == 2


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_only_a_back_end_that_may_moderate_moderates(services, browser, method, grace):
    may_not = basic(application(services, scope="openid violations"))
    told = {"json": {"user_id": grace.id}} if method == "post" else {}

    assert getattr(browser, method)("/v1/bans", **told).status_code == 401
    assert getattr(browser, method)("/v1/bans", headers=may_not, **told).status_code == 403


def test_a_banned_address_hears_it_at_the_doors_of_people(stranger, grace):
    tries = {
        "login": stranger.post("/api/auth/login", json={"email": grace.email, "password": PASSWORD}),
        "register": stranger.post(
            "/api/auth/register",
            json={"name": "Eve", "email": "eve@example.org", "password": PASSWORD, "confirm_password": PASSWORD},
        ),
    }

    for answer in tries.values():
        assert answer.status_code == 403
        assert answer.json.keys() == {"message", "code", "request_id"}
        assert (answer.json["message"], answer.json["code"]) == (TEXT, "banned")


def test_a_banned_address_reads_it_on_the_pages(stranger, grace):
    form = {"email": grace.email, "password": PASSWORD}
    page = stranger.post("/login", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    assert page.status_code == 403
    assert TEXT in page.text


@pytest.mark.parametrize("more", [{}, {"X-Odd": "one"}])
def test_a_proxy_is_told_who_is_banned(services, browser, ban, stranger, grace, more):
    session = people.session(services, grace)
    by_token = {"Authorization": f"Bearer {session.access_token}", **more}
    assert browser.get("/v1/forward-auth", headers=by_token).status_code == 204
    assert stranger.get("/v1/forward-auth").status_code == 403
    ban(user_id=grace.id)

    refused = browser.get("/v1/forward-auth", headers=by_token)
    assert (refused.status_code, refused.json["code"]) == (403, "banned")
    browser.set_cookie("refreshToken", session.refresh_token)
    assert browser.get("/v1/forward-auth").status_code == 403


def test_a_proxy_is_told_of_a_ban_by_either_cookie(browser, ban, grace):
    """From a link on another site a browser brings the lax one alone."""
    browser.post("/api/auth/login", json={"email": grace.email, "password": PASSWORD})
    browser.delete_cookie("refreshToken")
    assert browser.get("/v1/forward-auth").status_code == 204
    ban(user_id=grace.id)

    refused = browser.get("/v1/forward-auth")
    assert (refused.status_code, refused.json["code"]) == (403, "banned")


def test_a_back_end_is_told_nothing_but_that_the_token_is_not_good(services, browser, header, ban, grace):
    token = people.session(services, grace).access_token
    ban(user_id=grace.id)

    assert browser.post("/v1/verify", json={"token": token}, headers=header).json == {"active": False}
    assert browser.post("/oauth2/introspect", data={"token": token}, headers=header).json == {"active": False}


def test_a_refresh_says_403(services, browser, ban, grace):
    browser.set_cookie("refreshToken", people.session(services, grace).refresh_token)
    ban(user_id=grace.id)

    refused = browser.post("/api/auth/refresh")
    assert (refused.status_code, refused.json["message"]) == (403, TEXT)


def test_a_ban_is_over_for_everybody_at_its_end(services, stranger, clock, grace):
    clock.advance(timedelta(hours=2))

    assert stranger.post("/api/auth/login", json={"email": grace.email, "password": PASSWORD}).status_code == 200


def test_a_banned_address_gets_into_no_application_unless_somebody_at_home_is_signed_in(
    services, stranger, grace, ban, lift
):
    refused = stranger.get("/oauth2/authorize?client_id=x")
    assert (refused.status_code, refused.mimetype) == (403, "text/html")
    assert TEXT in refused.text
    lift(address=BANNED)
    assert stranger.post("/api/auth/login", json={"email": grace.email, "password": PASSWORD}).status_code == 200
    services.clock.advance(timedelta(minutes=1))
    ban(address=BANNED)

    assert stranger.get("/oauth2/authorize?client_id=x").status_code == 400
