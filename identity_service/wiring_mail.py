"""
Builds what sends letters, by hand; without a mail server there is nobody to send them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from identity_service.flows.deliver_mail import DeliverMail, RetryMail
from identity_service.flows.preview_mail import PreviewMail
from identity_service.flows.prove_mail import ProveMail
from identity_service.foundation.known_services import Submission, known_service
from identity_service.foundation.outbound import Outbound
from identity_service.foundation.rounds import Rounds
from identity_service.foundation.settings import Settings
from identity_service.mail.composer import Composer
from identity_service.mail.delivering import Postman
from identity_service.mail.letters import locale_for
from identity_service.mail.mailgun import MailgunPostman
from identity_service.mail.outbox import Outbox
from identity_service.wiring_capabilities import Capabilities, Ground

AT_ONCE = 2
"""Letters that one process sends at the same time; a slow server holds up so many, and nothing else."""

FAREWELL = 3.0
"""Seconds that a process which ends waits for each letter under way: one that is cut off may arrive twice."""

_TLS_FROM_THE_START = 465


@dataclass(frozen=True)
class Mail:
    """
    What sends letters.

    `rounds` are threads of their own, begun with the process, so that a slow mail server delays nothing but letters.
    """

    outbox: Outbox
    retry: RetryMail
    preview: PreviewMail
    prove: ProveMail
    rounds: tuple[Rounds, ...]


def mail(ground: Ground, able: Capabilities) -> Mail:
    """Return what sends the letters of one installation."""
    settings = ground.settings
    composer = Composer(settings.site.app_title)
    postman = _postman(settings) if settings.mail.is_configured else None
    rounds: tuple[Rounds, ...] = ()
    if postman is not None:
        deliver = DeliverMail(able.outbox, composer, postman, ground.database.transaction)
        rounds = tuple(Rounds([deliver.deliver_due], farewell=FAREWELL) for _ in range(AT_ONCE))
        able.outbox.wakes(_all(rounds))
    return Mail(
        able.outbox,
        RetryMail(able.outbox, ground.database.transaction),
        PreviewMail(composer, ground.clock),
        ProveMail(composer, postman, ground.clock, ground.chance, locale_for("", settings.site.locale)),
        rounds,
    )


def _all(rounds: tuple[Rounds, ...]) -> Callable[[], None]:
    def wake() -> None:
        for each in rounds:
            each.wake()

    return wake


def _postman(settings: Settings) -> Postman:
    told = settings.mail
    through_mailgun = mailgun(settings)
    if through_mailgun is not None:
        return through_mailgun
    from identity_service.mail.postman import Sender, Server, SMTPPostman  # noqa: PLC0415 - brings Flask along

    place = submission(settings)
    server = Server(
        place.host,
        place.port,
        place.encryption,
        told.encryption_hostname or place.host,
        accepts_any_certificate=told.allow_selfsigned,
        ca_file=settings.outbound.ca_file,
        username=told.username,
        password=told.password.get_secret_value() if told.password else None,
    )
    return SMTPPostman(
        server,
        Sender(told.sender or "", told.sender_name, urlsplit(settings.site.domain_server).hostname or "localhost"),
    )


def mailgun(settings: Settings) -> MailgunPostman | None:
    """Return what hands letters to Mailgun, or None if they do not go that way."""
    told = settings.mail
    if not (told.sender and told.mailgun_api_key and told.mailgun_domain):
        return None
    outbound = Outbound(settings.outbound.allow_private, settings.outbound.ca_file)
    key = told.mailgun_api_key.get_secret_value()
    return MailgunPostman(
        outbound, told.mailgun_host, told.mailgun_domain, key, sender_address=told.sender, sender_name=told.sender_name
    )


def submission(settings: Settings) -> Submission:
    """Return where letters are handed in."""
    told = settings.mail
    known = known_service(told.service) if told.service else None
    if known is not None:
        return known if told.encryption == "opportunistic" else known._replace(encryption=told.encryption)
    # Nobody speaks on this port before it is encrypted, so that "if the server can" means from the start.
    is_tls = told.encryption == "opportunistic" and told.port == _TLS_FROM_THE_START
    return Submission(told.host or "", told.port, "tls" if is_tls else told.encryption)
