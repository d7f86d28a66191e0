"""
How letters are sent: by SMTP, or through Mailgun.

Leaves to others: which machine a well-known service name means (known_services), and the sending itself (mail).
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import PlainValidator

from identity_service.foundation.known_services import known_service
from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import (
    OptionalHost,
    OptionalSecret,
    OptionalText,
    Port,
    Switch,
    Text,
    plain,
    unless_blank,
    web_address,
)

# Nothing that a library would take for a comment, a group or a list, and make another address of. What the guide writes
# instead of an address has spaces and a comma, and is read as it is written there: a mail server says what it is.
_PLAIN_ADDRESS = re.compile(r"[^@()\[\]<>:;\"\\]+@[0-9A-Za-z._-]+")


def _encryption(text: str) -> str:
    """Read `tls` or `starttls`; the guide lets anything else mean "encrypt if the server can"."""
    return text.strip().lower() if text.strip().lower() in {"tls", "starttls"} else "opportunistic"


def _address(text: str) -> str:
    address = plain(text)
    if "<" in address:
        raise ValueError("must be an e-mail address alone; the name belongs to EMAIL_FROM_NAME.")
    if not address.isascii():
        raise ValueError("must be in ASCII, such as chat@xn--bcher-kva.example: letters from others are not sent.")
    if not _PLAIN_ADDRESS.fullmatch(address):
        raise ValueError("must be an e-mail address.")
    return address


def _mailgun(text: str) -> str:
    """Read the address of Mailgun, without the version that its manual ends it with: each path of ours begins so."""
    return web_address(text).removesuffix("/v3")


Encryption = Annotated[Literal["tls", "starttls", "opportunistic"], PlainValidator(_encryption)]
OptionalAddress = Annotated[str | None, unless_blank(_address)]


class Mail(Group):
    """The mail server and the sender; whether mail is set up has one answer, `is_configured`."""

    service: OptionalText = setting(
        "EMAIL_SERVICE", "", "A well-known mail service, such as gmail; wins over EMAIL_HOST."
    )
    host: OptionalHost = setting(
        "EMAIL_HOST", "", "The mail server, such as mail.example.com, when EMAIL_SERVICE is not set."
    )
    port: Port = setting("EMAIL_PORT", "25", "Port of EMAIL_HOST, usually 25, 465 or 587.")
    encryption: Encryption = setting(
        "EMAIL_ENCRYPTION", "", "starttls (force it), tls (from the start), anything else (STARTTLS if the server can)."
    )
    encryption_hostname: OptionalHost = setting(
        "EMAIL_ENCRYPTION_HOSTNAME", "", "The name that the certificate must have, if it is not EMAIL_HOST."
    )
    allow_selfsigned: Switch = setting(
        "EMAIL_ALLOW_SELFSIGNED", "false", "Accept self-signed certificates; for tests only."
    )
    username: OptionalText = setting("EMAIL_USERNAME", "", "Name for the mail server; usually the same as EMAIL_FROM.")
    password: OptionalSecret = setting("EMAIL_PASSWORD", "", "Password for the mail server, often an app password.")
    sender: OptionalAddress = setting("EMAIL_FROM", "", "The address that letters come from; required to send any.")
    sender_name: Text = setting(
        "EMAIL_FROM_NAME", "LibreChat", "The name beside it; APP_TITLE when unset.", falls_back_to=("APP_TITLE",)
    )
    mailgun_api_key: OptionalSecret = setting("MAILGUN_API_KEY", "", "Sends through Mailgun instead of SMTP.")
    mailgun_domain: OptionalHost = setting("MAILGUN_DOMAIN", "", "The domain registered with Mailgun.")
    mailgun_host: Annotated[str, PlainValidator(_mailgun)] = setting(
        "MAILGUN_HOST", "https://api.mailgun.net", "Mailgun's interface; Europe has another."
    )

    @property
    def is_configured(self) -> bool:
        """Whether letters can be sent at all."""
        return bool(self.sender and (self.service or self.host or self.mailgun_api_key))

    def contradictions(self) -> Iterator[str]:
        """Ask for a service that is known, and for the other half of whatever is half set up."""
        if self.service and not self.mailgun_api_key and known_service(self.service) is None:
            yield "EMAIL_SERVICE must be a well-known mail service, such as gmail; leave it blank to name a machine."
        if bool(self.username) != bool(self.password):
            yield "EMAIL_USERNAME and EMAIL_PASSWORD must be set both or neither."
        if bool(self.mailgun_api_key) != bool(self.mailgun_domain):
            yield "MAILGUN_API_KEY and MAILGUN_DOMAIN must be set both or neither."
        if (self.service or self.host or self.mailgun_api_key) and not self.sender:
            yield "EMAIL_FROM is required once mail is set up."
