"""What a person sees when something goes wrong that no form can tell."""

import pytest
from werkzeug.test import Client

from identity_service.app import create_app
from tests.fakes.installation import settings_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}
ASKED = {
    "client_id": "0123456789abcdef",
    "redirect_uri": "https://app.example.org/callback",
    "response_type": "code",
    "scope": "openid",
}


@pytest.fixture
def away(tmp_path):
    """A browser at an installation whose database cannot be opened."""
    no_folder = tmp_path / "identity"
    no_folder.write_bytes(b"")
    return Client(create_app(settings_of(DATABASE_URL=f"sqlite:///{no_folder}/identity.db")))


def test_an_outage_is_told_on_a_page_that_says_when_to_come_back(away):
    answer = away.post("/login", data={"email": "ada@example.org", "password": "anything at all"}, headers=BROWSER)

    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "The database is not available right now. Please try again." in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_an_outage_is_told_on_a_page_to_whom_an_application_sends(away):
    answer = away.get("/oauth2/authorize", query_string=ASKED, headers=BROWSER)

    assert (answer.status_code, answer.mimetype, "Retry-After" in answer.headers) == (503, "text/html", True)


@pytest.mark.parametrize(("form", "status"), [("email=a&email=b", 400), ("x" * 65_537, 413)], ids=["twice", "long"])
def test_a_form_that_cannot_be_read_is_told_on_a_page(browser, form, status):
    answer = browser.post("/login", data=form, headers={**BROWSER, "Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "Error: This did not work" in answer.text


def test_a_browser_is_told_on_a_page_that_there_is_none(browser):
    answer = browser.get("/acount", headers=BROWSER)

    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_browser_is_told_on_a_page_that_the_page_does_not_do_that(browser):
    answer = browser.delete("/login", headers=BROWSER)

    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/acount", "*/*"), ("/acount", "application/json"), ("/api/nowhere", "text/html"), ("/v1/nowhere", "text/html")],
)
def test_a_program_is_told_in_json_that_there_is_no_such_door(browser, path, accept):
    answer = browser.get(path, headers={"Accept": accept})

    assert (answer.status_code, answer.is_json) == (404, True)
