"""The authorization endpoint at the door: by GET and by POST, on to our pages or back, and never elsewhere."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fakes.applications import CALLBACK, CHALLENGE, application

AUTHORIZE = "/oauth2/authorize"


class Form(HTMLParser):
    """The first form of a page: where it goes, what it holds, and the nonce of a script."""

    def __init__(self, html):
        super().__init__()
        self.action, self.fields, self.nonce = "", {}, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form":
            self.action = self.action or told["action"]
        if tag == "input" and told.get("type") == "hidden":
            self.fields[told["name"]] = told["value"]
        if tag == "script":
            self.nonce = told["nonce"]


@pytest.fixture
def client(services):
    return application(services).client


@pytest.fixture
def asked(client):
    """A good request."""
    return {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid email",
        "state": "a state & more=1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


@pytest.fixture
def known(services, here, client):
    """Ada, signed in, who has allowed the client what it asks for."""
    with services.database.transaction():
        services.capabilities.consents.remember(here.person.id, client.client_id, ("openid", "email"))
    return here


@pytest.fixture
def ask(browser, asked):
    """Ask with a good request, but for what the test changes; None removes a parameter."""

    def sent(*repeated, **changed):
        said = {name: value for name, value in {**asked, **changed}.items() if value is not None}
        return browser.get(AUTHORIZE, query_string=[*said.items(), *repeated])

    return sent


def told(answer):
    """Return what an answer says to the application, which is where the browser is sent to."""
    assert answer.status_code == 303
    there = urlsplit(answer.location)
    assert f"{there.scheme}://{there.netloc}{there.path}" == CALLBACK
    return {name: values[0] for name, values in parse_qs(there.query, strict_parsing=True).items()}


def is_a_page_of_ours(answer, code):
    """Insist on a page that sends nobody anywhere and repeats nothing of the request."""
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert code in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "Location" not in answer.headers
    assert "evil" not in answer.text
    return True


def test_who_is_not_signed_in_comes_to_the_sign_in_page(browser, ask):
    answer = ask(login_hint="grace@example.org")
    page = browser.get(answer.location)

    assert (answer.status_code, urlsplit(answer.location).path) == (303, "/login")
    assert "App" in page.text
    assert 'value="grace@example.org"' in page.text
    assert Form(page.text).fields.keys() == {"continue"}


def test_who_has_not_allowed_it_yet_comes_to_the_question(browser, ask, here):
    answer = ask()

    assert (answer.status_code, urlsplit(answer.location).path) == (303, "/consent")
    assert "Allow" in browser.get(answer.location).text


def test_who_has_nothing_left_to_do_goes_back_with_a_code(services, ask, known):
    """RFC 6749 §4.1.2, RFC 9207 §2; RFC 9700 §4.2.4 for the Referer."""
    answer = ask()
    said = told(answer)

    assert said.keys() == {"code", "state", "iss"}
    assert (said["state"], said["iss"]) == ("a state & more=1", services.settings.site.issuer)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"prompt": "none"}, "consent_required"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"id_token_hint": "garbage"}, "invalid_request"),
    ],
)
def test_an_error_goes_back_with_state_and_issuer(services, ask, here, changed, error):
    said = told(ask(**changed))

    assert (said["error"], said["state"]) == (error, "a state & more=1")
    assert (said["iss"], "code" in said) == (services.settings.site.issuer, False)


def test_a_parameter_that_stands_twice_is_an_error(ask, known):
    assert told(ask(("nonce", "a"), ("nonce", "b")))["error"] == "invalid_request"
    assert "code" in told(ask(("unheard_of", "a"), ("unheard_of", "b")))


def test_an_answer_may_go_in_a_form_that_sends_itself(services, ask, known):
    """OAuth 2.0 Form Post Response Mode §2."""
    answer = ask(response_mode="form_post")
    form, policy = Form(answer.text), answer.headers["Content-Security-Policy"]

    assert (answer.status_code, form.action) == (200, CALLBACK)
    assert form.fields.keys() == {"code", "state", "iss"}
    assert (form.fields["state"], form.fields["iss"]) == ("a state & more=1", services.settings.site.issuer)
    assert f"script-src 'nonce-{form.nonce}'" in policy
    assert "form-action 'self' https:" in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_error_may_go_in_a_form_as_well(ask):
    form = Form(ask(response_mode="form_post", prompt="none").text)

    assert (form.action, form.fields["error"], form.fields["state"]) == (CALLBACK, "login_required", "a state & more=1")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "evil"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "?evil"},
    ],
    ids=str,
)
def test_what_cannot_be_trusted_is_told_to_the_person_alone(ask, known, changed):
    """RFC 6749 §4.1.2.1."""
    assert is_a_page_of_ours(ask(**changed, prompt="none"), "untrusted_request")


def test_who_says_twice_where_the_answer_goes_is_not_trusted(ask, known):
    assert is_a_page_of_ours(ask(("redirect_uri", "https://evil.example/")), "untrusted_request")
    assert is_a_page_of_ours(ask(("client_id", "evil")), "untrusted_request")


@pytest.mark.parametrize("sealed", ["", "evil", "A" * 400])
def test_a_request_that_does_not_open_is_told_to_the_person(browser, known, sealed):
    assert is_a_page_of_ours(browser.get(AUTHORIZE, query_string={"continue": sealed}), "authorization_expired")


def test_a_whole_request_counts_whatever_it_claims_to_go_on_with(ask, known):
    assert "code" in told(ask(("continue", "garbage")))


def test_a_request_that_nobody_could_carry_is_told_to_the_person(browser, ask, asked):
    long = "evil" * 1500
    for answer in (ask(unheard_of=long), browser.post(AUTHORIZE, data={**asked, "unheard_of": long})):
        assert is_a_page_of_ours(answer, "untrusted_request")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.org"}])
def test_by_post_the_browser_comes_again_by_get(browser, asked, known, headers):
    """OpenID Connect Core 1.0 §3.1.2.1; the form comes from elsewhere, and our cookie does not come with it."""
    answer = browser.post(AUTHORIZE, data=asked, headers=headers)
    address = urlsplit(answer.location)

    assert (answer.status_code, address.path, list(parse_qs(address.query))) == (303, AUTHORIZE, ["continue"])
    assert "code" in told(browser.get(answer.location))


def test_by_post_all_is_as_by_get(browser, asked, known):
    def post(**changed):
        return browser.get(browser.post(AUTHORIZE, data={**asked, **changed}).location)

    assert told(post(scope=""))["error"] == "invalid_scope"
    assert told(post(nonce=["a", "b"]))["error"] == "invalid_request"
    assert urlsplit(post(prompt="login").location).path == "/login"
    assert is_a_page_of_ours(post(redirect_uri="https://evil.example/"), "untrusted_request")
    assert is_a_page_of_ours(post(client_id=""), "untrusted_request")


def test_by_post_only_the_form_is_read(browser, asked, known):
    answers = (
        browser.post(AUTHORIZE, query_string=asked),
        browser.post(AUTHORIZE, json=asked),
    )
    for answer in answers:
        assert is_a_page_of_ours(browser.get(answer.location), "untrusted_request")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_known(browser, asked, method):
    assert browser.open(AUTHORIZE, method=method, query_string=asked).status_code == 405


def test_the_log_learns_which_application_has_an_address_that_is_not_registered(browser, client, asked, logged):
    browser.get(AUTHORIZE, query_string={**asked, "redirect_uri": "https://elsewhere.example/"})
    browser.get(AUTHORIZE, query_string={**asked, "client_id": "nobody"})

    assert [line.get("detail") for line in logged() if line["event"] == "authorization.refused"] == [
        f"client {client.client_id}",
        None,
    ]
