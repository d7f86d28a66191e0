"""
Builds every capability once, by hand; none knows another.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from identity_service.accounts.changes import Changes
from identity_service.accounts.errands import Errands
from identity_service.accounts.hashing import HashingQueue
from identity_service.accounts.languages import Languages
from identity_service.accounts.old_hashes import OldHashes
from identity_service.accounts.passwords import Passwords
from identity_service.accounts.users import Heard, Users
from identity_service.accounts.vouchers import Vouchers
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.jose import symmetric
from identity_service.foundation.opaque import Chance
from identity_service.foundation.settings import Settings
from identity_service.foundation.vault import Vault
from identity_service.keys.ring import KeyRing
from identity_service.keys.rotation import Rotation
from identity_service.mail.outbox import Outbox
from identity_service.moderation.trail import Trail
from identity_service.oidc.client_auth import SpentTokens
from identity_service.oidc.clients import Clients
from identity_service.oidc.codes import Codes
from identity_service.oidc.consents import Consents
from identity_service.oidc.id_tokens import IDTokens
from identity_service.oidc.logout_deliveries import LogoutDeliveries
from identity_service.oidc.logout_tokens import LogoutTokens
from identity_service.sessions.access import AccessTokens, LibreChatAccessTokens, StandardAccessTokens, Terms
from identity_service.sessions.client_access import ClientAccessTokens
from identity_service.sessions.refresh import RefreshTokens
from identity_service.sessions.registry import Sessions

_RETIRED_KEYS_OUTLIVE_TOKENS_BY = timedelta(minutes=10)


class Ground(NamedTuple):
    """What everything stands on, and what differs between production and tests."""

    settings: Settings
    database: Database
    clock: Clock
    chance: Chance


@dataclass(frozen=True)
class Capabilities:
    """What the house is able to do; looking may come straight here, changing goes through a flow."""

    users: Users
    passwords: Passwords
    old_hashes: OldHashes
    sessions: Sessions
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    tokens_of_clients: AccessTokens
    own_tokens_of_clients: ClientAccessTokens
    clients: Clients
    spent: SpentTokens
    codes: Codes
    consents: Consents
    id_tokens: IDTokens
    logout_tokens: LogoutTokens
    logout_deliveries: LogoutDeliveries
    keys: KeyRing
    rotation: Rotation
    trail: Trail
    vault: Vault
    outbox: Outbox
    changes: Changes
    vouchers: Vouchers
    errands: Errands
    languages: Languages


def audience_of_userinfo(issuer: str) -> str:
    """Return the audience of what an application gets for a person: it may ask who that is, and nothing else."""
    return f"{issuer}/oauth2/userinfo"


def audience_of_clients(issuer: str) -> str:
    """Return the audience of what a client gets for itself: the interface for back ends."""
    return f"{issuer}/v1"


def capabilities(ground: Ground, changed: Heard) -> Capabilities:
    """Return the capabilities of one installation; *changed* is told whose account is new or has changed."""
    settings, database, clock, chance = ground
    lifetimes, issuer = settings.lifetimes, settings.site.issuer
    vault = Vault(settings.secrets.creds_key.get_secret_value(), chance)
    rotation = Rotation(database, clock, vault, lifetimes.access + _RETIRED_KEYS_OUTLIVE_TOKENS_BY)
    keys = KeyRing(database, clock, vault, rotation)
    queue = HashingQueue(settings.passwords.hash_concurrency, settings.passwords.hash_queue)
    old = OldHashes(database, clock)
    refresh_key = symmetric(settings.secrets.jwt_refresh.get_secret_value())
    clients = Clients(database, clock, chance)
    for_userinfo = Terms(issuer, audience_of_userinfo(issuer), lifetimes.access)
    for_back_ends = Terms(issuer, audience_of_clients(issuer), lifetimes.access)
    return Capabilities(
        passwords=Passwords(
            queue, chance, old.dearest, shortest=settings.passwords.min_length, context=_known_here(settings)
        ),
        old_hashes=old,
        users=Users(database, clock, chance, changed),
        sessions=Sessions(database, clock),
        refresh_tokens=RefreshTokens(database, clock, chance, refresh_key, lifetimes.reuse_leeway),
        access_tokens=_access_tokens(settings, keys, clock, chance),
        tokens_of_clients=StandardAccessTokens(keys, for_userinfo, clock, chance),
        own_tokens_of_clients=ClientAccessTokens(keys, for_back_ends, clock, chance),
        clients=clients,
        spent=SpentTokens(database),
        codes=Codes(database, clock, chance),
        consents=Consents(database, clock),
        id_tokens=IDTokens(keys, issuer, lifetimes.access, clock),
        logout_tokens=LogoutTokens(keys, issuer, clock, chance),
        logout_deliveries=LogoutDeliveries(database, clock, chance, clients),
        keys=keys,
        rotation=rotation,
        trail=Trail(database, clock),
        vault=vault,
        outbox=Outbox(database, clock, chance, vault),
        changes=Changes(database, clock, changed),
        vouchers=Vouchers(database, clock, chance),
        errands=Errands(database, clock, chance),
        languages=Languages(database),
    )


def _known_here(settings: Settings) -> tuple[str, ...]:
    """Return the words that everybody knows of this installation: its title, and where it is."""
    hosts = (urlsplit(address).hostname or "" for address in (settings.site.domain_server, settings.site.domain_client))
    return settings.site.app_title, *hosts


def _access_tokens(settings: Settings, keys: KeyRing, clock: Clock, chance: Chance) -> AccessTokens:
    site = settings.site
    terms = Terms(site.issuer, site.audience, settings.lifetimes.access)
    if site.dialect == "librechat":
        key = symmetric(settings.secrets.jwt.get_secret_value())
        return LibreChatAccessTokens(key, terms, clock, chance)
    return StandardAccessTokens(keys, terms, clock, chance)
