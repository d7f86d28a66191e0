"""People sign in to an application of another site and come back to it, with JavaScript and without."""

import secrets

from playwright.sync_api import expect

from tests.browser.steps import PASSWORD, arrive, fill, heading, press, seen, sign_in, start, tab_to


def test_in_and_out_again(any_page, application, site, ada):
    any_page.goto(application.url)
    any_page.get_by_role("link", name="Sign in").click()
    heading(any_page, "Sign in")
    seen(any_page, "to continue to The wiki")
    sign_in(any_page, ada)
    heading(any_page, "Allow The wiki?")
    press(any_page, "Allow")
    seen(any_page, "Hello Ada Lovelace.")
    assert any_page.url == f"{application.url}/"

    any_page.get_by_role("link", name="Sign out").click()
    seen(any_page, "You have left well.")
    any_page.goto(f"{site.url}/account")
    heading(any_page, "Sign in")
    start(any_page, application)
    heading(any_page, "Sign in")


def test_one_may_say_no(any_page, application, ada):
    start(any_page, application)
    sign_in(any_page, ada)
    press(any_page, "Deny")

    seen(any_page, "No: access_denied.")
    assert set(application.told) == {"error", "error_description", "state", "iss"}


def test_what_was_allowed_is_remembered_until_it_is_taken_back(any_page, application, site, ada):
    arrive(any_page, application, ada)
    start(any_page, application)
    seen(any_page, "Hello Ada Lovelace.")

    any_page.goto(f"{site.url}/account")
    press(any_page, "Withdraw what The wiki may do")
    start(any_page, application)
    heading(any_page, "Allow The wiki?")


def test_what_one_does_not_want_remembered_is_asked_again(any_page, application, ada):
    start(any_page, application)
    sign_in(any_page, ada)
    any_page.get_by_label("Do not ask again").uncheck()
    press(any_page, "Allow")
    seen(any_page, "Hello Ada Lovelace.")

    start(any_page, application)
    heading(any_page, "Allow The wiki?")


def test_an_application_of_the_house_asks_nothing(any_page, application, ada):
    application.client_id = "ours"
    start(any_page, application)
    sign_in(any_page, ada)

    seen(any_page, "Hello Ada Lovelace.")


def test_whoever_is_asked_may_be_somebody_else(any_page, application, ada, people):
    grace = people("Grace Hopper")
    start(any_page, application)
    sign_in(any_page, ada)
    press(any_page, "Use another account")
    expect(any_page.get_by_role("button", name="Continue as Ada Lovelace")).to_be_visible()
    sign_in(any_page, grace)
    heading(any_page, "Allow The wiki?")
    seen(any_page, grace)
    press(any_page, "Allow")

    seen(any_page, "Hello Grace Hopper.")


def test_one_chooses_among_accounts(any_page, application, ada, people):
    grace = people("Grace Hopper")
    arrive(any_page, application, ada)
    start(any_page, application, prompt="select_account")
    press(any_page, "Continue as Ada Lovelace")
    seen(any_page, "Hello Ada Lovelace.")

    start(any_page, application, prompt="select_account")
    sign_in(any_page, grace)
    press(any_page, "Allow")
    seen(any_page, "Hello Grace Hopper.")


def test_one_shows_again_who_one_is(any_page, application, ada):
    arrive(any_page, application, ada)
    start(any_page, application, prompt="login")
    seen(any_page, "Please confirm that it is you.")
    expect(any_page.get_by_label("Email")).to_have_value(ada)
    expect(any_page.get_by_role("button", name="Continue as")).to_have_count(0)
    sign_in(any_page, ada)

    seen(any_page, "Hello Ada Lovelace.")


def test_one_makes_an_account_on_the_way(any_page, application):
    email = f"{secrets.token_hex(4)}@example.org"
    start(any_page, application)
    any_page.get_by_role("link", name="Sign up").click()
    seen(any_page, "to continue to The wiki")
    any_page.get_by_label("Full name").fill("Grace Hopper")
    any_page.get_by_label("Email").fill(email)
    any_page.get_by_label("Password").fill(PASSWORD)
    press(any_page, "Sign up")
    seen(any_page, "You can sign in now.")
    sign_in(any_page, email, "not the password")
    expect(any_page.get_by_role("alert")).to_be_visible()
    sign_in(any_page, email)
    press(any_page, "Allow")

    seen(any_page, "Hello Grace Hopper.")


def test_the_answer_comes_as_a_form(page, application, ada):
    start(page, application, response_mode="form_post")
    sign_in(page, ada)
    press(page, "Allow")

    seen(page, "Hello Ada Lovelace.")
    assert set(application.told) == {"code", "state", "iss"}


def test_without_javascript_one_sends_the_form_oneself(page_without_javascript, application, ada):
    start(page_without_javascript, application, response_mode="form_post")
    sign_in(page_without_javascript, ada)
    press(page_without_javascript, "Allow")
    heading(page_without_javascript, "One moment")
    press(page_without_javascript, "Continue")

    seen(page_without_javascript, "Hello Ada Lovelace.")


def test_the_application_asks_by_form(any_page, application, ada):
    """From another site a form brings no cookie of ours along, and yet nobody has to sign in twice."""
    arrive(any_page, application, ada)
    application.people.clear()
    any_page.goto(application.url)
    press(any_page, "Sign in by form")

    seen(any_page, "Hello Ada Lovelace.")


def test_the_way_may_go_on_to_yet_another_site(any_page, application, ada):
    """Chrome holds every redirect after a submit against form-action, also the application's own."""
    application.home = f"http://127.0.0.1:{application.port}/elsewhere"
    start(any_page, application)
    sign_in(any_page, ada)
    press(any_page, "Allow")

    seen(any_page, "Welcome to another site.")


def test_the_keyboard_alone_is_enough(page_without_javascript, application, ada):
    page = page_without_javascript
    start(page, application)
    fill(page, Email=ada, Password=PASSWORD)
    heading(page, "Allow The wiki?")
    tab_to(page, "Do not ask again")
    page.keyboard.press("Space")
    expect(page.get_by_label("Do not ask again")).not_to_be_checked()
    tab_to(page, "Deny")
    tab_to(page, "Use another account")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Allow")).to_be_focused()
    page.keyboard.press("Enter")

    seen(page, "Hello Ada Lovelace.")


def test_who_is_signed_out_without_proof_is_asked(any_page, application, site, ada):
    arrive(any_page, application, ada)
    application.has_hint = False
    any_page.get_by_role("link", name="Sign out").click()
    heading(any_page, "Do you want to sign out?")
    press(any_page, "Stay signed in")
    heading(any_page, "Your account")

    any_page.goto(f"{application.url}/leave")
    press(any_page, "Sign out")
    seen(any_page, "You have left well.")
    any_page.goto(f"{site.url}/account")
    heading(any_page, "Sign in")
