"""Signing in on behalf of an application: through our pages and back to it, whatever happens on the way."""

from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from identity_service.oidc.clients import DYNAMIC
from identity_service.oidc.details import Details
from tests.fakes import people
from tests.fakes.applications import CALLBACK, CHALLENGE, application
from tests.web.conftest import HERE

AUTHORIZE = "/oauth2/authorize"
ADA = {"email": people.EMAIL, "password": people.PASSWORD}
NEWCOMER = {"name": "Grace Hopper", "username": "grace", "email": "grace@example.org", "password": people.PASSWORD}


class Page(HTMLParser):
    """What a page lets a person do: the actions of its forms, and what each holds."""

    def __init__(self, answer):
        super().__init__()
        assert answer.status_code in {200, 422}, answer.status
        self.status, self.text, self.forms, self.links = answer.status_code, answer.text, {}, []
        self.policy = answer.headers["Content-Security-Policy"]
        self.feed(answer.text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form":
            self.fields = self.forms.setdefault(told["action"], {})
        if tag == "input":
            self.fields[told["name"]] = told.get("value", "")
        if tag == "a":
            self.links.append(told["href"])

    @property
    def sealed(self):
        """The request that the page carries on."""
        (only,) = {fields["continue"] for fields in self.forms.values()}
        return only


@pytest.fixture
def client(services):
    return application(services).client


@pytest.fixture
def ask(browser, client):
    """Come from the application, and look at the page to which that leads."""

    def asked(**changed):
        good = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid email",
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return Page(browser.get(AUTHORIZE, query_string={**good, **changed}, follow_redirects=True))

    return asked


@pytest.fixture
def press(browser):
    """Send a form of ours, and follow the browser to the next page or out of the house."""

    def sent(path, page, headers=HERE, **fields):
        answer = browser.post(path, data={"continue": page.sealed, **fields}, headers=headers)
        while answer.status_code == 303 and answer.location.startswith("/"):
            answer = browser.get(answer.location)
        return told(answer) if answer.status_code == 303 else Page(answer)

    return sent


@pytest.fixture
def devices(services, ada):
    """How often Ada is signed in."""
    return lambda: len(services.capabilities.sessions.devices(ada.id))


def told(answer):
    there = urlsplit(answer.location)
    assert f"{there.scheme}://{there.netloc}{there.path}" == CALLBACK
    said = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert (said["state"], "iss" in said) == ("s", True)
    return said


def test_signing_in_and_allowing_leads_back_with_a_code(ask, press, ada):
    page = ask()
    assert "to continue to" in page.text
    assert "form-action 'self' https:" in page.policy

    question = press("/login", page, **ADA)
    assert "form-action 'self' https:" in question.policy
    assert "code" in press("/consent", question, decision="allow", remember="yes")


def test_a_wrong_password_does_not_lose_the_application(ask, press, ada):
    again = press("/login", ask(), **{**ADA, "password": "not that one"})
    assert (again.status, "to continue to" in again.text) == (422, True)

    assert "/consent" in press("/login", again, **ADA).forms


def test_whoever_has_no_account_yet_makes_one_and_goes_on(browser, ask, press):
    (sign_up,) = [link for link in ask().links if link.startswith("/register")]
    page = Page(browser.get(sign_up))
    invalid = press("/register", page, **{**NEWCOMER, "password": "short"})
    assert invalid.status == 422

    page = press("/register", invalid, **NEWCOMER)
    assert "You can sign in now" in page.text
    assert "/consent" in press("/login", page, **NEWCOMER).forms


@pytest.mark.environ(ALLOW_REGISTRATION="false")
def test_where_signing_up_is_closed_the_way_on_is_the_sign_in_form(browser, ask, press, ada):
    page = ask()
    assert page.links == []
    closed = Page(browser.get("/register", query_string={"continue": page.sealed}))

    assert "/consent" in press("/login", closed, **ADA).forms


def test_who_is_signed_in_is_only_asked_what_is_new(ask, press, here):
    question = ask()
    assert people.EMAIL in question.text
    assert "app.example.org" in question.text
    assert "See your email address" in question.text
    assert "registered itself" not in question.text

    press("/consent", question, decision="allow", remember="yes")
    assert "See your name" in ask(scope="openid email profile").text


def test_the_question_says_for_how_long(ask, here, clock):
    last_day = f"{clock.now() + timedelta(days=7):%Y-%m-%d}"
    assert f"until you sign out here, and until {last_day} at the latest" in ask().text

    assert "for up to 7 days, also after you have signed out here" in ask(scope="openid offline_access").text


def test_an_application_that_registered_itself_is_told_as_such(services, ask, here):
    details = Details(policy_uri="https://app.example.org/privacy")
    with services.database.transaction():
        stranger = services.capabilities.clients.register("New", (CALLBACK,), details, origin=DYNAMIC).client
    question = ask(client_id=stranger.client_id)

    assert "registered itself" in question.text
    assert "https://app.example.org/privacy" in question.links


@pytest.mark.parametrize(("fields", "is_kept"), [({"remember": "yes"}, True), ({}, False)])
def test_what_is_allowed_is_kept_while_the_box_is_ticked(services, ask, press, here, client, fields, is_kept):
    assert "code" in press("/consent", ask(), decision="allow", **fields)

    assert bool(services.capabilities.consents.scopes(here.person.id, client.client_id)) == is_kept


@pytest.mark.parametrize("decision", ["deny", "", "Allow", "else"])
def test_whatever_is_not_yes_is_no(services, ask, press, here, client, decision):
    said = press("/consent", ask(), decision=decision, remember="yes")

    assert said["error"] == "access_denied"
    assert services.capabilities.consents.scopes(here.person.id, client.client_id) == frozenset()


def test_a_no_is_heard_without_a_session(browser, ask, press, here):
    question = ask()
    browser.delete_cookie("refreshToken")

    assert press("/consent", question, decision="deny")["error"] == "access_denied"


def test_a_yes_without_a_session_leads_to_the_sign_in_form(browser, ask, press, here):
    question = ask()
    browser.delete_cookie("refreshToken")
    page = press("/consent", question, decision="allow")

    assert "/login" in page.forms
    assert "/consent" in press("/login", page, **ADA).forms


def test_from_the_question_one_may_turn_to_another_account(services, ask, press, here):
    people.person(services, "grace@example.org", username="grace", name="Grace Hopper")
    page = press("/consent", ask(), decision="switch")
    assert ("Continue as" in page.text, page.forms.keys()) == (True, {"/login", "/login/continue"})
    assert "/consent" in press("/login/continue", page).forms

    question = press("/login", page, **NEWCOMER)
    assert "Grace Hopper" in question.text
    assert "Ada Lovelace" not in question.text


def test_where_an_account_is_to_be_chosen_one_press_chooses(ask, press, here):
    page = ask(prompt="select_account")
    assert "Continue as" in page.text

    assert "/consent" in press("/login/continue", page).forms


def test_a_press_after_the_session_has_ended_leads_to_the_sign_in_form(browser, ask, press, here):
    page = ask(prompt="select_account")
    browser.delete_cookie("refreshToken")
    again = press("/login/continue", page)

    assert again.forms.keys() == {"/login"}


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}], ids=str)
def test_who_must_show_it_again_has_no_way_around_it(browser, ask, press, here, devices, asked):
    page = ask(**asked)
    assert "Please confirm that it is you." in page.text
    assert page.forms.keys() == {"/login"}
    assert page.forms["/login"]["email"] == people.EMAIL
    assert press("/login/continue", page).forms.keys() == {"/login"}

    question = press("/login", page, **ADA)
    assert "code" in press("/consent", question, decision="allow")
    assert devices() == 1  # the session before has been replaced


def test_the_name_of_a_person_who_is_expected_stands_in_the_field(ask, press, ada):
    page = ask(login_hint="grace@example.org")
    assert page.forms["/login"]["email"] == "grace@example.org"

    again = press("/login", page, email="typed@example.org", password="x")
    assert again.forms["/login"]["email"] == "typed@example.org"


def test_the_question_is_not_shown_to_whom_it_is_not_put(browser, services, ask, here, client):
    sealed = ask().sealed
    with services.database.transaction():
        services.capabilities.consents.remember(here.person.id, client.client_id, ("openid", "email"))
    assert "code" in told(browser.get("/consent", query_string={"continue": sealed}))

    browser.delete_cookie("refreshToken")
    answer = browser.get("/consent", query_string={"continue": sealed})
    assert (answer.status_code, urlsplit(answer.location).path) == (303, "/login")


@pytest.mark.parametrize("path", ["/login", "/register", "/consent", AUTHORIZE])
def test_a_request_that_does_not_open_is_told_on_a_page(browser, ada, devices, path):
    answer = browser.get(path, query_string={"continue": "garbage"})
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "authorization_expired" in answer.text

    if path != AUTHORIZE:
        answer = browser.post(path, data={"continue": "garbage", **ADA, "decision": "deny"}, headers=HERE)
        assert (answer.status_code, "authorization_expired" in answer.text) == (400, True)
    assert devices() == 0


def test_a_client_that_was_removed_meanwhile_is_told_on_a_page(browser, services, ask, client, ada, devices):
    sealed = ask().sealed
    services.provider.remove_client.by_operator(client.client_id)
    for path, fields in (("/login", ADA), ("/consent", {"decision": "deny"})):
        answer = browser.post(path, data={"continue": sealed, **fields}, headers=HERE)
        assert (answer.status_code, "untrusted_request" in answer.text) == (400, True)

    assert devices() == 0


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
@pytest.mark.parametrize("path", ["/login", "/login/continue", "/consent", "/register"])
def test_a_form_of_another_site_is_refused(browser, services, ask, here, client, path, headers):
    fields = {"continue": ask().sealed, "decision": "allow", "remember": "yes", **ADA}
    answer = browser.post(path, data=fields, headers=headers)

    assert (answer.status_code, "cross_site" in answer.text) == (403, True)
    assert services.capabilities.consents.scopes(here.person.id, client.client_id) == frozenset()


def test_who_comes_without_an_application_stays_in_the_house(browser, ask, here):
    assert browser.get("/login").location == "/account"
    answer = browser.post("/login", data=ADA, headers=HERE)

    assert answer.location == "/account"
