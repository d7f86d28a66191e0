"""
Where the way back ends: at the chat application, on one of its paths, and nowhere else.

Law: RFC 9700 §4.11 (no open redirector), RFC 6749 §10.6.
"""

from urllib.parse import urlsplit

import pytest

from tests.servers.social import Account
from tests.upstream.providers.elsewhere import Voyage, settle_elsewhere

EVIL = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "@evil.example/",
    ".evil.example/",
    ":80@evil.example/",
    "javascript:alert(1)",
    "/%0d%0aSet-Cookie:x=1",
    "/\r\nSet-Cookie: x=1",
    "/oauth2/authorize?client_id=x",
    "/api/auth/logout",
    "/logout",
    "/" + "x" * 5000,
    "",
]
NELLY = {"id": "80351110224678912", "username": "Nelly", "verified": True, "email": "nelly@discord.com"}


@pytest.fixture
def app(app, social):
    settle_elsewhere(app, social.url)
    return app


@pytest.fixture
def voyage(browser, services, social):
    social.account = Account(NELLY)
    return Voyage(browser, services, social, "discord")


def test_a_path_of_the_chat_is_where_one_lands(voyage):
    answer = voyage.arrive(voyage.visit(voyage.depart_to(redirect_to="/c/new?model=x#top")))

    assert voyage.is_in(answer)
    assert answer.location == f"{voyage.chat}/c/new?model=x#top"


def test_no_other_place_is_one(voyage):
    home, landed = urlsplit(voyage.chat), {}
    for path in EVIL:
        answer = voyage.arrive(voyage.visit(voyage.depart_to(redirect_to=path)))
        assert voyage.is_in(answer), path
        landed[path] = urlsplit(answer.location)

    assert {place[:2] for place in landed.values()} == {home[:2]}
    assert {place.path.partition("/")[2][:5] for place in landed.values()} <= {"", "%0d%0"}
    assert "Set-Cookie" not in {place.path for place in landed.values()}


def test_the_callback_of_a_provider_belongs_to_it_alone(voyage):
    for name in ("github", "google", "openid", "facebook", "apple", "nobody"):
        back = voyage.visit(voyage.depart_to())
        back.url = f"/oauth/{name}/callback"
        assert voyage.is_refused(voyage.arrive(back)), name

    assert voyage.people() == 0


def test_what_is_no_answer_ends_at_the_sign_in_page(voyage):
    for query in (
        "",
        "state=x",
        "code=x",
        "state=&code=",
        "error=access_denied",
        "state=a&state=b",
        "sealed=x",
        "sealed=",
    ):
        for name in ("discord", "apple", "nobody"):
            assert voyage.is_refused(voyage.browser.get(f"/oauth/{name}/callback?{query}")), (name, query)


def test_a_provider_that_nobody_knows_is_like_one_that_is_switched_off(voyage):
    for name in ("nobody", "local", "..", "%00", "x" * 500, "ad\u00e4"):
        assert voyage.is_refused(voyage.browser.get(f"/oauth/{name}")), name


def test_an_answer_by_form_is_for_the_one_that_sends_forms(voyage):
    back = voyage.visit(voyage.depart_to())
    back.method = "POST"

    assert voyage.is_refused(voyage.arrive(back))


@pytest.mark.parametrize("longest", [0, 500, 2400])
def test_many_departures_do_not_fill_the_browser(voyage, longest):
    """A browser with 8 KB of cookies for a site is refused by every server; and any site can send it on a trip."""
    for _ in range(6):
        voyage.depart_to(**{"continue": "x" * longest})
    url = voyage.depart_to()
    kept = [cookie for cookie in voyage.browser._cookies.values() if "trip" in cookie.decoded_key]

    assert len(kept) <= 3
    assert sum(len(cookie.value) for cookie in kept) <= 4096
    assert voyage.is_in(voyage.arrive(voyage.visit(url)))
    assert [cookie for cookie in voyage.browser._cookies.values() if cookie.value in url] == []


def test_nothing_is_written_for_somebody_who_only_knocks(voyage):
    before = voyage.last_code()
    for _ in range(3):
        voyage.depart_to()

    assert (voyage.last_code(), voyage.people(), voyage.sessions()) == (before, 0, 0)


@pytest.mark.parametrize("iss", ["https://evil.example", "http://[", "//[x", "http://\u2100", "", "\0"])
def test_an_answer_that_says_it_is_another_s_leads_nowhere(voyage, iss):
    back = voyage.visit(voyage.depart_to())
    back.told["iss"] = iss

    assert voyage.is_refused(voyage.arrive(back))
    assert voyage.people() == 0
