"""
Outside providers that people may sign in with, read by pattern: `<NAME>_CLIENT_ID`, `_CLIENT_SECRET`, `_CALLBACK_URL`.

A provider that the house learns later needs no word here: its three settings are enough.
Leaves to others: what a provider is asked and what its answer means (upstream).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from identity_service.foundation.settings_groups import Group, Reader, declared, setting
from identity_service.foundation.settings_kinds import (
    CallbackPath,
    LowerNames,
    OptionalAddress,
    OptionalFile,
    OptionalSecret,
    OptionalText,
    Switch,
)
from identity_service.foundation.settings_openid import FIRST, OpenIDProvider, prefix_of


class OAuthClient(Group):
    """What any OAuth provider gave us when we registered there."""

    client_id: OptionalText = setting(
        "CLIENT_ID", "", "The client id that the provider gave us; blank switches it off."
    )
    client_secret: OptionalSecret = setting("CLIENT_SECRET", "", "The client secret that came with it.")
    callback_url: CallbackPath = setting(
        "CALLBACK_URL", "/oauth/{provider}/callback", "Where the provider sends people back to, after DOMAIN_SERVER."
    )

    def contradictions(self) -> Iterator[str]:
        """A client is whole or absent."""
        if bool(self.client_id) != bool(self.client_secret):
            yield "{prefix}CLIENT_ID and {prefix}CLIENT_SECRET must be set both or neither."


class GitHubClient(OAuthClient):
    """GitHub, or a GitHub Enterprise of one's own."""

    enterprise_base_url: OptionalAddress = setting("ENTERPRISE_BASE_URL", "", "The address of a GitHub Enterprise.")
    enterprise_user_agent: OptionalText = setting("ENTERPRISE_USER_AGENT", "", "How we introduce ourselves to it.")


class AppleClient(OAuthClient):
    """Apple, which wants a signed statement instead of a secret: made from a key, or made beforehand."""

    team_id: OptionalText = setting("TEAM_ID", "", "The team that the key belongs to.")
    key_id: OptionalText = setting("KEY_ID", "", "The name of the key.")
    private_key_path: OptionalFile = setting("PRIVATE_KEY_PATH", "", "The file of the key (.p8).")

    def contradictions(self) -> Iterator[str]:
        """Ask for the key or for the statement."""
        has_key = self.team_id and self.key_id and self.private_key_path
        if self.client_id and not has_key and not self.client_secret:
            yield (
                "{prefix}CLIENT_ID needs {prefix}TEAM_ID, {prefix}KEY_ID and {prefix}PRIVATE_KEY_PATH,"
                " or a {prefix}CLIENT_SECRET made with them."
            )


class OpenIDNames(Group):
    """What concerns OpenID providers in general."""

    providers: LowerNames = setting(
        "OPENID_PROVIDERS", "", "More OpenID providers: okta,entra reads OPENID_OKTA_* and OPENID_ENTRA_*."
    )
    debug_requests: Switch = setting(
        "DEBUG_OPENID_REQUESTS", "false", "Requests to OpenID providers are logged, without secrets."
    )
    entra_people_search: Switch = setting(
        "USE_ENTRA_ID_FOR_PEOPLE_SEARCH", "false", "Entra: its directory answers people searches."
    )
    entra_owners_as_members: Switch = setting(
        "ENTRA_ID_INCLUDE_OWNERS_AS_MEMBERS", "false", "Entra: owners of a group count as members."
    )


KNOWN: Mapping[str, type[OAuthClient]] = MappingProxyType(
    {
        "google": OAuthClient,
        "github": GitHubClient,
        "discord": OAuthClient,
        "facebook": OAuthClient,
        "apple": AppleClient,
    }
)


@dataclass(frozen=True, slots=True)
class Upstream:
    """The providers that are switched on, by name, and what concerns OpenID in general."""

    clients: Mapping[str, OAuthClient]
    openid: Mapping[str, OpenIDProvider]
    general: OpenIDNames


def read_upstream(reader: Reader) -> Upstream:
    """Read every provider, and keep those that are switched on."""
    general = reader.read(OpenIDNames)
    clients = {name: reader.read(group, f"{name.upper()}_", name) for name, group in _oauth(reader).items()}
    openid = {name: reader.read(OpenIDProvider, prefix, name) for name, prefix in _openid(reader, general).items()}
    for name, provider in openid.items():
        if name != FIRST and not provider.client_id:
            reader.complain(f"{prefix_of(name)}CLIENT_ID", f"is required because OPENID_PROVIDERS lists {name}.")
    return Upstream(
        MappingProxyType({name: client for name, client in clients.items() if client.client_id}),
        MappingProxyType({name: provider for name, provider in openid.items() if provider.client_id}),
        general,
    )


def _oauth(reader: Reader) -> dict[str, type[OAuthClient]]:
    """Return the providers we know, and any other whose three settings are all there."""
    found = dict(KNOWN)
    for name in sorted(reader.source.names()):
        prefix = name.removesuffix("CLIENT_ID")
        if prefix == name or prefix.startswith("OPENID_"):
            continue
        # Other programs' variables, such as AZURE_CLIENT_ID, have no callback.
        if all(reader.source.text(one.name) for one in declared(OAuthClient, prefix)):
            found.setdefault(prefix.removesuffix("_").lower(), OAuthClient)
    return found


def _openid(reader: Reader, general: OpenIDNames) -> dict[str, str]:
    """Return the prefix of each OpenID provider; names that would collide with another setting are refused."""
    prefixes = {FIRST: prefix_of(FIRST)}
    taken = {one.name for one in (*declared(OpenIDProvider, prefixes[FIRST]), *declared(OpenIDNames))}
    for name in general.providers:
        prefix = prefix_of(name)
        collides = taken & {one.name for one in declared(OpenIDProvider, prefix)}
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in {FIRST, *KNOWN} or collides:
            reader.complain(
                "OPENID_PROVIDERS", "must hold names of letters and digits that no other provider or setting has."
            )
        else:
            prefixes[name] = prefix
    return prefixes
