"""Limits at the doors: LibreChat's numbers and texts, counted before the work, told in headers."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.test import Client

from identity_service.app import with_entrance
from identity_service.moderation.tables import LimitHit, Violation
from tests.fakes.people import EMAIL, PASSWORD, person

WRONG = {"email": EMAIL, "password": "a wrong one"}
RIGHT = {"email": EMAIL, "password": PASSWORD}
FORM = {"name": "Ada Lovelace", "email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD}
OURS = {"Origin": "http://localhost"}
TOO_MANY = "Too many login attempts, please try again after 5 minutes."


@pytest.fixture
def stranger(app):
    """A browser without cookies, at an address of one's choice."""
    client = Client(with_entrance(app), use_cookies=False)

    def ask(path="/api/auth/login", address="192.0.2.7", **request):
        return client.post(path, environ_base={"REMOTE_ADDR": address}, **request)

    return ask


@pytest.fixture
def ada(services):
    return person(services)


@pytest.fixture
def violations(services):
    return lambda: services.database.rows(select(Violation.kind, Violation.user_id, Violation.network))


def test_the_eighth_sign_in_within_five_minutes_is_refused_although_the_password_is_right(stranger, ada):
    statuses = [stranger(json=WRONG).status_code for _ in range(7)]
    eighth = stranger(json=RIGHT)

    assert statuses == [404] * 7
    assert eighth.status_code == 429
    assert (eighth.json["message"], eighth.json["code"]) == (TOO_MANY, "too_many_attempts")
    assert eighth.headers["Retry-After"] == "300"
    assert "Set-Cookie" not in eighth.headers


def test_it_opens_again_when_the_first_try_is_a_window_old(stranger, ada, clock):
    stranger(json=WRONG)
    clock.advance(timedelta(minutes=1))
    for _ in range(6):
        stranger(json=WRONG)

    assert stranger(json=RIGHT).headers["Retry-After"] == "240"

    clock.advance(timedelta(minutes=4))

    assert stranger(json=RIGHT).status_code == 200
    assert stranger(json=RIGHT).status_code == 429


def test_a_right_password_counts_as_a_wrong_one_does(stranger, ada):
    assert [stranger(json=RIGHT).status_code for _ in range(8)] == [200] * 7 + [429]


def test_headers_say_how_much_is_left_and_when_there_is_more(stranger, ada, clock):
    def told(answer):
        return [answer.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]

    first = stranger(json=WRONG)
    clock.advance(timedelta(seconds=10))
    second = stranger(json=WRONG)
    for _ in range(5):
        stranger(json=WRONG)

    assert (told(first), told(second)) == (["7", "6", "300"], ["7", "5", "290"])
    assert told(stranger(json=WRONG)) == ["7", "0", "290"]


def test_a_door_without_a_limit_says_nothing_of_limits(browser):
    assert [name for name, _ in browser.get("/healthz").headers if name.startswith("RateLimit")] == []


@pytest.mark.environ(LOGIN_MAX="2", LOGIN_WINDOW="0.5", REGISTER_MAX="1", REGISTER_WINDOW="90")
@pytest.mark.parametrize(
    ("path", "body", "passing", "sentence", "wait"),
    [
        ("/api/auth/login", WRONG, 2, "Too many login attempts, please try again after 0.5 minutes.", "30"),
        ("/api/auth/register", FORM, 1, "Too many accounts created, please try again after 90 minutes", "5400"),
    ],
)
def test_numbers_and_windows_are_the_operators(stranger, path, body, passing, sentence, wait):
    for _ in range(passing):
        assert stranger(path, json=body).status_code in {200, 404}
    refused = stranger(path, json=body)

    assert (refused.status_code, refused.json["message"]) == (429, sentence)
    assert refused.headers["Retry-After"] == wait


def test_what_nobody_can_read_counts_too(stranger):
    statuses = [stranger(data=b"{", content_type="application/json").status_code for _ in range(8)]

    assert statuses == [400] * 7 + [429]


def test_the_page_and_the_interface_share_one_bucket_and_the_page_shows_the_sentence(stranger, ada):
    for _ in range(4):
        stranger(json=WRONG)
    pages = [stranger("/login", data=WRONG, headers=OURS) for _ in range(4)]

    assert [page.status_code for page in pages] == [422] * 3 + [429]
    assert TOO_MANY in pages[-1].text
    assert 'value="Ada@Example.org"' in pages[-1].text
    assert pages[-1].headers["Retry-After"] == "300"
    assert stranger(json=RIGHT).status_code == 429


@pytest.mark.environ(REGISTER_MAX="1")
def test_the_sign_up_page_shows_the_sentence_in_its_form(stranger):
    stranger("/register", data=FORM, headers=OURS)
    page = stranger("/register", data=FORM, headers=OURS)

    assert page.status_code == 429
    assert "Too many accounts created, please try again after 60 minutes" in page.text
    assert 'value="Ada Lovelace"' in page.text


@pytest.mark.environ(LOGIN_MAX="1", REGISTER_MAX="1")
@pytest.mark.parametrize("path", ["/login", "/register"])
@pytest.mark.parametrize(
    "form",
    [{"continue": "out of date"}, {"email": [EMAIL, EMAIL]}, {"email": "a\0b"}],
    ids=["out of date", "repeated", "null"],
)
def test_a_form_that_cannot_be_shown_again_is_no_way_around_the_sentence(stranger, path, form):
    stranger(path, data=FORM, headers=OURS)
    page = stranger(path, data=form, headers=OURS)

    assert (page.status_code, page.mimetype) == (429, "text/html")
    assert "please try again after" in page.text
    assert int(page.headers["Retry-After"]) > 0


def test_showing_a_form_is_not_limited(browser):
    assert {browser.get("/login").status_code for _ in range(9)} == {200}


def test_each_network_has_its_own_bucket(stranger, ada):
    for _ in range(8):
        stranger(json={**WRONG, "email": "grace@example.org"})

    assert stranger(json=RIGHT).status_code == 429
    assert stranger(json=RIGHT, address="192.0.2.8").status_code == 200


def test_a_breach_is_a_violation_of_the_network_and_of_nobody_who_was_typed(stranger, ada, violations):
    for _ in range(9):
        stranger(json=WRONG)

    assert violations() == [("logins", "", "192.0.2.7")] * 2


@pytest.mark.environ(LOGIN_MAX="1", BAN_INTERVAL="3", BAN_VIOLATIONS="false")
def test_a_flood_of_refusals_is_no_flood_of_rows(stranger, ada, violations, services, clock):
    for _ in range(20):
        stranger(json=WRONG)

    assert len(violations()) == 6
    assert services.database.first(select(func.count()).select_from(LimitHit))[0] == 1 + 2 + 6

    clock.advance(timedelta(minutes=5))
    for _ in range(20):
        stranger(json=WRONG)

    assert len(violations()) == 12


@pytest.mark.environ(LOGIN_MAX="100", LOGIN_ACCOUNT_MAX="3")
def test_passwords_are_counted_at_the_account_from_wherever_they_come(stranger, ada):
    statuses = [stranger(json=WRONG, address=f"192.0.2.{number}").status_code for number in range(3)]
    refused = stranger(json=RIGHT, address="198.51.100.1")

    assert statuses == [404] * 3
    assert (refused.status_code, refused.json["message"], refused.headers["Retry-After"]) == (429, TOO_MANY, "300")
    assert stranger(json={**WRONG, "email": "grace@example.org"}, address="198.51.100.1").status_code == 404


@pytest.mark.environ(LOGIN_ACCOUNT_MAX="3")
def test_an_address_that_nobody_has_is_refused_like_one_that_somebody_has(stranger, ada):
    def tries(email):
        answers = [stranger(json={**WRONG, "email": email}, address=f"192.0.2.{number}") for number in range(5)]
        return [(answer.status_code, answer.json["message"], answer.headers.get("Retry-After")) for answer in answers]

    assert tries(EMAIL) == tries("nobody@example.org") == tries("no address at all")


@pytest.mark.environ(LOGIN_GLOBAL_MAX="5")
def test_one_guess_at_each_of_many_accounts_is_an_attack_as_well(stranger, ada):
    def guess(number):
        return stranger(json={**WRONG, "email": f"person{number}@example.org"}, address=f"192.0.2.{number}")

    assert [guess(number).status_code for number in range(6)] == [404] * 5 + [429]


@pytest.mark.environ(LOGIN_ACCOUNT_MAX="2", LOGIN_GLOBAL_MAX="3", LOGIN_MAX="4")
def test_a_device_that_signed_in_before_is_not_locked_out_by_strangers_and_has_a_limit_of_its_own(
    stranger, browser, ada
):
    at_home = {"environ_base": {"REMOTE_ADDR": "203.0.113.5"}}
    assert browser.post("/api/auth/login", json=RIGHT, **at_home).status_code == 200
    for number in range(5):
        stranger(json=WRONG, address=f"192.0.2.{number}")
    assert stranger(json=RIGHT, address="198.51.100.1").status_code == 429

    statuses = [browser.post("/api/auth/login", json=told, **at_home).status_code for told in (RIGHT, WRONG, RIGHT)]

    assert statuses == [200, 404, 429]


@pytest.mark.environ(LOGIN_ACCOUNT_MAX="2")
def test_a_known_device_is_known_for_its_own_account_only(stranger, browser, ada, services):
    person(services, "grace@example.org")
    browser.post("/api/auth/login", json=RIGHT)
    for number in range(2):
        stranger(json={**WRONG, "email": "grace@example.org"}, address=f"192.0.2.{number}")

    assert browser.post("/api/auth/login", json={**RIGHT, "email": "grace@example.org"}).status_code == 429


def test_who_refreshes_is_not_limited(stranger):
    statuses = {stranger("/api/auth/refresh", headers={"Cookie": "refreshToken=x"}).status_code for _ in range(12)}

    assert statuses == {403}
