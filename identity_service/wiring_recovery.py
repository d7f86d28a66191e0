"""
Builds what has to do with letters to people: verification, recovery, changes and notices, by hand.

Leaves to others: how a letter is sent (wiring_mail).
"""

from dataclasses import dataclass

from identity_service.accounts.profiles import Profiles
from identity_service.flows.change_address import ChangeAddress
from identity_service.flows.change_password import ChangePassword
from identity_service.flows.choose_language import ChooseLanguage
from identity_service.flows.notices import Links, Notices
from identity_service.flows.prove_again import ProveAgain
from identity_service.flows.recover import Recover
from identity_service.flows.run_errands import RunErrands
from identity_service.flows.verify_address import VerifyAddress
from identity_service.foundation.settings import Settings
from identity_service.mail.letters import own_names
from identity_service.wiring_capabilities import Capabilities, Ground
from identity_service.wiring_upstream import Beside


@dataclass(frozen=True)
class Recovery:
    """The flows in which a letter takes part, and `notices` for those of others."""

    notices: Notices
    run_errands: RunErrands
    verify_address: VerifyAddress
    recover: Recover
    change_password: ChangePassword
    change_address: ChangeAddress
    choose_language: ChooseLanguage


def notices(ground: Ground, able: Capabilities) -> Notices:
    """Return what tells people of an installation what happened to their account."""
    site = ground.settings.site
    links = Links(pages=site.domain_server, chat=site.domain_client)
    is_on, may = ground.settings.mail.is_configured, may_reset(ground.settings)
    return Notices(able.outbox.post, able.languages.of, links, ground.clock, is_on, may, site.locale)


def run_errands(ground: Ground, able: Capabilities, telling: Notices) -> RunErrands:
    """Return what writes the letters that are asked for."""
    return RunErrands(able.users, able.errands, able.vouchers, telling, able.trail, ground.database.transaction)


def recovery(ground: Ground, able: Capabilities, errands: RunErrands, beside: Beside) -> Recovery:
    """Return the flows of one installation, which lean on those *beside* them."""
    transaction, trail, telling = ground.database.transaction, able.trail, errands.notices
    gate, endings, domains = beside.begin_session.gate, beside.begin_session.endings, beside.allowed_domains
    prove_again = ProveAgain(able.users, able.passwords, able.sessions, trail, transaction, ground.clock)
    return Recovery(
        telling,
        errands,
        VerifyAddress(able.users, able.changes, able.vouchers, able.errands, telling, trail, transaction),
        Recover(
            able.users,
            able.changes,
            able.passwords,
            able.vouchers,
            able.errands,
            endings,
            beside.first_proof,
            Profiles(ground.database, ground.clock, beside.changed),
            telling,
            gate,
            trail,
            transaction,
            is_open=may_reset(ground.settings),
            is_unsecured=not ground.settings.mail.is_configured,
        ),
        ChangePassword(able.changes, able.passwords, prove_again, able.vouchers, endings, telling, trail, transaction),
        ChangeAddress(
            able.errands,
            prove_again,
            trail,
            transaction,
            is_open=ground.settings.registration.email_change,
            has_mail=ground.settings.mail.is_configured,
            allowed_domains=domains,
        ),
        ChooseLanguage(able.languages, own_names(), trail, transaction),
    )


def may_reset(settings: Settings) -> bool:
    """Say whether people may ask for a link to a new password: one that can travel, or that is to be shown."""
    registration = settings.registration
    return registration.password_reset and (settings.mail.is_configured or registration.unsecured_password_reset)
