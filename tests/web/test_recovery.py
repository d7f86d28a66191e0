"""Recovery and verification as the chat application's own pages ask for them: paths, bodies, words and statuses."""

import pytest

from identity_service.app import create_app, services_of
from tests.fakes.letters import WITH_MAIL, carried, kinds, written
from tests.fakes.people import EMAIL, PASSWORD

NEW = "another phrase of several words"
ASKED = {"message": "If an account with that email exists, a password reset link has been sent to it."}
CHECK = {"message": "Please check your email to verify your email address."}

pytestmark = pytest.mark.environ(**WITH_MAIL)


@pytest.fixture
def post(browser):
    """Send JSON, and return the status and the answer without what differs each time."""

    def send(path, method="POST", headers=None, **body):
        answer = browser.open(path, method=method, json=body, headers=headers)
        told = {name: value for name, value in answer.json.items() if name != "request_id"}
        return answer.status_code, told

    return send


@pytest.fixture
def reset(services, ada, post):
    """What the link of Ada's letter carries, as the body wants it."""
    post("/api/auth/requestPasswordReset", email=EMAIL)
    (letter,) = written(services)
    return {"userId": carried(letter, "userId"), "token": carried(letter)}


def test_a_reset_is_asked_for_and_made(post, reset):
    assert post("/api/auth/requestPasswordReset", email="nobody@example.org") == (200, ASKED)
    assert post("/api/auth/resetPassword", **reset, password=NEW) == (200, {"message": "Password reset was successful"})
    assert post("/api/auth/login", email=EMAIL, password=NEW)[0] == 200


def test_a_reset_hands_out_no_session(browser, reset):
    answer = browser.post("/api/auth/resetPassword", json={**reset, "password": NEW})

    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])


def test_a_link_that_is_not_good_is_told_in_one_way(post, reset):
    wrong = 400, {"message": "Invalid or expired password reset token", "code": "invalid_reset_token"}

    assert post("/api/auth/resetPassword", **{**reset, "userId": "0" * 24}, password=NEW) == wrong
    assert post("/api/auth/resetPassword", **{**reset, "token": "x"}, password="short") == wrong
    assert post("/api/auth/resetPassword", **reset, password=NEW)[0] == 200
    assert post("/api/auth/resetPassword", **reset, password=NEW) == wrong


def test_what_is_wrong_with_a_password_is_said(post, reset):
    short = post("/api/auth/resetPassword", **reset, password="short")
    differs = post("/api/auth/resetPassword", **reset, password=NEW, confirm_password=PASSWORD)

    assert short == (404, {"message": "password: Password must be at least 8 characters", "code": "invalid_input"})
    assert differs[1]["message"] == "confirm_password: The passwords did not match."
    assert post("/api/auth/resetPassword", **reset, password=NEW, confirm_password=NEW)[0] == 200


@pytest.mark.environ(ALLOW_PASSWORD_RESET="false")
def test_where_resets_are_switched_off_both_doors_say_so(post, ada):
    off = 403, {"message": "Password reset is not allowed.", "code": "password_reset_off"}

    assert post("/api/auth/requestPasswordReset", email=EMAIL) == off
    assert post("/api/auth/resetPassword", userId=ada.id, token="x", password=NEW) == off


@pytest.mark.environ(ALLOW_PASSWORD_RESET="true")
def test_without_mail_no_link_is_ever_in_an_answer(services, post, ada):
    status, told = post("/api/auth/requestPasswordReset", email=EMAIL)

    assert (status, told["code"]) == (403, "password_reset_off")
    link = services.recovery.recover.by_operator(EMAIL)
    body = {"userId": ada.id, "token": link.partition("token=")[2].partition("&")[0], "password": NEW}
    assert post("/api/auth/resetPassword", **body)[0] == 200


@pytest.mark.environ(ALLOW_PASSWORD_RESET="true", ALLOW_UNSECURED_PASSWORD_RESET="true")
def test_on_the_operators_word_the_link_is_in_the_answer(post, ada):
    status, told = post("/api/auth/requestPasswordReset", email=EMAIL)

    assert (status, told["message"]) == (200, ASKED["message"])
    assert told["link"].startswith("http://localhost:3080/reset-password?token=")
    assert post("/api/auth/requestPasswordReset", email="nobody@example.org") == (200, ASKED)


def test_an_address_is_verified(services, post):
    form = {"name": "Ada Lovelace", "email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD}
    assert post("/api/auth/register", **form) == (200, CHECK)
    assert post("/api/auth/login", email=EMAIL, password=PASSWORD)[0] == 422
    assert post("/api/auth/login", email=EMAIL, password="a wrong guess")[0] == 404
    (first,) = written(services)
    assert post("/api/user/verify/resend", email=EMAIL) == (200, CHECK)
    (letter,) = written(services)

    wrong = 400, {"message": "Invalid or expired email verification token", "code": "invalid_verification_token"}
    right = 200, {"message": "Email verification was successful", "status": "success"}
    assert post("/api/user/verify", email=EMAIL, token=carried(first)) == wrong
    assert post("/api/user/verify", email=EMAIL, token=carried(letter)) == right
    assert post("/api/auth/login", email=EMAIL, password=PASSWORD)[0] == 200
    assert post("/api/user/verify/resend", email=EMAIL) == (200, CHECK)
    assert written(services) == []


def test_who_is_signed_in_changes_password_and_address(services, post, begun, bearer):
    here = bearer(begun)
    wrong = post("/api/user/password", "PUT", here, currentPassword="x", newPassword=NEW)
    assert wrong == (403, {"message": "Incorrect password", "code": "current_password_invalid"})
    assert post("/api/user/password", "PUT", here, currentPassword=PASSWORD, newPassword=NEW)[0] == 200

    moved = {"currentPassword": NEW, "newEmail": "ada@elsewhere.example"}
    assert post("/api/user/email", "PUT", here, **{**moved, "newEmail": EMAIL})[1]["code"] == "same_email"
    assert post("/api/user/email", "PUT", here, **moved) == (200, CHECK)
    letters = {letter.kind: letter for letter in written(services)}
    token = carried(letters["address_change"])
    assert post("/api/user/verify", email="ada@elsewhere.example", token=token)[0] == 200
    assert services.capabilities.users.by_email("ada@elsewhere.example").id == begun.person.id


@pytest.mark.parametrize("path", ["/api/user/password", "/api/user/email"])
def test_nobody_changes_anything_without_signing_in(post, path):
    body = {"currentPassword": PASSWORD, "newPassword": NEW, "newEmail": "ada@elsewhere.example"}

    assert post(path, "PUT", **body)[0] == 401


@pytest.mark.environ(**WITH_MAIL, ALLOW_UNVERIFIED_EMAIL_LOGIN="true")
def test_the_letter_is_in_the_language_that_the_browser_asks_for(services, browser, ada):
    asking = {"Accept-Language": "fr-CH, fr;q=0.9, en;q=0.8", "User-Agent": "A browser"}
    there = {"REMOTE_ADDR": "192.0.2.7"}
    browser.post("/api/auth/requestPasswordReset", json={"email": EMAIL}, headers=asking, environ_base=there)

    (letter,) = written(services)
    assert (letter.locale, letter.facts["device"], letter.facts["address"]) == ("fr", "A browser", "192.0.2.7")


def test_an_errand_outlives_the_process_that_wrote_it_down(settings, services, clock, chance, post, ada):
    post("/api/auth/requestPasswordReset", email=EMAIL)

    another = services_of(create_app(settings, clock, chance))
    assert kinds(written(another)) == [("reset_password", EMAIL)]
    another.database.release()
