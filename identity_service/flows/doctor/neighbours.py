"""
What the doctor sees of the neighbours: the mail server or Mailgun, Redis, and the chat application's database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from identity_service.accounts.users import Users
from identity_service.chat.bridge import Chat
from identity_service.flows.doctor.findings import Finding, Look
from identity_service.foundation import greetings
from identity_service.foundation.errors import ChatUnavailable
from identity_service.foundation.known_services import Submission
from identity_service.foundation.outbound import Unreachable
from identity_service.foundation.settings_neighbours import Redis
from identity_service.mail.mailgun import MailgunPostman

_NOBODY = "doctor@identity.invalid"
_REGIONS = "https://api.mailgun.net, or https://api.eu.mailgun.net for domains in Europe"


@dataclass(frozen=True)
class Neighbours:
    """Looks at other machines; `mail` is where letters are handed in, None without a mail server."""

    mail: Submission | None
    mailgun: MailgunPostman | None
    redis: Redis
    chat: Chat
    users: Users

    def looks(self) -> dict[str, Look]:
        """Return what there is to look at: only what is set up."""
        there = {
            "mail": (self.mail is not None, self.of_mail),
            "mailgun": (self.mailgun is not None, self.of_mailgun),
            "redis": (self.redis.is_configured, self.of_redis),
            "chat": (self.chat.is_here, self.of_chat),
        }
        return {area: look for area, (is_set_up, look) in there.items() if is_set_up}

    def of_mail(self) -> Iterator[Finding]:
        """Greet the mail server."""
        if self.mail is None:
            return
        host, port, encryption = self.mail
        wrong = greetings.of_mail_server(host, port, is_encrypted=encryption == "tls")
        if wrong:
            yield Finding(
                "mail_unreachable",
                f"The mail server {host}:{port} does not answer as it should: {wrong}.",
                "See that EMAIL_SERVICE, or EMAIL_HOST, EMAIL_PORT and EMAIL_ENCRYPTION, name it, and that no firewall"
                " is between. `identity doctor --mail` sends a letter.",
            )

    def of_mailgun(self) -> Iterator[Finding]:
        """Ask Mailgun whether it would take a letter, without one, and what it says of the domain."""
        if self.mailgun is None:
            return
        try:
            status = self.mailgun.try_key()
            state = self.mailgun.domain_state() if status == HTTPStatus.BAD_REQUEST else None
        except Unreachable as fault:
            yield Finding(
                "mailgun_unreachable",
                f"Mailgun does not answer at {self.mailgun.host}: {fault.reason}.",
                f"See that this machine may go there, and that MAILGUN_HOST is right: {_REGIONS}.",
            )
            return
        if status != HTTPStatus.BAD_REQUEST:
            yield _not_taken(self.mailgun, status)
        elif state not in (None, "active"):
            yield Finding(
                "mailgun_domain_not_active",
                f"Mailgun says that the domain {self.mailgun.domain} is {state}.",
                "Set the DNS records that Mailgun shows for it, or see there why it was switched off.",
            )

    def of_redis(self) -> Iterator[Finding]:
        """Count in Redis as the doors do."""
        from identity_service.foundation import redis_line  # noqa: PLC0415 - only who has a Redis pays for loading it

        wrong = redis_line.trouble(self.redis)
        if wrong:
            yield Finding(
                "redis_unusable",
                f"Nothing can be counted in Redis: {wrong.rstrip('.')}.",
                "See that it runs and takes what is written to it, and that REDIS_URI, REDIS_USERNAME, REDIS_PASSWORD,"
                " REDIS_CA and USE_REDIS_CLUSTER are right. The database counts alone meanwhile.",
            )

    def of_chat(self) -> Iterator[Finding]:
        """Ask the chat application's database for somebody who is not there; and for all, if nobody was ever here."""
        try:
            self.chat.holder(_NOBODY)
            is_waiting = not self.users.has_had_any() and next(self.chat.ids(), None) is not None
        except ChatUnavailable as fault:
            yield Finding(
                "chat_database_unreachable",
                f"The chat application's database does not answer: {fault.detail or fault.message}",
                "See that MongoDB runs and that MONGO_URI is right. People sign in all the same meanwhile.",
            )
            return
        if is_waiting:
            yield Finding(
                "chat_not_adopted",
                "The chat application has people and none is here yet: the first to sign up becomes its administrator.",
                "Take them over with `make adopt` before anybody else can sign up.",
            )


def _not_taken(mailgun: MailgunPostman, status: int) -> Finding:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Finding(
                "mailgun_key_refused",
                f"Mailgun takes no letters for {mailgun.domain} with this MAILGUN_API_KEY: {status}.",
                f"Put a sending key of that domain there, or one of the account; see also MAILGUN_HOST: {_REGIONS}.",
            )
        case HTTPStatus.NOT_FOUND:
            return Finding(
                "mailgun_domain_unknown",
                f"Mailgun does not know the domain {mailgun.domain} at {mailgun.host}.",
                f"Write MAILGUN_DOMAIN as Mailgun shows it, and its region's MAILGUN_HOST: {_REGIONS}.",
            )
    return Finding(
        "mailgun_strange",
        f"Mailgun answers {status} at {mailgun.host}, and not that a letter is missing.",
        "See that MAILGUN_HOST is Mailgun's; else wait: letters do, too. `identity doctor --mail` sends one.",
    )
