"""
Applications that sign people in here: which are written down, and whether others may register themselves.

Leaves to others: what stands in the file (oidc.clients_file), what may be registered (oidc.registration).
"""

from collections.abc import Iterator

from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import OptionalFile, OptionalStrongSecret, Switch


class Clients(Group):
    """Which applications there are, beside those that the operator registers by a command."""

    file: OptionalFile = setting(
        "CLIENTS_FILE", "", "A TOML file of clients; at each start the registered ones are brought into line with it."
    )
    dynamic_registration: Switch = setting(
        "DYNAMIC_REGISTRATION",
        "false",
        "Applications may register themselves at /oauth2/register, with the token below.",
    )
    dynamic_registration_token: OptionalStrongSecret = setting(
        "DYNAMIC_REGISTRATION_TOKEN", "", "The initial access token for that; 32 characters or more."
    )

    @property
    def initial_access_token(self) -> str | None:
        """What an application must show to register itself; None if none may."""
        token = self.dynamic_registration_token
        return token.get_secret_value() if self.dynamic_registration and token else None

    def contradictions(self) -> Iterator[str]:
        """Ask for the token: an open door would fill the table with anybody's applications."""
        if self.dynamic_registration and self.dynamic_registration_token is None:
            yield (
                "DYNAMIC_REGISTRATION_TOKEN is required when DYNAMIC_REGISTRATION is true:"
                " `openssl rand -hex 32` prints a good one."
            )
