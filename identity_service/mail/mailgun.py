"""
The postman for Mailgun: letters go over HTTPS.

Source: Mailgun's API reference, `POST /v3/{domain}/messages`; 200 means that it has the letter.
Leaves to others: going outside (foundation.outbound), trying again (flows.deliver_mail).
"""

from base64 import b64encode
from dataclasses import dataclass, field
from email.utils import formataddr, formatdate
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote, urlencode

from identity_service.foundation.clock import to_seconds
from identity_service.foundation.outbound import Incoming, Outgoing, Unreachable
from identity_service.mail.delivering import Composed, NotTaken, Receipt, Then

_LONGEST_ANSWER = 200


class Door(Protocol):
    """Leads outside, as `foundation.outbound.Outbound` does."""

    def fetch(self, request: Outgoing) -> Incoming:
        """Send *request* and return the answer."""
        ...


@dataclass(frozen=True)
class MailgunPostman:
    """Hands letters to Mailgun; `host` is its address, `domain` the one that is registered there."""

    door: Door
    host: str
    domain: str
    api_key: str = field(repr=False)
    sender_address: str
    sender_name: str

    def send(self, letter: Composed, then: Then) -> None:
        """
        Hand *letter* over, and call *then*.

        Raises:
            NotTaken: Mailgun has not taken it. What it answers is about the key and the domain, never about this
                letter alone; so it is tried again.
        """
        try:
            answer = self.door.fetch(self._request(letter))
        except Unreachable as fault:
            raise NotTaken(f"{fault.reason}: {fault.detail}", concerns_all=True) from fault
        if answer.status != HTTPStatus.OK:
            said = answer.body[:_LONGEST_ANSWER].decode(errors="replace").replace(letter.to, "…")
            raise NotTaken(f"{answer.status} {said}")
        then(Receipt(self.host, "HTTPS" if self.host.startswith("https:") else "", ""))

    def _request(self, letter: Composed) -> Outgoing:
        told = {
            "from": formataddr((self.sender_name, self.sender_address)),
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "h:Message-Id": f"<{letter.id}@{self.domain}>",
            "h:Date": formatdate(to_seconds(letter.written_at)),
            "h:Auto-Submitted": "auto-generated",
            "o:tracking": "no",  # it would lead our links through its own machines
        }
        credentials = b64encode(f"api:{self.api_key}".encode()).decode()
        return Outgoing(
            "POST",
            f"{self.host}/v3/{quote(self.domain)}/messages",
            {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {credentials}"},
            urlencode(told).encode(),
            may_be_private=True,
        )
