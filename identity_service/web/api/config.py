"""
/api/config: what the sign-in page needs to know before anybody has signed in.

A switch is on only when the door behind it works, so a button that is shown can be pressed.
Source: LibreChat, `GET /api/config` for anonymous callers.
"""

from flask import Blueprint, Response
from pydantic import Field

from identity_service.flows.outcomes import Button
from identity_service.web.api.people import Shown
from identity_service.web.context import services
from identity_service.web.contract import Answer, Operation, door, reply

config = Blueprint("config", __name__)


class ProviderBody(Shown):
    """A way in by way of a provider: what the button says, and where it leads; ours, for any number of them."""

    name: str
    label: str
    image_url: str | None = Field(alias="imageUrl")
    href: str


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
    openid_label: str = Field(default="", alias="openidLabel")
    openid_image_url: str | None = Field(default=None, alias="openidImageUrl")
    openid_auto_redirect: bool = Field(default=False, alias="openidAutoRedirect")
    saml_login_enabled: bool = Field(default=False, alias="samlLoginEnabled")
    email_enabled: bool = Field(default=False, alias="emailEnabled")
    password_reset_enabled: bool = Field(default=False, alias="passwordResetEnabled")
    social_logins: list[str] = Field([], alias="socialLogins")
    providers: list[ProviderBody] = Field([])


# What LibreChat's own page has a button for.
_KNOWN = ("google", "facebook", "openid", "github", "discord", "apple")
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
    buttons = services().upstream.trips.buttons()
    on = {f"{button.name}_login_enabled": True for button in buttons if button.name in _KNOWN}
    first = next((button for button in buttons if button.name == "openid"), None)
    return reply(
        ConfigBody(
            social_login_enabled=settings.registration.social_login,
            openid_label=first.label if first else "",
            openid_image_url=first.image if first else None,
            openid_auto_redirect=bool(first and first.goes_at_once),
            social_logins=[button.name for button in buttons if button.name in _KNOWN],
            providers=[_provider(button) for button in buttons],
            **on,
            app_title=settings.site.app_title,
            server_domain=settings.site.domain_server,
            email_login_enabled=settings.registration.email_login,
            registration_enabled=settings.registration.registration,
            min_password_length=settings.passwords.min_length,
            email_enabled=settings.mail.is_configured,
            password_reset_enabled=services().recovery.recover.is_open,
        )
    )


def _provider(button: Button) -> ProviderBody:
    return ProviderBody(name=button.name, label=button.label, image_url=button.image, href=f"/oauth/{button.name}")
