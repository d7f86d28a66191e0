"""
The postman for Mailgun: letters go over HTTPS.

Source: Mailgun's API reference, `POST /v3/{domain}/messages`; 200 means that it has the letter, 400 that none is in the
form. `GET /v4/domains/{domain}` tells of a domain, but not to a key that may only send.
Leaves to others: going outside (foundation.outbound), trying again (flows.deliver_mail).
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formataddr, formatdate
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote, urlencode

from identity_service.foundation.clock import to_seconds
from identity_service.foundation.outbound import Incoming, Outgoing, Unreachable
from identity_service.mail.delivering import Composed, NotTaken, Receipt, Then

_LONGEST_ANSWER, _LONGEST_STATE = 200, 40


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
                letter alone, so it is tried again; only where the form is not in order the next may fare better.
        """
        letter = letter.spelled()
        try:
            answer = self.door.fetch(self._request(letter))
        except Unreachable as fault:
            raise NotTaken(f"{fault.reason}: {fault.detail}", concerns_all=True) from fault
        if answer.status != HTTPStatus.OK:
            said = answer.body[:_LONGEST_ANSWER].decode(errors="replace").replace(letter.to, "…")
            raise NotTaken(f"{answer.status} {said}", concerns_all=answer.status != HTTPStatus.BAD_REQUEST)
        then(Receipt(self.host, "HTTPS" if self.host.startswith("https:") else "", ""))

    def try_key(self) -> int:
        """
        Hand in a form that holds no letter, and return the status: 400 if there is only the letter to ask for.

        Raises:
            Unreachable: there is no answer.
        """
        return self.door.fetch(self._form({"o:testmode": "yes"})).status

    def domain_state(self) -> str | None:
        """
        Return what is said of the domain: `active`, `unverified` or `disabled`; None to a key that only sends.

        Raises:
            Unreachable: there is no answer.
        """
        answer = self.door.fetch(
            Outgoing("GET", f"{self.host}/v4/domains/{quote(self.domain)}", self._credentials, may_be_private=True)
        )
        try:
            return str(json.loads(answer.body)["domain"]["state"])[:_LONGEST_STATE]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def _request(self, letter: Composed) -> Outgoing:
        return self._form(
            {
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
        )

    def _form(self, told: Mapping[str, str]) -> Outgoing:
        return Outgoing(
            "POST",
            f"{self.host}/v3/{quote(self.domain)}/messages",
            {"Content-Type": "application/x-www-form-urlencoded", **self._credentials},
            urlencode(told).encode(),
            may_be_private=True,
        )

    @property
    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Basic {b64encode(f'api:{self.api_key}'.encode()).decode()}"}
