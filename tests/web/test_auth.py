"""The sign-up and sign-in doors: LibreChat's forms, rules and statuses."""

import pytest

from tests.fakes.people import EMAIL, PASSWORD, person, session

FORM = {"name": "Ada Lovelace", "email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD}


@pytest.fixture
def register(browser):
    return lambda **told: browser.post("/api/auth/register", json={**FORM, **told})


@pytest.fixture
def users(services):
    return services.capabilities.users


def test_a_new_address_and_a_known_one_get_the_same_answer(register, users):
    first, second = register(), register(name="Mallory")

    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert first.json == {"message": "Please check your email to verify your email address."}
    assert users.count() == 1


@pytest.mark.parametrize(
    "told",
    [
        {"name": "Ada"},
        {"name": "x" * 80},
        {"name": "李小龍"},
        {"username": None},
        {"username": ""},
        {"username": "ad"},
        {"username": "x" * 80},
        {"username": "İ" * 40},
        {"username": "ada.lovelace_1815@home"},
    ],
    ids=str,
)
def test_a_form_that_obeys_the_rules_makes_an_account(register, users, told):
    assert register(**told).status_code == 200
    assert users.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Ad"),
        ("name", "x" * 81),
        ("name", "Ada\nLovelace"),
        ("name", "Ada\x9bLovelace"),
        ("username", "a"),
        ("username", "x" * 81),
        ("username", "İ" * 41),
        ("username", "ada;drop"),
        ("username", "$ne"),
        ("username", "a--b"),
        ("email", "x" * 321),
        ("email", "not an address"),
        ("password", "short"),
        ("password", "x" * 129),
        ("confirm_password", "another long phrase"),
    ],
)
def test_a_field_that_breaks_its_rule_is_named_and_nothing_is_kept(register, users, field, value):
    told = {field: value, **({"confirm_password": value} if field == "password" else {})}
    answer = register(**told)

    assert (answer.status_code, answer.json["code"]) == (404, "invalid_input")
    assert answer.json["message"].startswith(f"{field}: ")
    assert users.count() == 0


def test_a_sign_in_answers_a_token_and_the_person(browser, ada):
    answer = browser.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})

    assert answer.json.keys() == {"token", "user"}
    assert (answer.json["user"]["id"], answer.json["user"]["_id"]) == (ada.id, ada.id)


def test_a_refresh_answers_a_token_and_the_person_without_an_id_of_the_second_spelling(browser, begun, ada):
    browser.set_cookie("refreshToken", begun.refresh_token)
    answer = browser.post("/api/auth/refresh")

    assert answer.json.keys() == {"token", "user"}
    assert answer.json["user"]["_id"] == ada.id
    assert "id" not in answer.json["user"]


def test_without_a_cookie_an_access_token_signs_its_session_out(browser, services, begun, bearer):
    assert browser.post("/api/auth/logout", headers=bearer(begun)).json == {"message": "Logout successful"}
    assert services.verify.access_token(begun.access_token) is None
    assert browser.post("/api/auth/logout", headers=bearer(begun)).status_code == 401


def test_the_cookie_signs_out_its_own_session_whatever_the_header_says(browser, services, begun, bearer):
    theirs = session(services, person(services, "grace@example.org"))
    browser.set_cookie("refreshToken", begun.refresh_token)
    browser.post("/api/auth/logout", headers=bearer(theirs))

    assert services.verify.access_token(begun.access_token) is None
    assert services.verify.access_token(theirs.access_token) is not None
