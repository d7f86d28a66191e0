"""/oauth/<provider>: where the browser goes, with which cookies, and where it ends when something is wrong."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from identity_service.upstream.tables import UpstreamArrival
from identity_service.web.pages.upstream import _goal, _wish
from tests.fakes import applications, people
from tests.web.conftest import HERE

CHAT = "http://localhost:3080"
FAILED = f"{CHAT}/login?redirect=false&error=auth_failed"
ON = pytest.mark.environ(ALLOW_SOCIAL_LOGIN="true", GITHUB_CLIENT_ID="us", GITHUB_CLIENT_SECRET="secret")
SECURE = pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true",
    GITHUB_CLIENT_ID="us",
    GITHUB_CLIENT_SECRET="secret",
    DOMAIN_SERVER="https://id.example.org",
    DOMAIN_CLIENT="https://chat.example.org",
)
ELSEWHERE = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}


def trips(answer):
    return [cookie for cookie in answer.headers.getlist("Set-Cookie") if "identity_trip_" in cookie]


@ON
def test_the_browser_leaves_with_a_request_and_a_cookie(browser):
    answer = browser.get("/oauth/github")
    asked = parse_qs(urlsplit(answer.location).query)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
    assert answer.location.startswith("https://github.com/login/oauth/authorize?")
    assert asked["redirect_uri"] == ["http://localhost:3081/oauth/github/callback"]
    assert (asked["client_id"], asked["scope"]) == (["us"], ["user:email read:user"])
    (cookie,) = trips(answer)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=600" in cookie


@SECURE
def test_over_tls_no_neighbour_can_set_the_cookie(browser):
    (cookie,) = trips(browser.get("/oauth/github", base_url="https://id.example.org"))

    assert cookie.startswith("__Host-identity_trip_")
    assert "Secure" in cookie
    assert "Path=/" in cookie


@SECURE
def test_over_tls_the_cookie_is_taken_back_as_a_secure_one_or_a_browser_would_keep_it(browser):
    leaving = browser.get("/oauth/github", base_url="https://id.example.org")
    state = parse_qs(urlsplit(leaving.location).query)["state"][0]
    back = browser.get(f"/oauth/github/callback?error=access_denied&state={state}", base_url="https://id.example.org")
    ((begun,), (ended,)) = trips(leaving), trips(back)

    assert ended.partition("=")[0] == begun.partition("=")[0]
    assert {"Max-Age=0", "Secure", "Path=/"} <= {*ended.split("; ")}


@ON
def test_knocking_writes_nothing_and_many_trips_do_not_fill_the_browser(browser, services):
    for _ in range(30):
        browser.get("/oauth/github")

    assert len([cookie for cookie in browser._cookies.values() if cookie.key.startswith("identity_trip_")]) == 3
    assert services.database.rows(select(UpstreamArrival.state)) == []
    assert services.capabilities.trail.about("") == []


@ON
def test_long_trips_make_room_before_a_server_would_refuse_the_browser_the_oldest_first(browser):
    for name, length in (("identity_trip_old", 3000), ("identity_trip_young", 1500)):
        browser.set_cookie(name, "x" * length)
    browser.get("/oauth/github")

    assert browser.get_cookie("identity_trip_old") is None
    assert browser.get_cookie("identity_trip_young") is not None


@ON
@pytest.mark.parametrize(
    "path", ["/oauth/google", "/oauth/error", "/oauth/openid/callback?code=x&state=y", "/oauth/%00"]
)
def test_a_provider_that_is_off_ends_where_every_failure_ends(browser, path):
    assert (browser.get(path).status_code, browser.get(path).location) == (303, FAILED)


def test_with_social_login_off_nobody_leaves(browser):
    assert browser.get("/oauth/github").location == FAILED


@ON
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=x",
        "?code=x&state=y",
        "?error=access_denied",
        "?state=a&state=b&code=x",
        "?code=%00&state=%ff",
        "?sealed=x",
        f"?state={'x' * 9000}&code=y",
        "?error_description=%3Cscript%3E&error=x",
    ],
)
def test_whoever_comes_from_nowhere_is_sent_to_the_sign_in_page(browser, query):
    answer = browser.get(f"/oauth/github/callback{query}")

    assert (answer.status_code, answer.location) == (303, FAILED)


@ON
@pytest.mark.parametrize("path", ["/oauth/github/callback", "/oauth/nobody/callback"])
def test_a_form_that_nobody_expects_ends_there_too(browser, path):
    answer = browser.post(path, data={"code": "x", "state": "y"}, headers=ELSEWHERE)
    assert answer.location == f"{path}?sealed="

    assert browser.get(answer.location).location == FAILED


@ON
def test_more_than_any_provider_sends_ends_there_as_well(browser):
    answer = browser.post("/oauth/github/callback", data={"code": "x" * 70_000}, headers=ELSEWHERE)

    assert (answer.status_code, answer.location) == (303, FAILED)


@ON
def test_a_denial_counts_only_with_the_state_of_a_trip(browser, services):
    state = parse_qs(urlsplit(browser.get("/oauth/github").location).query)["state"][0]
    answer = browser.get(f"/oauth/github/callback?error=access_denied&state={state}")
    assert answer.location == FAILED
    assert any("Max-Age=0" in cookie for cookie in trips(answer))

    entries = services.capabilities.trail.about("")
    assert [entry.event.detail for entry in entries] == [{"provider": "github", "code": "upstream_denied"}]


@ON
def test_whoever_began_on_our_page_is_told_there_what_went_wrong(browser):
    assert b'href="/oauth/github?here=1"' in browser.get("/login").data
    state = parse_qs(urlsplit(browser.get("/oauth/github?here=1").location).query)["state"][0]
    answer = browser.get(f"/oauth/github/callback?error=access_denied&state={state}")
    assert answer.location == "/login?redirect=false&error=upstream_denied"

    assert b"The sign-in was not completed there." in browser.get(answer.location).data


@ON
def test_whoever_came_for_an_application_keeps_its_request(browser, services):
    client = applications.application(services).client
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": applications.CALLBACK,
        "scope": "openid",
        "code_challenge": applications.CHALLENGE,
        "code_challenge_method": "S256",
    }
    page = browser.get("/oauth2/authorize", query_string=asked, follow_redirects=True).text
    button = page.partition('href="/oauth/github?continue=')[2].partition('"')[0]
    assert button
    state = parse_qs(urlsplit(browser.get(f"/oauth/github?continue={button}").location).query)["state"][0]
    answer = browser.get(f"/oauth/github/callback?error=access_denied&state={state}")

    assert answer.location.startswith("/login?redirect=false&error=upstream_denied&continue=")
    assert browser.get(answer.location).status_code == 200


@ON
def test_a_word_that_is_no_fault_of_ours_is_not_shown(browser):
    assert b"problem" not in browser.get("/login?error=%3Cscript%3E").data
    assert b"Signing in failed." in browser.get("/login?error=auth_failed").data


AT_ONCE = {
    "ALLOW_SOCIAL_LOGIN": "true",
    "OPENID_CLIENT_ID": "us",
    "OPENID_CLIENT_SECRET": "secret",
    "OPENID_ISSUER": "https://idp.example.org",
    "OPENID_AUTO_REDIRECT": "true",
}


@pytest.mark.environ(
    **AT_ONCE,
    ALLOW_EMAIL_LOGIN="false",
    OPENID_IMAGE_URL="https://pictures.example.org/logo.svg",
    OPENID_BUTTON_LABEL="Continue with <b>us</b>",
)
def test_the_sign_in_page_may_go_to_the_provider_at_once(browser):
    assert browser.get("/login").location == "/oauth/openid?here=1"
    answer = browser.get("/login?redirect=false")

    assert b"Continue with &lt;b&gt;us&lt;/b&gt;" in answer.data
    assert b'name="password"' not in answer.data
    assert "img-src 'self' https://pictures.example.org;" in answer.headers["Content-Security-Policy"]


@pytest.mark.environ(**AT_ONCE)
@pytest.mark.parametrize("told", ["notice=reset", "notice=verified", "notice=registered", "error=upstream_denied"])
def test_the_sign_in_page_goes_nowhere_before_it_has_told_what_there_is_to_tell(browser, told):
    assert browser.get(f"/login?{told}").status_code == 200
    assert browser.get("/login?notice=nothing").location == "/oauth/openid?here=1"


@pytest.mark.environ(**AT_ONCE)
def test_whoever_has_left_for_good_is_not_led_to_a_new_account(at_home):
    answer = at_home.post("/account/close", data={"email": people.EMAIL}, headers=HERE)

    assert answer.location == "/login?redirect=false"


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("/c/new", "/c/new"),
        ("/c/1?x=%2F#top", "/c/1?x=%2F#top"),
        ("//evil.example", ""),
        ("/\\evil.example", ""),
        ("https://evil.example", ""),
        ("@evil.example", ""),
        (".evil.example", ""),
        ("/oauth/google", ""),
        ("/api/auth/logout", ""),
        ("/a\r\nSet-Cookie: x", ""),
        ("/" + "x" * 1100, ""),
    ],
)
def test_a_way_on_leads_into_the_chat_application_and_nowhere_else(app, path, goes):
    with app.test_request_context("/oauth/github", query_string={"redirect_to": path}):
        assert _goal(_wish(), "").location == f"{CHAT}{goes}"


LINKING = pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true", ALLOW_ACCOUNT_LINKING="true", GITHUB_CLIENT_ID="us", GITHUB_CLIENT_SECRET="secret"
)


@pytest.fixture
def at_home(browser, services):
    """Ada's browser, where she is signed in."""
    ada = people.person(services)
    answer = browser.post("/login", data={"email": ada.email, "password": people.PASSWORD}, headers=HERE)
    assert answer.status_code == 303
    return browser


@LINKING
def test_the_account_page_leads_to_a_provider_without_a_script(at_home):
    assert b'action="/account/links/github"' in at_home.get("/account").data
    answer = at_home.post("/account/links/github", headers=HERE)

    assert answer.status_code == 200
    assert b'<meta http-equiv="refresh" content="0; url=https://github.com/login/oauth/authorize?' in answer.data
    assert trips(answer)


@LINKING
def test_another_site_s_form_connects_nothing(at_home):
    assert at_home.post("/account/links/github", headers=ELSEWHERE).status_code == 403


@LINKING
def test_a_denial_while_connecting_ends_on_the_account_page(at_home):
    page = at_home.post("/account/links/github", headers=HERE).text
    state = page.partition("state=")[2].partition("&")[0]
    answer = at_home.get(f"/oauth/github/callback?error=access_denied&state={state}")
    assert answer.location == "/account?error=upstream_denied"

    assert b"The sign-in was not completed there." in at_home.get(answer.location).data


@LINKING
@pytest.mark.parametrize(("path", "code"), [("google", "upstream_off"), ("github/end", "link_unknown")])
def test_what_cannot_be_done_is_told_on_the_account_page(at_home, path, code):
    assert at_home.post(f"/account/links/{path}", headers=HERE).location == f"/account?error={code}"


@LINKING
def test_whoever_is_not_signed_in_connects_nothing(browser):
    for path in ("/account/links/github", "/account/links/github/end"):
        assert browser.post(path, headers=HERE).location == "/login?notice=away"
