"""
Builds every capability and every flow once, by hand.

What differs between production and tests comes as an argument: settings, database, clock, chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from identity_service.accounts.addresses import NotAnAddress, canonical_domain
from identity_service.accounts.hashing import HashingQueue
from identity_service.accounts.passwords import Passwords
from identity_service.accounts.users import Users
from identity_service.flows.administer import Administer
from identity_service.flows.close_account import CloseAccount
from identity_service.flows.issue import Issue
from identity_service.flows.refresh import Refresh
from identity_service.flows.sign_in import SignIn
from identity_service.flows.sign_out import SignOut
from identity_service.flows.sign_up import SignUp
from identity_service.flows.verify import Verify
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.jose import symmetric
from identity_service.foundation.opaque import Chance
from identity_service.foundation.settings import Settings
from identity_service.foundation.vault import Vault
from identity_service.keys.ring import KeyRing
from identity_service.keys.rotation import Rotation
from identity_service.moderation.trail import Trail
from identity_service.oidc.clients import Clients
from identity_service.sessions.access import AccessTokens, LibreChatAccessTokens, StandardAccessTokens, Terms
from identity_service.sessions.refresh import RefreshTokens
from identity_service.sessions.registry import Sessions

_RETIRED_KEYS_OUTLIVE_TOKENS_BY = timedelta(minutes=10)


@dataclass(frozen=True)
class Capabilities:
    """What the house is able to do; looking may come straight here, changing goes through a flow."""

    users: Users
    passwords: Passwords
    sessions: Sessions
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    clients: Clients
    keys: KeyRing
    rotation: Rotation
    trail: Trail


@dataclass(frozen=True)
class Services:
    """Everything that doors and commands may call."""

    settings: Settings
    database: Database
    clock: Clock
    chance: Chance
    is_schema_current: Callable[[], bool]
    capabilities: Capabilities
    sign_up: SignUp
    sign_in: SignIn
    refresh: Refresh
    sign_out: SignOut
    verify: Verify
    close_account: CloseAccount
    administer: Administer


def build(
    settings: Settings, database: Database, clock: Clock, chance: Chance, is_schema_current: Callable[[], bool]
) -> Services:
    """Return the services of one installation; *is_schema_current* says whether the database has our schema."""
    able = _capabilities(settings, database, clock, chance)
    issue = Issue(able.access_tokens)
    transaction = database.transaction
    return Services(
        settings,
        database,
        clock,
        chance,
        is_schema_current,
        able,
        _sign_up(able, settings, database),
        _sign_in(able, settings, database, issue),
        Refresh(able.users, able.sessions, able.refresh_tokens, issue, able.trail, transaction),
        SignOut(able.sessions, able.refresh_tokens, able.trail, transaction),
        _verify(able, settings, database, clock),
        CloseAccount(able.users, able.sessions, able.trail, transaction),
        _administer(able, database, clock, chance),
    )


def _sign_up(able: Capabilities, settings: Settings, database: Database) -> SignUp:
    return SignUp(
        able.users,
        able.passwords,
        able.trail,
        database.transaction,
        is_open=settings.registration.registration,
        allowed_domains=_allowed(settings.registration.allowed_domains),
    )


def _allowed(domains: Sequence[str]) -> frozenset[str]:
    try:
        return frozenset(canonical_domain(domain) for domain in domains)
    except NotAnAddress as wrong:
        raise Misconfigured(["ALLOWED_EMAIL_DOMAINS must hold domains, such as example.org."]) from wrong


def _sign_in(able: Capabilities, settings: Settings, database: Database, issue: Issue) -> SignIn:
    return SignIn(
        able.users,
        able.passwords,
        able.refresh_tokens,
        issue,
        able.trail,
        database.transaction,
        is_open=settings.registration.email_login,
        # Nobody can verify an address before there are letters to verify it with.
        needs_verified_address=False,
        lifetime=settings.lifetimes.refresh,
    )


def _verify(able: Capabilities, settings: Settings, database: Database, clock: Clock) -> Verify:
    return Verify(
        able.users,
        able.sessions,
        able.access_tokens,
        able.refresh_tokens,
        clock,
        settings.lifetimes.reuse_leeway,
        database.version,
    )


def _capabilities(settings: Settings, database: Database, clock: Clock, chance: Chance) -> Capabilities:
    lifetimes = settings.lifetimes
    vault = Vault(settings.secrets.creds_key.get_secret_value(), chance)
    rotation = Rotation(database, clock, vault, lifetimes.access + _RETIRED_KEYS_OUTLIVE_TOKENS_BY)
    keys = KeyRing(database, clock, vault, rotation)
    queue = HashingQueue(settings.passwords.hash_concurrency, settings.passwords.hash_queue)
    refresh_key = symmetric(settings.secrets.jwt_refresh.get_secret_value())
    return Capabilities(
        users=Users(database, clock, chance),
        passwords=Passwords(queue, chance, shortest=settings.passwords.min_length, context=(settings.site.app_title,)),
        sessions=Sessions(database, clock),
        refresh_tokens=RefreshTokens(database, clock, chance, refresh_key, lifetimes.reuse_leeway),
        access_tokens=_access_tokens(settings, keys, clock, chance),
        clients=Clients(database, clock, chance),
        keys=keys,
        rotation=rotation,
        trail=Trail(database, clock),
    )


def _access_tokens(settings: Settings, keys: KeyRing, clock: Clock, chance: Chance) -> AccessTokens:
    site = settings.site
    terms = Terms(site.issuer, site.audience, settings.lifetimes.access)
    if site.dialect == "librechat":
        key = symmetric(settings.secrets.jwt.get_secret_value())
        return LibreChatAccessTokens(key, terms, clock, chance)
    return StandardAccessTokens(keys, terms, clock, chance)


def _administer(able: Capabilities, database: Database, clock: Clock, chance: Chance) -> Administer:
    return Administer(
        able.users,
        able.passwords,
        able.sessions,
        able.clients,
        able.rotation,
        able.trail,
        database.transaction,
        clock,
        chance,
    )
