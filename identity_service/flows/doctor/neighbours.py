"""
What the doctor sees of the neighbours: the mail server, Redis, and the chat application's database.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from identity_service.chat.bridge import Chat
from identity_service.flows.doctor.findings import Finding, Look
from identity_service.foundation import greetings
from identity_service.foundation.errors import ChatUnavailable
from identity_service.foundation.settings_neighbours import Redis
from identity_service.mail.known_services import Submission

_NOBODY = "doctor@identity.invalid"


@dataclass(frozen=True)
class Neighbours:
    """Looks at other machines of the operator's; `mail` is where letters are handed in, None without a mail server."""

    mail: Submission | None
    redis: Redis
    chat: Chat

    def looks(self) -> dict[str, Look]:
        """Return what there is to look at: only what is set up."""
        there = {
            "mail": (self.mail is not None, self.of_mail),
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

    def of_redis(self) -> Iterator[Finding]:
        """Greet each Redis that is named."""
        password = self.redis.password.get_secret_value() if self.redis.password else None
        uri = self.redis.uri.get_secret_value() if self.redis.uri else ""
        for address in uri.split(","):
            wrong = greetings.of_redis(address.strip(), self.redis.username, password, self.redis.ca)
            if wrong:
                yield Finding(
                    "redis_unreachable",
                    f"Redis does not answer as it should: {wrong}.",
                    "See that it runs, and that REDIS_URI, REDIS_USERNAME and REDIS_PASSWORD are right.",
                )

    def of_chat(self) -> Iterator[Finding]:
        """Ask the chat application's database for somebody who is not there."""
        try:
            self.chat.holder(_NOBODY)
        except ChatUnavailable as fault:
            yield Finding(
                "chat_database_unreachable",
                f"The chat application's database does not answer: {fault.detail or fault.message}",
                "See that MongoDB runs and that MONGO_URI is right. People sign in all the same meanwhile.",
            )
