"""The cookies of a browser session: two exactly as LibreChat sets them, and our own beside them."""

import pytest
from werkzeug.http import parse_date

from tests.fakes.people import EMAIL, PASSWORD

SAME_SITE = {"refreshToken": "Strict", "token_provider": "Strict", "identity_session": "Lax"}
OF_OPENID = dict.fromkeys(("openid_user_id", "openid_access_token", "openid_id_token"), "Strict")
TAKEN_BACK = {**SAME_SITE, **OF_OPENID}
DEVICE = "identity_device"
LOGIN = {"email": EMAIL, "password": PASSWORD}


def cookies_of(answer):
    """Read the Set-Cookie headers: each name with its value and its attributes."""
    found = {}
    for line in answer.headers.getlist("Set-Cookie"):
        first, *attributes = line.split("; ")
        name, _, value = first.partition("=")
        found[name] = value, dict(attribute.partition("=")[::2] for attribute in attributes)
    return found


@pytest.fixture
def signed_in(browser, ada):
    return browser.post("/api/auth/login", json=LOGIN)


def test_a_sign_in_sets_the_two_cookies_of_librechat_and_one_of_ours(signed_in):
    cookies = cookies_of(signed_in)

    assert cookies.keys() == SAME_SITE.keys() | {DEVICE}
    assert cookies["token_provider"][0] == "librechat"
    assert cookies["refreshToken"][0].count(".") == 2


def test_all_are_out_of_reach_of_scripts_and_of_other_sites_until_the_session_ends(services, ada, signed_in):
    (device,) = services.capabilities.sessions.devices(ada.id)

    cookies = cookies_of(signed_in)
    for name, (_, attributes) in ((name, cookies[name]) for name in SAME_SITE):
        assert attributes.keys() == {"Expires", "HttpOnly", "Path", "SameSite"}
        assert (attributes["Path"], attributes["SameSite"]) == ("/", SAME_SITE[name])
        assert parse_date(attributes["Expires"]) == device.expires_at


def test_that_somebody_signed_in_here_is_remembered_for_half_a_year_and_survives_a_sign_out(browser, signed_in):
    _, attributes = cookies_of(signed_in)[DEVICE]

    assert attributes["Max-Age"] == str(180 * 24 * 60 * 60)
    assert (attributes["Path"], attributes["SameSite"], "HttpOnly" in attributes) == ("/", "Lax", True)
    assert DEVICE not in cookies_of(browser.post("/api/auth/logout"))


def test_a_refresh_replaces_the_token_and_keeps_the_end(browser, signed_in):
    first, second = cookies_of(signed_in), cookies_of(browser.post("/api/auth/refresh"))

    assert second["refreshToken"][0] != first["refreshToken"][0]
    assert second["refreshToken"][1] == first["refreshToken"][1]


@pytest.mark.environ(DOMAIN_SERVER="https://id.example.org", DOMAIN_CLIENT="https://chat.example.org")
def test_where_the_service_is_reached_by_https_the_cookies_are_secure(signed_in):
    cookies = cookies_of(signed_in)

    assert cookies.keys() == {"refreshToken", "token_provider", "__Host-identity_session", "__Host-identity_device"}
    assert all("Secure" in attributes for _, attributes in cookies.values())


def test_a_refresh_leaves_our_own_cookie_as_it_is(browser, signed_in):
    assert cookies_of(browser.post("/api/auth/refresh")).keys() == {"refreshToken", "token_provider"}


def test_signing_out_takes_all_cookies_back_by_the_same_attributes(browser, signed_in):
    cookies = cookies_of(browser.post("/api/auth/logout"))

    assert cookies.keys() == TAKEN_BACK.keys()
    for name, (value, attributes) in cookies.items():
        assert value == ""
        assert parse_date(attributes["Expires"]).timestamp() == 0
        assert (attributes["Path"], attributes["SameSite"], "HttpOnly" in attributes) == ("/", TAKEN_BACK[name], True)
    assert browser.get_cookie("refreshToken") is None


@pytest.mark.parametrize("name", ["openid_user_id", "openid_access_token", "openid_id_token"])
def test_signing_out_takes_back_what_an_openid_sign_in_at_librechat_has_left(browser, signed_in, name):
    browser.set_cookie(name, "of.somebody.there", httponly=True, samesite="Strict")
    browser.post("/api/auth/logout")

    assert browser.get_cookie(name) is None


@pytest.mark.environ(DOMAIN_SERVER="https://id.example.org", DOMAIN_CLIENT="https://chat.example.org")
def test_where_the_service_is_reached_by_https_the_cookies_are_taken_back_as_secure_ones(browser, signed_in):
    shown = {"Authorization": f"Bearer {signed_in.json['token']}"}
    cookies = cookies_of(browser.post("/api/auth/logout", headers=shown))

    assert len(cookies) == len(TAKEN_BACK)
    assert all("Secure" in attributes for _, attributes in cookies.values())


def test_signing_out_lets_the_browser_empty_its_cache_and_keep_the_settings_of_the_chats_pages(browser, signed_in):
    assert "Clear-Site-Data" not in signed_in.headers
    assert "Clear-Site-Data" not in browser.post("/api/auth/refresh").headers
    assert browser.post("/api/auth/logout").headers["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize("path", ["/api/auth/login", "/api/auth/register"])
def test_a_refusal_sets_no_cookie(browser, ada, path):
    assert cookies_of(browser.post(path, json={**LOGIN, "password": "a wrong guess"})) == {}


def test_without_a_cookie_there_is_nothing_to_refresh(browser):
    answer = browser.post("/api/auth/refresh")

    assert (answer.status_code, answer.text, answer.mimetype) == (200, "Refresh token not provided", "text/plain")


def test_a_refusal_to_refresh_is_told_as_librechat_does(browser, services, signed_in):
    browser.post("/api/auth/logout")
    browser.set_cookie("refreshToken", cookies_of(signed_in)["refreshToken"][0])

    assert browser.post("/api/auth/refresh").status_code == 401
    assert browser.post("/api/auth/refresh?retry=true").status_code == 403
    browser.set_cookie("refreshToken", "garbage")
    assert browser.post("/api/auth/refresh").json["message"] == "Invalid refresh token"
