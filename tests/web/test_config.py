"""What the sign-in page is told before anybody has signed in."""

import pytest

from tests.fakes.letters import WITH_MAIL

LIBRECHAT = {
    "appTitle": "LibreChat",
    "serverDomain": "http://localhost:3080",
    "emailLoginEnabled": True,
    "registrationEnabled": True,
    "minPasswordLength": 8,
    "socialLoginEnabled": False,
    "googleLoginEnabled": False,
    "githubLoginEnabled": False,
    "discordLoginEnabled": False,
    "facebookLoginEnabled": False,
    "appleLoginEnabled": False,
    "openidLoginEnabled": False,
    "openidLabel": "",
    "openidImageUrl": None,
    "openidAutoRedirect": False,
    "samlLoginEnabled": False,
    "emailEnabled": False,
    "passwordResetEnabled": False,
    "socialLogins": [],
    "providers": [],
}


@pytest.fixture
def config(browser):
    return browser.get("/api/config").json


def test_the_page_is_told_everything_it_reads_and_no_more(config):
    assert config.keys() == LIBRECHAT.keys()
    assert {**config, "serverDomain": ""} == {**LIBRECHAT, "serverDomain": ""}


@pytest.mark.environ(
    ALLOW_REGISTRATION="false",
    ALLOW_EMAIL_LOGIN="false",
    MIN_PASSWORD_LENGTH="12",
    APP_TITLE="Our Chat",
    DOMAIN_SERVER="https://id.example.org",
)
def test_the_page_follows_the_settings(config):
    assert (config["registrationEnabled"], config["emailLoginEnabled"]) == (False, False)
    assert (config["minPasswordLength"], config["appTitle"]) == (12, "Our Chat")
    assert config["serverDomain"] == "https://id.example.org"


GITHUB = {"GITHUB_CLIENT_ID": "x", "GITHUB_CLIENT_SECRET": "y"}
_ALLOWED, _UNSECURED = {"ALLOW_PASSWORD_RESET": "true"}, {"ALLOW_UNSECURED_PASSWORD_RESET": "true"}


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param((True, True), id="with mail", marks=pytest.mark.environ(**WITH_MAIL)),
        pytest.param((False, False), id="without", marks=pytest.mark.environ(**_ALLOWED)),
        pytest.param((False, False), id="only unsecured", marks=pytest.mark.environ(**_UNSECURED)),
        pytest.param((False, True), id="unsecured", marks=pytest.mark.environ(**_ALLOWED, **_UNSECURED)),
    ],
)
def test_a_reset_is_offered_where_its_link_can_travel(config, shown):
    assert (config["emailEnabled"], config["passwordResetEnabled"]) == shown


@pytest.mark.environ(ALLOW_SOCIAL_LOGIN="false", **GITHUB)
def test_a_button_is_shown_only_if_the_door_behind_it_works(config):
    assert (config["githubLoginEnabled"], config["passwordResetEnabled"], config["socialLogins"]) == (False, False, [])


@pytest.mark.environ(ALLOW_SOCIAL_LOGIN="true", **GITHUB)
def test_a_provider_that_is_switched_on_has_a_button_on_every_page(config):
    assert (config["socialLoginEnabled"], config["githubLoginEnabled"], config["socialLogins"]) == (
        True,
        True,
        ["github"],
    )
    github = {"name": "github", "label": "Continue with GitHub", "imageUrl": None, "href": "/oauth/github"}
    assert config["providers"] == [github]


@pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true",
    OPENID_CLIENT_ID="a",
    OPENID_CLIENT_SECRET="b",
    OPENID_ISSUER="https://idp.example.org",
    OPENID_BUTTON_LABEL="Continue with the company",
    OPENID_IMAGE_URL="https://idp.example.org/logo.svg",
    OPENID_AUTO_REDIRECT="true",
    OPENID_PROVIDERS="okta",
    OPENID_OKTA_CLIENT_ID="a",
    OPENID_OKTA_CLIENT_SECRET="b",
    OPENID_OKTA_ISSUER="https://okta.example.org",
    OPENID_OKTA_BUTTON_LABEL="Continue with Okta",
)
def test_one_openid_issuer_has_the_chat_s_own_fields_and_any_number_have_ours(config):
    assert config["openidLoginEnabled"] is config["openidAutoRedirect"] is True
    assert config["openidLabel"] == "Continue with the company"
    assert config["openidImageUrl"] == "https://idp.example.org/logo.svg"
    assert config["socialLogins"] == ["openid"]
    assert [(each["name"], each["href"]) for each in config["providers"]] == [
        ("openid", "/oauth/openid"),
        ("okta", "/oauth/okta"),
    ]
