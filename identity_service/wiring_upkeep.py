"""
Builds what keeps an installation well, by hand: copies, archives, and the doctor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from identity_service.chat.bridge import Chat
from identity_service.flows.backup import Backup
from identity_service.flows.doctor.examine import Doctor
from identity_service.flows.doctor.insides import Insides
from identity_service.flows.doctor.neighbours import Neighbours
from identity_service.flows.doctor.outside import Outside
from identity_service.flows.doctor.surroundings import Surroundings
from identity_service.flows.transfer import Transfer
from identity_service.foundation.archive import Archive
from identity_service.foundation.database import Base
from identity_service.foundation.outbound import Outbound
from identity_service.foundation.soundness import room_of
from identity_service.keys.examination import Examination
from identity_service.moderation.sightings import Sightings
from identity_service.sessions.aftermath import Aftermath
from identity_service.wiring_capabilities import Capabilities, Ground
from identity_service.wiring_mail import mailgun, submission


@dataclass(frozen=True)
class Upkeep:
    """What the operator's commands of this kind may call."""

    backup: Backup
    transfer: Transfer
    examination: Examination
    doctor: Doctor


def upkeep(
    ground: Ground, able: Capabilities, chat: Chat, sightings: Sightings, is_schema_current: Callable[[], bool]
) -> Upkeep:
    """Return the flows of an installation's upkeep."""
    _, database, clock, _ = ground
    tables = tuple(Base.metadata.tables)
    examination = Examination(database, able.vault)
    room = partial(room_of, database)
    insides = Insides(database, is_schema_current, examination, database.transaction, clock, room)
    return Upkeep(
        backup=Backup(database, tables, able.users, Aftermath(database), able.trail, database.transaction, clock),
        transfer=Transfer(Archive(database), examination, database.transaction, clock),
        examination=examination,
        doctor=_doctor(ground, able, chat, sightings, insides),
    )


def _doctor(ground: Ground, able: Capabilities, chat: Chat, sightings: Sightings, insides: Insides) -> Doctor:
    settings = ground.settings
    outbound = Outbound(settings.outbound.allow_private, settings.outbound.ca_file)
    outside = Outside(settings, outbound, able.keys, able.trail, sightings, ground.chance)
    through_mailgun = mailgun(settings)
    has_mail_server = settings.mail.is_configured and through_mailgun is None
    mail_server = submission(settings) if has_mail_server else None
    neighbours = Neighbours(mail_server, through_mailgun, settings.redis, chat, able.users)
    surroundings = Surroundings(settings, ground.database, Path.cwd())
    return Doctor(
        {
            "settings": surroundings.of_settings,
            "secrets": surroundings.of_secrets,
            "files": surroundings.of_files,
            "cookies": surroundings.of_cookies,
            "passwords": surroundings.of_passwords,
            "database": insides.of_database,
            "keys": insides.of_keys,
            "clock": insides.of_clock,
            "issuer": outside.of_issuer,
            "proxy": outside.of_proxy,
            "providers": outside.of_providers,
            **neighbours.looks(),
        },
        insides.is_behind,
    )
