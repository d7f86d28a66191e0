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
    "openidAutoRedirect": False,
    "samlLoginEnabled": False,
    "emailEnabled": False,
    "passwordResetEnabled": False,
    "socialLogins": [],
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


@pytest.mark.environ(ALLOW_SOCIAL_LOGIN="true", GITHUB_CLIENT_ID="x", GITHUB_CLIENT_SECRET="y")
def test_a_button_is_shown_only_if_the_door_behind_it_works(config):
    assert (config["githubLoginEnabled"], config["passwordResetEnabled"], config["socialLogins"]) == (False, False, [])
