"""The pages: what a person with a browser and no JavaScript can do."""

from html.parser import HTMLParser

import pytest
from werkzeug.test import Client

from identity_service.app import with_entrance

PASSWORD = "a long phrase that is mine"
NEWCOMER = {"name": "Ada Lovelace", "username": "ada", "email": "ada@example.org", "password": PASSWORD}


class Fields(HTMLParser):
    """The input fields of a page, by name."""

    def __init__(self, html):
        super().__init__()
        self.found = {}
        self.labels = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "input":
            self.found[told["name"]] = told
        if tag == "label":
            self.labels.add(told["for"])


@pytest.fixture
def at_home(send):
    """Somebody who signed up and in through the pages."""
    send("/register", **NEWCOMER)
    return send("/login", email="ada@example.org", password=PASSWORD)


def test_a_newcomer_signs_up_signs_in_and_sees_the_account(browser, send):
    signed_up = send("/register", **NEWCOMER)
    assert (signed_up.status_code, signed_up.location) == (303, "/login?notice=registered")
    assert "You can sign in now" in browser.get(signed_up.location).text

    signed_in = send("/login", email="Ada@Example.org", password=PASSWORD)
    assert (signed_in.status_code, signed_in.location) == (303, "/account")
    assert "ada@example.org" in browser.get("/account").text
    assert browser.get("/login").location == "/account"


def test_signing_out_ends_the_session_and_leads_to_the_sign_in_page(browser, send, at_home, services):
    person = services.capabilities.users.by_email("ada@example.org")

    assert send("/logout").location == "/login"
    assert services.capabilities.sessions.devices(person.id) == []
    assert browser.get("/account").location == "/login"


def test_a_form_that_is_sent_after_signing_out_in_another_tab_is_told_to_have_done_nothing(browser, send, at_home):
    send("/logout")
    answer = send("/account/sign-out-others")

    assert (answer.status_code, answer.location) == (303, "/login?notice=away")
    assert "You are not signed in any more, so nothing was changed." in browser.get(answer.location).text


def test_signing_out_elsewhere_spares_this_device(app, browser, send, at_home, services):
    person = services.capabilities.users.by_email("ada@example.org")
    elsewhere = Client(with_entrance(app))
    elsewhere.post("/api/auth/login", json={"email": "ada@example.org", "password": PASSWORD})
    assert "Sign out everywhere else" in browser.get("/account").text

    assert send("/account/sign-out-others").location == "/account"
    assert len(services.capabilities.sessions.devices(person.id)) == 1
    assert "Sign out everywhere else" not in browser.get("/account").text


def test_a_wrong_password_is_told_on_the_form_and_the_address_stays(send, at_home):
    answer = send("/login", email='"><script>@example.org', password="not that one")

    assert answer.status_code == 422
    assert "Email or password is incorrect." in answer.text
    assert Fields(answer.text).found["email"]["value"] == '"><script>@example.org'
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("password", "short", "Password must be at least 8 characters"),
        ("email", "nobody", "Invalid email"),
        ("name", "A", "Full name must have at least 3 characters."),
        ("username", "$", "Username must be 2 to 80 letters, digits and common characters."),
    ],
)
def test_what_is_wrong_with_a_field_is_told_on_the_form(send, services, field, value, told):
    answer = send("/register", **{**NEWCOMER, field: value})

    fields = Fields(answer.text).found
    assert (answer.status_code, f">{told}</p>" in answer.text) == (422, True)
    assert [name for name, said in fields.items() if "aria-invalid" in said] == [field]
    assert "problem" in fields[field]["aria-describedby"]
    assert [name for name, said in fields.items() if "autofocus" in said] == [field]
    assert services.capabilities.users.count() == 0
    assert PASSWORD not in answer.text


@pytest.mark.environ(ALLOWED_EMAIL_DOMAINS="example.com")
def test_an_address_of_another_domain_is_told_of_the_field_that_it_stands_in(send):
    fields = Fields(send("/register", **NEWCOMER).text).found

    for mark in ("aria-invalid", "autofocus"):
        assert [name for name, said in fields.items() if mark in said] == ["email"]


@pytest.mark.environ(ALLOW_REGISTRATION="false")
def test_where_signing_up_is_closed_nobody_is_shown_the_way(browser, send, services):
    assert "/register" not in browser.get("/login").text
    assert "Registration is not allowed." in browser.get("/register").text
    assert send("/register", **NEWCOMER).status_code == 422
    assert services.capabilities.users.count() == 0


@pytest.mark.environ(HASH_QUEUE="0", HASH_CONCURRENCY="1")
def test_the_form_comes_back_when_too_many_are_signing_in(send, services):
    queue = services.capabilities.passwords._queue
    answer = queue.run(lambda: send("/login", email="ada@example.org", password=PASSWORD))

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("path", ["/login", "/register", "/logout", "/account/sign-out-others"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
    ],
    ids=str,
)
def test_a_form_of_another_site_is_refused(send, at_home, services, path, headers):
    person = services.capabilities.users.by_email("ada@example.org")
    answer = send(path, headers, **NEWCOMER)

    assert (answer.status_code, "cross_site" in answer.text) == (403, True)
    assert len(services.capabilities.sessions.devices(person.id)) == 1


def test_a_browser_that_only_knows_origin_is_served_as_well(send):
    assert send("/register", {"Origin": "http://localhost"}, **NEWCOMER).status_code == 303
    assert send("/login", {"Origin": "http://localhost:3080"}, **NEWCOMER).location == "/account"


@pytest.mark.environ(DOMAIN_SERVER="https://ID.Example.org:443", DOMAIN_CLIENT="http://chat.example.org:80")
@pytest.mark.parametrize("origin", ["https://id.example.org", "http://chat.example.org"])
def test_an_address_of_ours_may_be_written_otherwise_than_a_browser_does(send, origin):
    assert send("/register", {"Origin": origin}, **NEWCOMER).status_code == 303
    assert send("/register", {"Origin": f"{origin}:8443"}, **NEWCOMER).status_code == 403


@pytest.mark.environ(DOMAIN_SERVER="http://id.localhost:3081")
def test_our_own_address_is_ours_even_if_a_proxy_rewrites_host(send):
    assert send("/register", {"Origin": "http://id.localhost:3081"}, **NEWCOMER).status_code == 303


def test_every_field_has_a_label_and_says_what_belongs_into_it(browser):
    for path in ("/login", "/register"):
        page = Fields(browser.get(path).text)
        assert page.labels == set(page.found)
        assert all(field.get("autocomplete") for field in page.found.values())
    assert page.found["password"]["autocomplete"] == "new-password"
    assert page.found["password"]["type"] == "password"


def test_a_page_is_neither_stored_nor_framed_and_loads_nothing_from_elsewhere(browser):
    headers = browser.get("/login").headers

    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    with browser.get("/static/style.css") as style:
        assert (style.status_code, style.mimetype) == (200, "text/css")
    assert browser.get("/").location == "/account"
