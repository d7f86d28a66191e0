"""
How `identity why` tells an operator what speaks for and against somebody: as facts for programs, as lines for people.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from identity_service.cli_words import to_type
from identity_service.foundation.settings_moderation import Moderation


class Told(NamedTuple):
    """The same twice: for a program and for a person."""

    facts: dict[str, Any]
    lines: list[str]


def ban_facts(ban: Any) -> dict[str, Any]:
    """Return a ban as JSON can hold it."""
    return {
        "id": ban.id,
        "holder": ban.holder,
        "type": ban.kind,
        "score": ban.score,
        "by": ban.actor,
        "note": ban.note,
        "imposed_at": ban.imposed_at.isoformat(),
        "ends_at": ban.ends_at.isoformat() if ban.ends_at else None,
    }


def entry_facts(entry: Any) -> dict[str, Any]:
    """Return an entry of the trail as JSON can hold it."""
    event = entry.event
    return {
        "at": entry.at.isoformat(),
        "event": event.name,
        "outcome": event.outcome,
        "actor": event.actor,
        "subject": event.subject,
        "address": event.address,
        "request_id": event.request_id,
        "detail": event.detail,
    }


def about_somebody(explained: Any, rules: Moderation) -> Told:
    """Tell of a person or a network."""
    facts = {
        "named": explained.named,
        "holder": explained.holder,
        "banned": explained.is_banned,
        "ban": ban_facts(explained.ban) if explained.ban else None,
        "scores": [_standing(standing) for standing in explained.standings],
        "violations": [_offence(offended) for offended in explained.violations],
        "trail": [entry_facts(entry) for entry in explained.trail],
        "lift": to_type("unban-user", explained.named) if explained.is_banned or explained.standings else None,
    }
    role = f", {explained.person.role}" if explained.person else ""
    lines = [f"{explained.named} ({explained.holder}{role})", f"  {_verdict(explained)}"]
    lines += ["", "Scores now:", *(_standing_line(standing, rules) for standing in explained.standings)]
    lines += [] if explained.standings else ["  none"]
    lines += ["", "Violations:", *map(_offence_line, explained.violations)]
    lines += [] if explained.violations else ["  none"]
    lines += ["", "Trail:", *map(_entry_line, explained.trail)]
    lines += [] if explained.trail else ["  none"]
    lines += ["", *_what_follows(explained, rules)]
    return Told(facts, lines)


def about_request(explained: Any, rules: Moderation) -> Told:
    """Tell of one request, and of everybody who was concerned."""
    concerned = [about_somebody(each, rules) for each in explained.concerned]
    facts = {
        "request_id": explained.request_id,
        "violations": [_offence(offended) for offended in explained.violations],
        "trail": [entry_facts(entry) for entry in explained.trail],
        "concerned": [told.facts for told in concerned],
    }
    lines = [f"Request {explained.request_id}:", *map(_offence_line, explained.violations)]
    lines += map(_entry_line, explained.trail)
    for told in concerned:
        lines += ["", *told.lines]
    return Told(facts, lines)


def _verdict(explained: Any) -> str:
    ban = explained.ban
    if ban is None:
        return "Not banned."
    if not explained.is_banned:
        return f"Not banned; the last ban ended {_moment(ban.ends_at)}."
    reason = f"{ban.kind}, score {ban.score}" if ban.score else ban.kind
    note = f": {ban.note}" if ban.note else ""
    return f"Banned since {_moment(ban.imposed_at)} by {ban.actor} ({reason}{note}); it ends {_moment(ban.ends_at)}."


def _what_follows(explained: Any, rules: Moderation) -> list[str]:
    lines = []
    if not rules.ban_violations:
        lines.append("BAN_VIOLATIONS is off: violations are written down, and nobody is banned for them.")
    elif explained.person and explained.person.role == "ADMIN":
        lines.append("An administrator is never banned for violations.")
    elif not rules.ban_duration:
        lines.append("BAN_DURATION is 0: when a score reaches its threshold, only the sessions end.")
    if explained.is_banned or explained.standings:
        lines.append(f"To lift the ban and forget the scores: {to_type('unban-user', explained.named)}")
    return lines


def _standing(standing: Any) -> dict[str, Any]:
    return {
        "type": standing.kind,
        "score": round(standing.points, 2),
        "events": standing.events,
        "next_ban_at": standing.next_at,
    }


def _standing_line(standing: Any, rules: Moderation) -> str:
    decay = f"halves every {rules.half_life}" if rules.half_life else "never decays"
    kind = standing.kind
    return f"  {kind}: {standing.points:.2f} of {standing.next_at} ({standing.events} events; {decay})"


def _offence(offended: Any) -> dict[str, Any]:
    offence = offended.recorded.offence
    return {
        "at": offended.recorded.at.isoformat(),
        "type": offence.kind,
        "score": offence.score,
        "score_now": round(offended.points_left, 2),
        "user_id": offence.user_id,
        "address": offence.address,
        "source": offence.source,
        "request_id": offence.request_id,
    }


def _offence_line(offended: Any) -> str:
    offence = offended.recorded.offence
    where = f"from {offence.address} " if offence.address else ""
    return (
        f"  {_moment(offended.recorded.at)}  {offence.kind} +{offence.score}, now {offended.points_left:.2f}"
        f"  {where}by {offence.source}, request {offence.request_id or '-'}"
    )


def _entry_line(entry: Any) -> str:
    event = entry.event
    detail: Mapping[str, str] = event.detail
    told = " ".join(f"{name}={value}" for name, value in detail.items())
    return f"  {_moment(entry.at)}  {event.name} {event.outcome} by {event.actor or '-'}  {told}".rstrip()


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "never"
