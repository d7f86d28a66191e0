"""
All settings of the service, as one frozen tree; wrong ones stop the start, all of them at once.

A newcomer reads this file and then the group of interest; each setting is explained where it is declared.
Nobody else reads the environment. Secrets print as `**********` and never appear in an error.
Leaves to others: the groups (settings_*), how texts are read (settings_sources) and understood (settings_kinds).
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.settings_clients import Clients
from identity_service.foundation.settings_directories import LDAP, SAML
from identity_service.foundation.settings_groups import Declared, Group, Reader, declared
from identity_service.foundation.settings_kinds import is_this_machine
from identity_service.foundation.settings_mail import Mail
from identity_service.foundation.settings_moderation import ChatLimits, Moderation, Scores
from identity_service.foundation.settings_neighbours import Chat, Outbound, Redis
from identity_service.foundation.settings_openid import OpenIDProvider
from identity_service.foundation.settings_people import Lifetimes, Passkeys, Passwords, Registration
from identity_service.foundation.settings_secrets import Secrets
from identity_service.foundation.settings_server import Database, Dialect, Server, Site
from identity_service.foundation.settings_sources import Source
from identity_service.foundation.settings_unheeded import unheeded
from identity_service.foundation.settings_upstream import KNOWN, OpenIDNames, Upstream, read_upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an operator can decide; a variant for a test is `dataclasses.replace` and `model_copy`."""

    server: Server
    site: Site
    database: Database
    secrets: Secrets
    lifetimes: Lifetimes
    registration: Registration
    passwords: Passwords
    passkeys: Passkeys
    clients: Clients
    mail: Mail
    upstream: Upstream
    ldap: LDAP
    saml: SAML
    moderation: Moderation
    scores: Scores
    chat_limits: ChatLimits
    redis: Redis
    chat: Chat
    outbound: Outbound
    unheeded: tuple[str, ...] = ()
    """The names of those that are set and that nothing heeds yet."""

    @property
    def dialect(self) -> Dialect:
        """The dialect of access tokens: "standard" or "librechat"."""
        return self.site.dialect


GROUPS: Mapping[str, type[Group]] = {
    part.name: part.type for part in fields(Settings) if isinstance(part.type, type) and issubclass(part.type, Group)
}


def load(environ: Mapping[str, str], directory: Path) -> Settings:
    """
    Build the tree from *environ* and from `.env` in *directory*; the former wins.

    Args:
        environ: Names and texts; a NAME may be given as NAME_FILE, the path of a file that holds the text.

        directory: Where `.env` is, and what relative paths start from; `.env` may be missing.

    Raises:
        Misconfigured: With a sentence for every mistake, by the setting's name and without its text; with that one
            alone if there is a `.env` that cannot be read.
    """
    reader = Reader(Source(environ, directory))
    if reader.source.is_blind:
        raise Misconfigured(reader.problems)  # whatever seems to be missing may stand in that file
    parts: dict[str, Any] = {name: reader.read(group) for name, group in GROUPS.items()}
    parts["upstream"] = read_upstream(reader)
    reader.check(_contradictions(parts["server"], parts["site"], parts["registration"]))
    if reader.problems:
        raise Misconfigured(reader.problems)
    return Settings(**parts, unheeded=unheeded(reader.source, parts["upstream"].openid))


def from_process(directory: Path | None = None) -> Settings:
    """Build the tree for this process, from its environment and `.env` in *directory*, the working one by default."""
    return load(os.environ, directory or Path.cwd())


def every_setting() -> Iterator[Declared]:
    """Yield each setting with a name of its own; a provider `okta` has those of `OPENID_` again, as `OPENID_OKTA_`."""
    plain_groups: list[type[Group]] = [*GROUPS.values(), OpenIDNames]
    for group in plain_groups:
        yield from declared(group)
    providers: dict[str, type[Group]] = {**KNOWN, "openid": OpenIDProvider}
    for provider, group in providers.items():
        for one in declared(group, f"{provider.upper()}_"):
            yield one._replace(default=one.default.replace("{provider}", provider))


def _contradictions(server: Server, site: Site, registration: Registration) -> Iterator[str]:
    client_host = urlsplit(site.domain_client).hostname or ""
    if registration.unsecured_password_reset and not (is_this_machine(server.host) and is_this_machine(client_host)):
        yield (
            "ALLOW_UNSECURED_PASSWORD_RESET shows reset links to anyone:"
            " HOST and DOMAIN_CLIENT must both be this machine, such as 127.0.0.1 and http://localhost:3080."
        )
