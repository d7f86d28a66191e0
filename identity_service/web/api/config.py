"""
/api/config: what the sign-in page needs to know before anybody has signed in.

A switch is on only when the door behind it works, so a button that is shown can be pressed.
Source: LibreChat, `GET /api/config` for anonymous callers.
"""

from flask import Blueprint, Response
from pydantic import Field

from identity_service.web.api.people import Shown
from identity_service.web.context import services
from identity_service.web.contract import Answer, Operation, door, reply

config = Blueprint("config", __name__)


class ConfigBody(Shown):
    """The switches of the sign-in page."""

    app_title: str = Field(alias="appTitle")
    server_domain: str = Field(alias="serverDomain")
    email_login_enabled: bool = Field(alias="emailLoginEnabled")
    registration_enabled: bool = Field(alias="registrationEnabled")
    min_password_length: int = Field(alias="minPasswordLength")
    social_login_enabled: bool = Field(default=False, alias="socialLoginEnabled")
    google_login_enabled: bool = Field(default=False, alias="googleLoginEnabled")
    github_login_enabled: bool = Field(default=False, alias="githubLoginEnabled")
    discord_login_enabled: bool = Field(default=False, alias="discordLoginEnabled")
    facebook_login_enabled: bool = Field(default=False, alias="facebookLoginEnabled")
    apple_login_enabled: bool = Field(default=False, alias="appleLoginEnabled")
    openid_login_enabled: bool = Field(default=False, alias="openidLoginEnabled")
    openid_auto_redirect: bool = Field(default=False, alias="openidAutoRedirect")
    saml_login_enabled: bool = Field(default=False, alias="samlLoginEnabled")
    email_enabled: bool = Field(default=False, alias="emailEnabled")
    password_reset_enabled: bool = Field(default=False, alias="passwordResetEnabled")
    social_logins: list[str] = Field([], alias="socialLogins")


_EXAMPLE = ConfigBody(
    app_title="LibreChat",
    server_domain="https://id.example.org",
    email_login_enabled=True,
    registration_enabled=True,
    min_password_length=8,
)


@door(
    config,
    "GET",
    "/api/config",
    Operation(
        "What the sign-in page shows",
        "people",
        {200: Answer("The switches.", ConfigBody, _EXAMPLE.model_dump(by_alias=True))},
    ),
)
def show_config() -> Response:
    """Show the switches."""
    settings = services().settings
    return reply(
        ConfigBody(
            app_title=settings.site.app_title,
            server_domain=settings.site.domain_server,
            email_login_enabled=settings.registration.email_login,
            registration_enabled=settings.registration.registration,
            min_password_length=settings.passwords.min_length,
            email_enabled=settings.mail.is_configured,
            password_reset_enabled=services().recovery.recover.is_open,
        )
    )
