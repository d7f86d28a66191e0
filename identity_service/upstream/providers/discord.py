"""
Discord.

Source: "OAuth2" and "User object", Discord documentation: `verified` says whether Discord has verified the address.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from identity_service.upstream.code_flow import CodeFlow
from identity_service.upstream.provider import Identity

_PICTURES = "https://cdn.discordapp.com"


class Discord(CodeFlow):
    """Discord speaks OAuth and no OpenID."""

    name, label, scopes = "discord", "Discord", ("identify", "email")
    authorize_url, token_url = "https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token"
    profile = MappingProxyType({"user": "https://discord.com/api/users/@me"})
    # Whoever has allowed it once is not asked again.
    asks = MappingProxyType({"prompt": "none"})
    asks_again = MappingProxyType({"prompt": "consent"})

    def identity(self, answers: Mapping[str, Any]) -> Identity:
        """Return who that is."""
        user = answers["user"] if isinstance(answers["user"], dict) else {}
        return self.known(
            user.get("id"),
            email=user.get("email"),
            email_verified=user.get("verified"),
            username=user.get("username"),
            name=user.get("global_name") or user.get("username"),
            avatar=_picture(user),
        )


def _picture(user: Mapping[str, Any]) -> str | None:
    """Return the address of the picture, or of the one that Discord gives to those who have none."""
    number, picture = str(user.get("id", "")), user.get("avatar")
    if not (number.isascii() and number.isdigit() and len(number) < 24):  # noqa: PLR2004 - 64 bits, in digits
        return None
    if isinstance(picture, str) and picture.isascii() and picture.replace("_", "").isalnum():
        return f"{_PICTURES}/avatars/{number}/{picture}.{'gif' if picture.startswith('a_') else 'png'}"
    old = str(user.get("discriminator") or "0")
    # Names with a number behind them have five pictures by that number, names of their own have six by age.
    chosen = int(old) % 5 if old.isascii() and old.isdigit() and 0 < int(old) <= 9999 else (int(number) >> 22) % 6  # noqa: PLR2004
    return f"{_PICTURES}/embed/avatars/{chosen}.png"
