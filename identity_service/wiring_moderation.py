"""
Builds what keeps abusers out, by hand: the gate, what an operator may do about it, and what explains it.
"""

from dataclasses import dataclass
from functools import partial

from identity_service.flows.count import Count
from identity_service.flows.explain import Explain
from identity_service.flows.gate import BanRules, Gate
from identity_service.flows.known_devices import KnownDevices
from identity_service.flows.moderate import Moderate
from identity_service.flows.observe import Observe
from identity_service.flows.sign_out import Endings
from identity_service.moderation.bans import Bans
from identity_service.moderation.devices import Devices
from identity_service.moderation.kinds import kinds
from identity_service.moderation.sightings import Sightings
from identity_service.moderation.violations import Rules, Violations
from identity_service.moderation.windows import Windows
from identity_service.wiring_capabilities import Capabilities, Ground


@dataclass(frozen=True)
class Moderation:
    """What doors and commands may ask of moderation; looking may go straight to `bans` and `violations`."""

    violations: Violations
    bans: Bans
    gate: Gate
    moderate: Moderate
    explain: Explain
    devices: KnownDevices
    count: Count
    sightings: Sightings


def observing(ground: Ground) -> Observe:
    """Return what watches by which way requests come."""
    hops = ground.settings.server.trust_proxy
    return Observe(Sightings(ground.database, ground.clock, hops), ground.database.transaction)


def moderation(ground: Ground, able: Capabilities, endings: Endings, sightings: Sightings) -> Moderation:
    """Return the moderation of one installation."""
    settings, database, clock, chance = ground
    told = settings.moderation
    violations = Violations(database, clock, Rules(told.ban_interval, told.half_life, told.across_types))
    bans = Bans(database, clock, chance)
    gate = Gate(
        able.users,
        able.sessions,
        endings,
        violations,
        bans,
        kinds(settings.scores),
        BanRules(told.ban_violations, told.ban_duration, told.shared_address_max),
        sightings,
        able.trail,
        database.transaction,
        clock,
    )
    return Moderation(
        violations,
        bans,
        gate,
        Moderate(able.users, bans, violations, gate, endings, able.trail, database.transaction, clock),
        Explain(able.users, bans, violations, able.trail, gate.rules),
        KnownDevices(Devices(able.vault, clock, chance)),
        _count(ground),
        sightings,
    )


def _count(ground: Ground) -> Count:
    told = ground.settings.moderation
    windows = Windows(ground.database, ground.clock)
    # What is lost with the power would have counted for minutes.
    transaction = partial(ground.database.transaction, is_durable=False)
    return Count(windows, ground.clock, transaction, told.login_account_max, told.login_global_max, told.login_window)
