"""OpenID Connect Core 1.0 §3.1.2.5 and §3.1.2.6: what goes back to the party, and how."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conformance.party import ADA, CALLBACK, STATE, Somebody, answer_of, refused, told
from tests.conformance.user_agent import HOME, UserAgent
from tests.fakes.people import PASSWORD

REMEMBERING = Somebody(remember="yes")


def test_code_and_state_go_back_in_the_query(party, browser):
    answer = party.authorize(browser)

    assert (answer.address, answer.mode) == (CALLBACK, "query")
    assert set(answer.parameters) == {"code", "state", "iss"}
    assert answer.parameters["state"] == STATE


def test_the_redirect_is_no_307(party, browser):
    """RFC 9700 §4.12: what was typed into our form must not be sent on to the party."""
    party.authorize(browser)

    assert {answer.status_code for answer in browser.seen if answer.location} == {303}


def test_no_token_passes_through_the_browser(party, browser):
    party.authorize(browser)

    assert not [answer.location for answer in browser.seen if "token" in (answer.location or "")]


def test_the_answer_is_kept_by_nobody_and_tells_no_referrer(party, browser):
    """RFC 9700 §4.2."""
    party.authorize(browser)
    last = browser.seen[-1]

    assert last.location.startswith(CALLBACK)
    assert last.headers["Cache-Control"] == "no-store"
    assert last.headers["Referrer-Policy"] == "no-referrer"


def test_the_query_of_the_registered_address_stays(register, browser):
    """RFC 6749 §3.1.2."""
    address = "https://app.example.org/callback?tenant=a%20b&x="
    page = browser.submit(
        register(redirect_uri=address, is_trusted=True).send(browser),
        "/login",
        email=ADA,
        password=PASSWORD,
    )
    parts = urlsplit(page.location)

    assert page.location.startswith(f"{address}&")
    assert parse_qs(parts.query, keep_blank_values=True)["tenant"] == ["a b"]
    assert parts.fragment == ""


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.org/callback?a=1&a=2",
        "https://app.example.org/call%20back",
        "https://app.example.org/caf%c3%a9/(a)'b;c=d,e@f:g!$?x=%7E&y=a+b%2B",
        "https://app.example.org",
        "https://app.example.org/",
        "https://app.example.org:8443/callback",
        "http://localhost:5000/callback",
        "http://[::1]:5000/callback",
    ],
)
def test_the_answer_goes_to_the_address_as_it_is_spelled(register, browser, address):
    party = register(redirect_uri=address, is_trusted=True)
    page = browser.submit(party.send(browser), "/login", email=ADA, password=PASSWORD)

    assert page.location.startswith(f"{address}{'&' if '?' in address else '?'}code=")
    code = parse_qs(urlsplit(page.location).query)["code"][0]
    assert told(party.redeem(code))["id_token"]


def test_every_answer_has_a_code_of_its_own(party, browser):
    codes = [party.authorize(browser, REMEMBERING).code for _ in range(3)]

    assert len(set(codes)) == 3
    assert all(len(code) >= 43 and code.isascii() for code in codes), "256 bits (RFC 6749 §10.10)"


def test_the_codes_of_two_answers_are_both_good(party, browser):
    """Somebody may have the party open twice."""
    first, second = (party.authorize(browser, REMEMBERING).code for _ in range(2))

    assert told(party.redeem(second))["id_token"]
    assert told(party.redeem(first))["id_token"]


def test_an_error_says_nothing_of_a_code_and_an_answer_nothing_of_an_error(party, browser):
    error = party.authorize(browser, prompt="none").parameters
    answer = party.authorize(browser).parameters

    assert (set(error), set(answer)) == ({"error", "error_description", "state", "iss"}, {"code", "state", "iss"})


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "a,b\\"},
        {"response_type": '"\\'},
        {"prompt": "none login"},
        {"prompt": "none"},
        {"claims": '{"a": "\\u0000"'},
        {"max_age": "ü"},
        {"request": "x"},
        {"code_challenge": "ü"},
    ],
)
def test_the_description_of_an_error_is_written_in_allowed_characters(party, browser, changes):
    """RFC 6749 §4.1.2.1: %x20-21 / %x23-5B / %x5D-7E."""
    description = party.authorize(browser, **changes).parameters["error_description"]

    assert description
    assert all(" " <= character <= "~" and character not in '"\\' for character in description)


def test_an_error_in_the_way_in_which_the_answer_was_wanted(party, browser):
    by_form = party.authorize(browser, prompt="none", response_mode="form_post")

    assert (by_form.mode, by_form.parameters["error"]) == ("form_post", "login_required")
    assert party.authorize(browser, prompt="none").mode == "query"


def test_what_goes_back_has_no_session_of_ours_in_it(party, browser):
    """A stranger who finds the answer of another browser in a log cannot go on with it here."""
    answer = party.authorize(browser)
    secrets = {value for value, _ in browser.jar.values()}

    assert not [value for value in answer.parameters.values() if value in secrets]
    assert answer.parameters["iss"] == HOME


def test_a_code_works_for_the_party_whichever_browser_brings_it(party, browser, application):
    """It is the party's own business to tie the state to a browser; the code is tied to the party."""
    stranger = UserAgent(application)
    page = party.send(browser)
    answer = answer_of(browser, page)

    assert stranger.open("/account").request.path == "/login"
    assert told(party.redeem(answer.code))["id_token"]
    assert refused(party.redeem(answer.code)) == (400, "invalid_grant")
