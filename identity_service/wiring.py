"""
Builds every capability and every flow once, by hand.

What differs between production and tests comes as an argument: settings, database, clock, chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from identity_service.accounts.addresses import NotAnAddress, canonical_domain
from identity_service.chat.bridge import Chat
from identity_service.chat.changes import ChatChanges
from identity_service.flows.administer import Administer
from identity_service.flows.begin_session import BeginSession
from identity_service.flows.close_account import CloseAccount
from identity_service.flows.first_proof import FirstProof
from identity_service.flows.gate import Gate
from identity_service.flows.issue import Issue
from identity_service.flows.oidc.back_channel import BackChannel
from identity_service.flows.refresh import Refresh
from identity_service.flows.sign_in import SignIn
from identity_service.flows.sign_out import Endings, SignOut
from identity_service.flows.sign_up import SignUp
from identity_service.flows.tidy import Moderated, Tidy
from identity_service.flows.verify import Verify
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.opaque import Chance
from identity_service.foundation.outbound import Outbound
from identity_service.foundation.revision import Watch
from identity_service.foundation.rounds import Rounds
from identity_service.foundation.settings import Settings
from identity_service.foundation.soundness import insist_on_writing
from identity_service.moderation.sightings import Sightings
from identity_service.upstream.departures import Departures
from identity_service.upstream.links import Links
from identity_service.wiring_capabilities import Capabilities, Ground, capabilities
from identity_service.wiring_mail import Mail, mail
from identity_service.wiring_moderation import Moderation, moderation, observing
from identity_service.wiring_operators import ChatLink, Operators, chat_link, close_account, operators
from identity_service.wiring_provider import Provider, provider
from identity_service.wiring_recovery import Recovery, notices, recovery, run_errands
from identity_service.wiring_upstream import Beside, Upstream, upstream

if TYPE_CHECKING:
    from identity_service.wiring_upkeep import Upkeep


@dataclass(frozen=True)
class Services:
    """Everything that doors and commands may call; `upkeep` is loaded when a command calls for it."""

    settings: Settings
    database: Database
    clock: Clock
    chance: Chance
    is_schema_current: Callable[[], bool]
    insist_on_writing: Callable[[], None]
    capabilities: Capabilities
    rounds: Rounds
    provider: Provider
    upstream: Upstream
    mail: Mail
    recovery: Recovery
    moderation: Moderation
    begin_session: BeginSession
    sign_up: SignUp
    sign_in: SignIn
    refresh: Refresh
    sign_out: SignOut
    verify: Verify
    close_account: CloseAccount
    administer: Administer
    upkeep: Callable[[], "Upkeep"]
    tidy: Tidy
    operators: Operators


def build(
    settings: Settings, database: Database, clock: Clock, chance: Chance, is_schema_current: Callable[[], bool]
) -> Services:
    """Return the services of one installation; *is_schema_current* says whether the database has our schema."""
    ground = Ground(settings, database, clock, chance)
    link = chat_link(ground)
    able = capabilities(ground, link.announce.changed)
    telling, domains = notices(ground, able), _allowed(settings.registration.allowed_domains)
    errands = run_errands(ground, able, telling)
    observe = observing(ground)
    deliver_due = _back_channel(able, settings, database).deliver_due
    rounds = Rounds([able.old_hashes.keep_up, deliver_due, errands.run_due, observe.keep_up])
    able.errands.wakes(rounds.wake)
    endings = Endings(able.sessions, able.codes, able.logout_deliveries, database.after_commit, rounds.wake)
    issue, transaction = Issue(able.access_tokens), database.transaction
    moderated = moderation(ground, able, endings, observe.sightings)
    gate = moderated.gate
    begin_session = BeginSession(
        able.users, able.refresh_tokens, endings, issue, able.trail, gate, settings.lifetimes.refresh, chance, telling
    )
    verify = _verify(able, settings, database, clock)
    beside = _beside(ground, able, begin_session, link, domains)
    outside = upstream(ground, able, beside)
    openid = provider(ground, able, endings, verify)
    return Services(
        settings,
        database,
        clock,
        chance,
        is_schema_current,
        partial(insist_on_writing, database),
        able,
        rounds,
        openid,
        outside,
        mail(ground, able),
        recovery(ground, able, errands, beside),
        moderated,
        begin_session,
        _sign_up(able, settings, database, gate, domains),
        _sign_in(able, settings, database, begin_session),
        Refresh(able.users, endings, able.refresh_tokens, issue, able.trail, gate, transaction, telling),
        SignOut(able.users, endings, able.refresh_tokens, able.trail, transaction),
        verify,
        close_account(ground, able, endings, link),
        _administer(ground, able),
        partial(_upkeep, ground, able, link.chat, observe.sightings, is_schema_current),
        _tidy(ground, able, moderated, (outside.departures, link.changes, openid.remove_client.unused)),
        operators(ground, able, link, moderated.bans),
    )


def _beside(
    ground: Ground, able: Capabilities, begin_session: BeginSession, link: ChatLink, domains: frozenset[str]
) -> Beside:
    heard = link.announce.changed, link.announce.ended
    links = Links(ground.database, ground.clock, *heard)
    first_proof = FirstProof(begin_session.endings, links, able.vouchers, able.consents)
    return Beside(begin_session, first_proof, domains, *heard)


def _back_channel(able: Capabilities, settings: Settings, database: Database) -> BackChannel:
    outbound = Outbound(settings.outbound.allow_private, settings.outbound.ca_file)
    return BackChannel(able.logout_deliveries, able.clients, able.logout_tokens, outbound, database.transaction)


def _sign_up(able: Capabilities, settings: Settings, database: Database, gate: Gate, domains: frozenset[str]) -> SignUp:
    return SignUp(
        able.users,
        able.passwords,
        able.trail,
        gate,
        database.transaction,
        is_open=settings.registration.registration,
        allowed_domains=domains,
        errands=able.errands,
        has_mail=settings.mail.is_configured,
    )


def _upkeep(
    ground: Ground, able: Capabilities, chat: Chat, sightings: Sightings, is_schema_current: Callable[[], bool]
) -> "Upkeep":
    from identity_service.wiring_upkeep import upkeep  # noqa: PLC0415 - no server needs it

    return upkeep(ground, able, chat, sightings, is_schema_current)


def _tidy(
    ground: Ground,
    able: Capabilities,
    moderated: Moderation,
    beside: tuple[Departures, ChatChanges, Callable[[datetime], int]],
) -> Tidy:
    told = ground.settings
    return Tidy(
        able.sessions,
        able.codes,
        able.spent,
        able.logout_deliveries,
        able.rotation,
        Moderated(
            moderated.violations,
            moderated.bans,
            moderated.count.windows,
            able.trail,
            told.moderation.trail_retention,
        ),
        ground.database.transaction,
        ground.clock,
        told.lifetimes.refresh,
        able.vouchers,
        able.errands,
        able.outbox,
        *beside,
    )


def _allowed(domains: Sequence[str]) -> frozenset[str]:
    try:
        return frozenset(canonical_domain(domain) for domain in domains)
    except NotAnAddress as wrong:
        raise Misconfigured(["ALLOWED_EMAIL_DOMAINS must hold domains, such as example.org."]) from wrong


def _sign_in(able: Capabilities, settings: Settings, database: Database, begin_session: BeginSession) -> SignIn:
    return SignIn(
        able.users,
        able.passwords,
        begin_session,
        begin_session.gate,
        able.trail,
        database.transaction,
        is_open=settings.registration.email_login,
        # Without mail nobody can verify an address, and whoever has signed up comes in.
        needs_verified_address=settings.mail.is_configured and not settings.registration.unverified_email_login,
    )


def _verify(able: Capabilities, settings: Settings, database: Database, clock: Clock) -> Verify:
    return Verify(
        able.users,
        able.sessions,
        able.access_tokens,
        able.refresh_tokens,
        clock,
        settings.lifetimes.reuse_leeway,
        Watch(database).present,
    )


def _administer(ground: Ground, able: Capabilities) -> Administer:
    return Administer(
        able.users,
        able.passwords,
        able.clients,
        able.rotation,
        able.trail,
        ground.database.transaction,
        ground.clock,
        ground.chance,
    )
