"""
Who may come in, how, and for how long.

Leaves to others: what happens to those who misbehave (settings_moderation), outside providers (settings_upstream).
"""

from collections.abc import Iterator
from typing import Annotated

from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import (
    Lifetime,
    LowerNames,
    Milliseconds,
    Names,
    OptionalHost,
    Switch,
    Text,
    split_address,
    whole,
)


class Registration(Group):
    """Which ways in are open; for those marked so, a blank value means off while an unset one means on."""

    email_login: Switch = setting(
        "ALLOW_EMAIL_LOGIN",
        "true",
        "Signing in with an e-mail address and a password; blank is off.",
        blank_counts=True,
    )
    email_login_override: Switch = setting(
        "ALLOW_EMAIL_LOGIN_OVERRIDE",
        "false",
        "Programs may sign in with a password although the form is off; each use is logged.",
    )
    registration: Switch = setting("ALLOW_REGISTRATION", "true", "Signing up with an e-mail address and a password.")
    social_login: Switch = setting(
        "ALLOW_SOCIAL_LOGIN", "false", "Signing in with Google, GitHub, OpenID and the like."
    )
    social_registration: Switch = setting(
        "ALLOW_SOCIAL_REGISTRATION", "false", "A first social sign-in makes an account; OpenID has a switch of its own."
    )
    openid_registration: Switch = setting(
        "OPENID_ALLOW_REGISTRATION", "true", "A first OpenID sign-in makes an account."
    )
    account_linking: Switch = setting(
        "ALLOW_ACCOUNT_LINKING", "false", "People may connect a provider to an account that they are signed in to."
    )
    password_reset: Switch = setting("ALLOW_PASSWORD_RESET", "false", "Choosing a new password by a link in a letter.")
    unsecured_password_reset: Switch = setting(
        "ALLOW_UNSECURED_PASSWORD_RESET",
        "false",
        "Without mail, the reset link is shown to whoever asks; loopback only.",
    )
    unverified_email_login: Switch = setting(
        "ALLOW_UNVERIFIED_EMAIL_LOGIN", "false", "Signing in before the address has been verified."
    )
    account_deletion: Switch = setting(
        "ALLOW_ACCOUNT_DELETION", "true", "People may delete their own account; blank is off.", blank_counts=True
    )
    email_change: Switch = setting(
        "ALLOW_EMAIL_CHANGE", "true", "People may change their own address; blank is off.", blank_counts=True
    )
    allowed_domains: LowerNames = setting(
        "ALLOWED_EMAIL_DOMAINS",
        "",
        "Domains whose addresses may sign up, and may come from a provider; with commas between, blank allows all.",
    )


class Passwords(Group):
    """How long passwords are, and how much of the machine their hashing may take."""

    min_length: Annotated[int, whole(8, 128)] = setting(
        "MIN_PASSWORD_LENGTH", "8", "Shortest new password, from 8 to 128."
    )
    hash_concurrency: Annotated[int, whole(1, 256)] = setting(
        "HASH_CONCURRENCY", "1", "Password hashes at a time in each worker; each takes 20 MiB and one core."
    )
    hash_queue: Annotated[int, whole(0, 100_000)] = setting(
        "HASH_QUEUE", "48", "How many may wait for a hash in each worker before the next is told to come back."
    )


class Lifetimes(Group):
    """How long tokens and sessions live."""

    access: Lifetime = setting("SESSION_EXPIRY", "1000 * 60 * 15", "Life of an access token, in milliseconds.")
    refresh: Lifetime = setting(
        "REFRESH_TOKEN_EXPIRY", "(1000 * 60 * 60 * 24) * 7", "Life of a session from sign-in, in milliseconds."
    )
    reuse_leeway: Milliseconds = setting(
        "REUSE_LEEWAY", "1000 * 30", "How long the previous refresh token counts as a retry, in milliseconds."
    )


class Passkeys(Group):
    """Signing in with a passkey; host and origins follow from the addresses of the site when unset."""

    allowed: Switch = setting("ALLOW_PASSKEY_LOGIN", "false", "Signing in with a passkey.")
    rp_id: OptionalHost = setting(
        "PASSKEY_RP_ID", "", "Domain that passkeys belong to; the host of DOMAIN_CLIENT when unset."
    )
    rp_name: Text = setting(
        "PASSKEY_RP_NAME", "LibreChat", "Name shown with a passkey; APP_TITLE when unset.", falls_back_to=("APP_TITLE",)
    )
    origins: Names = setting(
        "PASSKEY_ORIGINS",
        "",
        "Origins that may use passkeys, with commas between; DOMAIN_CLIENT and DOMAIN_SERVER when unset.",
    )

    def contradictions(self) -> Iterator[str]:
        """Look at each origin of the list."""
        for origin in self.origins:
            try:
                split_address(origin, "http", "https")
            except ValueError:
                yield "PASSKEY_ORIGINS must hold absolute http:// or https:// addresses with commas between."
