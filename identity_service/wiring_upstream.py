"""
Builds the flows of outside providers, by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from identity_service.accounts.profiles import Profiles
from identity_service.accounts.users import Heard
from identity_service.flows.begin_session import BeginSession
from identity_service.flows.first_proof import FirstProof
from identity_service.flows.upstream.connect import Connect
from identity_service.flows.upstream.farewell import SayFarewell
from identity_service.flows.upstream.trips import Patience, Trips
from identity_service.flows.upstream.welcome import Policy, Welcome
from identity_service.foundation.outbound import Outbound
from identity_service.foundation.outbound_errand import set_out
from identity_service.foundation.settings import Settings
from identity_service.upstream.catalog import Catalog, configured, found
from identity_service.upstream.departures import Departures
from identity_service.upstream.farewells import Farewells, Manner
from identity_service.upstream.links import Ended, Links
from identity_service.upstream.provider import Provider
from identity_service.wiring_capabilities import Capabilities, Ground


@dataclass(frozen=True)
class Upstream:
    """What the doors of outside providers may call."""

    trips: Trips
    connect: Connect
    farewell: SayFarewell
    departures: Departures


@dataclass(frozen=True)
class Beside:
    """The flows that these lean on, and the domains whose addresses may sign up."""

    begin_session: BeginSession
    first_proof: FirstProof
    allowed_domains: frozenset[str]
    changed: Heard
    ended: Ended | None = None


def upstream(
    ground: Ground, able: Capabilities, beside: Beside, kinds: Iterable[type[Provider]] | None = None
) -> Upstream:
    """Return the flows of outside providers; *kinds* are the classes of the house unless others are given."""
    settings, database, clock, chance = ground
    catalog = _catalog(ground, found() if kinds is None else kinds)
    departures = Departures(database, clock, chance, able.vault)
    links, farewells = Links(database, clock, beside.changed, beside.ended), Farewells(database, able.vault)
    profiles = Profiles(database, clock, beside.changed)
    connect = Connect(
        catalog,
        links,
        profiles,
        able.sessions,
        beside.begin_session.endings,
        able.users,
        beside.begin_session.notices,
        able.trail,
        database.transaction,
        clock,
        settings.registration.account_linking,
        settings.registration.email_login,
    )
    welcome = Welcome(
        able.users,
        profiles,
        links,
        farewells,
        beside.first_proof,
        beside.begin_session,
        able.trail,
        database.transaction,
        _policy(settings, beside.allowed_domains),
    )
    outbound = Outbound(settings.outbound.allow_private, settings.outbound.ca_file)
    trips = Trips(
        catalog,
        departures,
        welcome,
        connect,
        able.trail,
        database.transaction,
        partial(set_out, outbound),
        # Half of a worker's threads go on serving, whatever providers do.
        Patience(max(1, settings.server.threads // 2), max(1, settings.server.threads // 4)),
    )
    return Upstream(trips, connect, SayFarewell(farewells, _manners(settings)), departures)


def _catalog(ground: Ground, kinds: Iterable[type[Provider]]) -> Catalog:
    settings = ground.settings
    if not settings.registration.social_login:
        return Catalog(())
    chosen = settings.upstream
    return Catalog(configured(kinds, chosen.clients, chosen.openid, settings.site.domain_server, ground.clock))


def _policy(settings: Settings, allowed_domains: frozenset[str]) -> Policy:
    registration = settings.registration

    def may_register(kind: str) -> bool:
        return registration.openid_registration if kind == "openid" else registration.social_registration

    return Policy(may_register, registration.account_linking, allowed_domains)


def _manners(settings: Settings) -> dict[str, Manner]:
    landing = f"{settings.site.domain_client}/login"
    return {
        name: Manner(str(chosen.client_id), chosen.post_logout_redirect_uri or landing, chosen.max_logout_url_length)
        for name, chosen in settings.upstream.openid.items()
        if chosen.use_end_session
    }
