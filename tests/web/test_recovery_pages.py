"""The pages where letters lead, and those for changes: looking changes nothing, and a form does."""

import re

import pytest

from tests.fakes.letters import WITH_MAIL, carried, kinds, place_of, written
from tests.fakes.people import EMAIL, PASSWORD, person
from tests.web.conftest import HERE

NEW = "another phrase of several words"
NEWCOMER = {"name": "Grace Hopper", "username": "", "email": "grace@example.org", "password": PASSWORD}

pytestmark = pytest.mark.environ(**WITH_MAIL, DOMAIN_SERVER="https://id.example")


@pytest.fixture
def verified(services):
    """Ada, whose address is verified."""
    return person(services, email_verified=True)


@pytest.fixture
def at_home(send, verified):
    """Ada, signed in through the pages."""
    assert send("/login", email=EMAIL, password=PASSWORD).location == "/account"


def query(letter):
    return letter.facts["link"].partition("?")[2]


def test_from_a_forgotten_password_to_a_new_one(services, browser, send, verified):
    assert 'href="/forgot-password"' in browser.get("/login").text
    asked = send("/forgot-password", email=EMAIL)
    assert "If an account with that email exists" in browser.get(asked.location).text
    (letter,) = written(services)
    assert place_of(letter) == "https://id.example/reset-password"

    for _ in range(3):
        assert browser.get(f"/reset-password?{query(letter)}").status_code == 200
    link = {"token": carried(letter), "userId": carried(letter, "userId")}
    short = send("/reset-password", **link, password="short")
    assert (short.status_code, "must be at least 8 characters" in short.text) == (422, True)
    done = send("/reset-password", **link, password=NEW)
    assert (done.status_code, done.location) == (303, "/login?notice=reset")
    assert "Your password is changed." in browser.get(done.location).text
    assert send("/login", email=EMAIL, password=NEW).location == "/account"


def test_a_link_that_is_over_leads_to_another_one(browser, send, verified):
    over = send("/reset-password", token="x" * 43, userId=verified.id, password=NEW)

    assert (over.status_code, "Invalid or expired password reset token" in over.text) == (422, True)
    assert 'href="/forgot-password"' in over.text
    assert "<form" not in over.text


@pytest.mark.parametrize("query", ["", "?token=x", "?userId=66f1c0ffee0ddba11ad00002", "?token=&userId="])
def test_what_is_no_whole_link_is_over_at_once(browser, query):
    page = browser.get(f"/reset-password{query}")

    assert (page.status_code, "Invalid or expired password reset token" in page.text) == (422, True)
    assert 'href="/forgot-password"' in page.text
    assert "<form" not in page.text


def test_whoever_asks_is_told_the_same(send, browser, verified):
    answers = [send("/forgot-password", email=email) for email in (EMAIL, "nobody@example.org", "", "no address")]

    assert {(answer.status_code, answer.location, answer.text) for answer in answers} == {
        (303, "/forgot-password?sent", answers[0].text)
    }


@pytest.mark.environ
def test_where_resets_are_switched_off_nobody_is_led_to_them(browser, send):
    assert "forgot-password" not in browser.get("/login").text
    for answer in (browser.get("/forgot-password"), send("/forgot-password", email=EMAIL)):
        assert (answer.status_code, "Password reset is not allowed." in answer.text) == (422, True)


@pytest.mark.environ(ALLOW_PASSWORD_RESET="true", ALLOW_UNSECURED_PASSWORD_RESET="true")
def test_on_the_operators_word_the_page_shows_the_link(send, verified):
    assert "/reset-password?token=" in send("/forgot-password", email=EMAIL).text


def test_a_newcomer_proves_the_address_and_comes_in(services, browser, send):
    signed_up = send("/register", **NEWCOMER)
    assert "Please check your email" in browser.get(signed_up.location).text
    assert kinds(written(services)) == [("verify_email", "grace@example.org")]
    refused = send("/login", email="grace@example.org", password=PASSWORD)
    assert (refused.status_code, "Email not verified." in refused.text) == (422, True)
    assert "Send the link again" in refused.text
    assert send("/verify/resend", email="grace@example.org").location == "/verify?sent="
    assert "a letter with a link has been sent" in browser.get("/verify?sent=").text
    (letter,) = written(services)
    assert place_of(letter) == "https://id.example/verify"

    assert "grace@example.org" in browser.get(f"/verify?{query(letter)}").text
    assert not services.capabilities.users.by_email("grace@example.org").email_verified
    done = send("/verify", email="grace@example.org", token=carried(letter))
    assert "your address is verified" in browser.get(done.location).text
    assert send("/login", email="grace@example.org", password=PASSWORD).location == "/account"


def test_whoever_uses_the_link_twice_is_told_as_strangers_are_that_it_may_be_done(services, browser, send):
    send("/register", **NEWCOMER)
    (letter,) = written(services)
    link = {"email": "grace@example.org", "token": carried(letter)}
    assert send("/verify", **link).status_code == 303

    twice, guessed = send("/verify", **link), send("/verify", **{**link, "token": "x" * 43})
    assert "your address may be verified already" in twice.text
    assert (twice.status_code, twice.text) == (guessed.status_code, guessed.text)
    assert "verified already" not in browser.get("/verify").text


def test_a_link_that_proves_nothing_leads_to_another_letter(browser, send):
    over = send("/verify", email="grace@example.org", token="x")

    assert (over.status_code, 'action="/verify/resend"' in over.text) == (422, True)
    assert 'action="/verify/resend"' in browser.get("/verify").text


def test_who_is_signed_in_chooses_another_password(services, browser, send, at_home):
    assert 'href="/account/password"' in browser.get("/account").text
    wrong = send("/account/password", password="a wrong guess", new_password=NEW)
    assert (wrong.status_code, "Incorrect password" in wrong.text) == (422, True)
    done = send("/account/password", password=PASSWORD, new_password=NEW)

    assert "Your password is changed" in browser.get(done.location).text
    assert kinds(written(services)) == [("password_changed", EMAIL)]


def test_who_is_signed_in_asks_for_another_address(services, browser, send, at_home):
    assert 'href="/account/email"' in browser.get("/account").text
    wrong = send("/account/email", password=PASSWORD, email="no address")
    assert (wrong.status_code, ">Invalid email</p>" in wrong.text) == (422, True)
    done = send("/account/email", password=PASSWORD, email="ada@elsewhere.example")
    assert "A letter is on its way" in browser.get(done.location).text
    link, _ = written(services)

    send("/verify", email="ada@elsewhere.example", token=carried(link))
    assert "ada@elsewhere.example" in browser.get("/account").text


@pytest.mark.parametrize(("path", "new"), [("/account/password", "new_password"), ("/account/email", "email")])
@pytest.mark.parametrize(("current", "is_right"), [(PASSWORD, True), ("a wrong guess", False)])
def test_what_is_wrong_is_told_of_the_field_that_it_is_about(send, at_home, path, new, current, is_right):
    page = send(path, **{"password": current, new: "short" if is_right else "a-new@phrase.example"}).text
    fields = re.findall('<input id="([^"]+)"([^>]*)>', page)

    assert [name for name, told in fields if "problem" in told] == [new if is_right else "password"]


def test_who_is_signed_in_chooses_the_language_of_letters(services, browser, send, at_home, verified):
    chosen = send("/account/language", language="fr")
    page = browser.get(chosen.location).text
    assert "in the language that you have chosen" in page
    assert '<option value="fr" lang="fr" selected>Français</option>' in page
    send("/account/password", password=PASSWORD, new_password=NEW, headers={**HERE, "Accept-Language": "de"})
    assert [letter.locale for letter in written(services)] == ["fr"]

    page = browser.get(send("/account/language", language="").location).text
    assert "in the language that your browser asks for" in page
    assert "selected" not in page


def test_a_language_that_no_form_offers_changes_nothing(services, browser, send, at_home, verified):
    assert send("/account/language", language="tlh").location == "/account"
    assert services.capabilities.languages.of(verified.id) == ""


@pytest.mark.environ
def test_without_mail_no_other_address_and_no_language_is_offered(browser, send, at_home):
    page = browser.get("/account").text

    assert "/account/email" not in page
    assert "/account/language" not in page


@pytest.mark.environ(**WITH_MAIL, ALLOW_UNVERIFIED_EMAIL_LOGIN="true")
def test_who_has_not_proven_the_address_may_do_so_from_the_account(services, browser, send):
    person(services)
    send("/login", email=EMAIL, password=PASSWORD)

    assert "not verified" in browser.get("/account").text
    send("/verify/resend", email=EMAIL)
    assert kinds(written(services)) == [("verify_email", EMAIL)]


def test_whoever_is_not_signed_in_chooses_no_language(send):
    assert send("/account/language", language="fr").location == "/login?notice=away"


@pytest.mark.parametrize("path", ["/account/password", "/account/email"])
def test_whoever_is_not_signed_in_is_led_to_do_so(browser, send, path):
    assert (browser.get(path).location, send(path).location) == ("/login", "/login?notice=away")


@pytest.mark.parametrize(
    "path",
    [
        *("/forgot-password", "/reset-password", "/verify", "/verify/resend"),
        *("/account/password", "/account/email", "/account/language"),
    ],
)
def test_a_form_of_another_site_is_refused(send, path):
    assert send(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
