"""A decision carried out: where the browser is sent, by which status, and what stands in the address."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from markupsafe import escape

from identity_service.flows.outcomes import Asking, Reply, ShowConsent, ShowSignIn
from identity_service.web.oidc.decisions import away, carry_out, come_back, with_query

ASKING = Asking(
    "chat", "Chat", ("https:",), "chat.example.org", (), is_self_registered=False, policy_uri="", tos_uri=""
)
SAID = {"code": "a&b=c d", "state": "é/?#", "iss": "https://id.example.org"}


@pytest.fixture(autouse=True)
def _inside(app):
    with app.test_request_context("/oauth2/authorize"):
        yield


@pytest.mark.parametrize(
    ("address", "beginning"),
    [
        ("https://chat.example.org/callback", "https://chat.example.org/callback?"),
        ("https://chat.example.org/callback?", "https://chat.example.org/callback?"),
        ("https://chat.example.org/callback?tenant=1", "https://chat.example.org/callback?tenant=1&"),
        ("https://chat.example.org/callback?tenant=1&", "https://chat.example.org/callback?tenant=1&"),
        ("https://chat.example.org/a&", "https://chat.example.org/a&?"),
        ("https://chat.example.org", "https://chat.example.org?"),
        ("https://Chat.Example.ORG:443/%7Ea/?x=%2f", "https://Chat.Example.ORG:443/%7Ea/?x=%2f&"),
        ("http://[::1]:49152/callback", "http://[::1]:49152/callback?"),
        ("com.example.chat:/callback", "com.example.chat:/callback?"),
        ("com.example.chat:///callback", "com.example.chat:///callback?"),
        ("com.example.chat://", "com.example.chat://?"),
        ("/login", "/login?"),
    ],
)
def test_an_address_stays_as_it_was_registered_letter_for_letter(address, beginning):
    """RFC 6749 §3.1.2: its query is retained."""
    there = with_query(address, SAID)

    assert there.startswith(beginning)
    assert parse_qsl(there.removeprefix(beginning), strict_parsing=True) == list(SAID.items())
    assert there.isascii()
    assert with_query(address, {}) == address
    assert away(there).location == there


def test_on_to_the_sign_in_page(app):
    answer = carry_out(ShowSignIn("sealed", ASKING, "", is_again=False))

    assert (answer.status_code, answer.location) == (303, "/login?continue=sealed")


def test_on_to_the_question():
    answer = carry_out(ShowConsent("sealed", ASKING))

    assert (answer.status_code, answer.location) == (303, "/consent?continue=sealed")


def test_back_to_the_application():
    answer = carry_out(Reply("https://chat.example.org/callback", "query", SAID, "Chat", ("https:",)))

    assert answer.status_code == 303  # RFC 9700 §4.12: what was posted to us is not posted on
    assert dict(parse_qsl(urlsplit(answer.location).query)) == SAID
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("uri", ["https://chat.example.org/callback?x=1", "com.example.chat:/callback"])
def test_an_error_for_an_application_that_nobody_vouches_for_stays_on_a_page(uri):
    said = {"error": "invalid_scope", "error_description": "No such <scope>.", "iss": "https://id.example.org"}
    answer = carry_out(Reply(uri, "query", said, "Your bank", goes_at_once=False))
    page = answer.get_data(as_text=True)

    assert (answer.status_code, answer.location, answer.mimetype) == (400, None, "text/html")
    assert "No such &lt;scope&gt;." in page
    assert f'href="{escape(with_query(uri, said))}"' in page
    assert "Your bank" not in page


def test_an_error_on_a_page_goes_back_as_the_application_wants_its_answers():
    """OAuth 2.0 Form Post Response Mode §2: errors, too."""
    said = {"error": "invalid_scope", "error_description": "No such <scope>.", "iss": "https://id.example.org"}
    uri, places = "https://chat.example.org/callback", ("https:",)
    answer = carry_out(Reply(uri, "form_post", said, "Your bank", places, goes_at_once=False))
    page = answer.get_data(as_text=True)

    assert (answer.status_code, answer.location) == (400, None)
    assert f'<form method="post" action="{uri}">' in page
    assert '<input type="hidden" name="error" value="invalid_scope">' in page
    assert f"{uri}?" not in page
    assert "form-action 'self' https:" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_back_to_the_application_in_a_form():
    reply = Reply("com.example.chat:/callback", "form_post", SAID, "Ch<at", ("com.example.chat:", "https:"))
    answer = carry_out(reply)
    page = answer.get_data(as_text=True)

    assert (answer.status_code, answer.location) == (200, None)
    assert 'action="com.example.chat:/callback"' in page
    assert 'value="a&amp;b=c d"' in page
    assert "Ch&lt;at" in page
    assert "form-action 'self' com.example.chat: https:;" in answer.headers["Content-Security-Policy"]


def test_a_request_comes_back_with_what_it_carries():
    assert (come_back("se+aled").status_code, come_back("se+aled").location) == (
        303,
        "/oauth2/authorize?continue=se%2Baled",
    )


def test_an_answer_to_an_application_is_never_kept():
    answer = away("https://chat.example.org/callback?code=x")

    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
