"""RFC 9700 §2.1, §4.1, §4.11 and §4.12: where an answer goes, and where it never goes."""

import pytest

from tests.conformance.party import CALLBACK, Somebody, told
from tests.conformance.user_agent import HOME, forms_of
from tests.fakes.people import PASSWORD

NEARLY = {
    "a slash behind it": f"{CALLBACK}/",
    "a query behind it": f"{CALLBACK}?x=1",
    "an empty query behind it": f"{CALLBACK}?",
    "a fragment behind it": f"{CALLBACK}#x",
    "a path below it": f"{CALLBACK}/x",
    "a way up": "https://app.example.org/x/../callback",
    "an encoded letter": "https://app.example.org/%63allback",
    "capitals in the host": "https://APP.example.org/callback",
    "capitals in the path": "https://app.example.org/Callback",
    "its usual port": "https://app.example.org:443/callback",
    "a host below it": "https://x.app.example.org/callback",
    "a host above it": "https://example.org/callback",
    "a host that begins like it": "https://app.example.org.evil.example/callback",
    "a user": "https://app.example.org@evil.example/callback",
    "no encryption": "http://app.example.org/callback",
    "a blank": f"{CALLBACK} ",
    "a line end": f"{CALLBACK}\n",
    "only its beginning": "https://app.example.org/",
}


@pytest.mark.parametrize("address", NEARLY.values(), ids=NEARLY.keys())
def test_an_address_is_compared_letter_for_letter(party, browser, address):
    page = party.send(browser, redirect_uri=address)

    assert (page.status_code, page.location) == (400, None)
    assert party.send(browser).status_code == 200


@pytest.mark.parametrize(
    ("registered", "presented"),
    [
        (f"{CALLBACK}?a=1", CALLBACK),
        (f"{CALLBACK}?a=1", f"{CALLBACK}?a=1&b=2"),
        (f"{CALLBACK}?a=1", f"{CALLBACK}?a=2"),
        (f"{CALLBACK}?a=1&b=2", f"{CALLBACK}?b=2&a=1"),
    ],
)
def test_the_query_of_a_registered_address_belongs_to_it(register, browser, registered, presented):
    party = register(redirect_uri=registered)

    assert party.send(browser, redirect_uri=presented).status_code == 400
    assert party.send(browser, redirect_uri=registered).status_code == 200


def test_the_address_of_another_party_is_a_foreign_one(party, register, browser):
    other = register("Other", "https://other.example.org/callback")

    assert party.send(browser, redirect_uri=other.redirect_uri).status_code == 400
    assert other.send(browser).status_code == 200


@pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"redirect_uri": "https://evil.example.org/"}])
def test_nobody_is_redirected_before_the_party_is_trusted(party, browser, changes):
    """Not even whoever is signed in and has allowed everything."""
    party.authorize(browser, Somebody(remember="yes"))
    browser.seen.clear()
    party.send(browser, **changes)

    assert [(answer.status_code, answer.location) for answer in browser.seen] == [(400, None)]


def test_a_form_with_a_password_is_answered_with_303(party, browser):
    """§4.12: with 307 the browser would send the password on to the party."""
    page = party.send(browser)
    browser.seen.clear()
    page = browser.submit(page, "/login", email="ada@example.org", password=PASSWORD)
    browser.submit(page, "/consent", decision="allow")
    posted = [answer.status_code for answer in browser.seen if answer.request.method == "POST"]

    assert posted == [303, 303]


def test_no_page_on_the_way_tells_another_site_where_it_was(party, browser):
    """§4.2.4: no referrer to other sites, and nothing from other sites on the page."""
    party.authorize(browser, Somebody(), prompt="select_account", response_mode="form_post")
    pages = [answer for answer in browser.seen if answer.mimetype == "text/html" and answer.status_code == 200]

    assert len(pages) == 3
    for page in pages:
        assert page.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert 'src="http' not in page.text


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_no_other_site_reads_the_authorization_endpoint(party, wire, method):
    """§2.6: no CORS there, because the browser is redirected and never reads it."""
    headers = {
        "Origin": "https://spa.example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = wire.open("/oauth2/authorize", base_url=HOME, method=method, headers=headers, data=party.request())

    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


def test_the_provider_is_no_open_redirector(party, browser, wire):
    """§4.11.2: whatever it is that says where to go on, it must be ours."""
    for path in ("/login", "/consent", "/oauth2/authorize", "/oauth2/logout", "/register"):
        for where in ("https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "x"):
            answer = wire.get(path, base_url=HOME, query_string={"continue": where, "next": where, "redirect": where})
            assert "evil.example.org" not in (answer.location or "")
            assert answer.status_code in {400, 303}
    assert forms_of(party.send(browser))


def test_a_registered_address_gets_the_answer(party, browser):
    assert told(party.redeem(party.authorize(browser).code))["id_token"]
