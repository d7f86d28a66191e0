"""Mailgun: a letter is one form, and what is answered is no verdict about it."""

from base64 import b64decode
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import pytest

from identity_service.foundation.outbound import Incoming, Outgoing, Reason, Unreachable
from identity_service.foundation.settings import load
from identity_service.mail.delivering import NotTaken
from identity_service.mail.mailgun import MailgunPostman
from identity_service.wiring_mail import _postman
from tests.fakes.secrets import GOOD_SECRETS
from tests.mail.conftest import LETTER, sent


@dataclass
class Door:
    """The way to Mailgun: it remembers what was asked, and answers with `status` or not at all."""

    status: int | None = 200
    asked: list[Outgoing] = field(default_factory=list)

    def fetch(self, request: Outgoing) -> Incoming:
        """Take one request."""
        self.asked.append(request)
        if self.status is None:
            raise Unreachable(Reason.CONNECTION)
        return Incoming(self.status, {}, b"no, <ada@example.org>")


def postman(door):
    return MailgunPostman(door, "https://api.mailgun.net", "mg.example.org", "a key", "chat@example.org", "Chat, Inc.")


def test_a_letter_is_a_form_for_one_recipient():
    door = Door()
    receipt = sent(postman(door), LETTER)
    (asked,) = door.asked
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}

    assert (asked.method, asked.url) == ("POST", "https://api.mailgun.net/v3/mg.example.org/messages")
    assert b64decode(asked.headers["Authorization"].removeprefix("Basic ")) == b"api:a key"
    assert (form["to"], form["from"]) == ("ada@example.org", '"Chat, Inc." <chat@example.org>')
    assert (form["subject"], form["text"], form["html"]) == ("A subject", "Plain words", "<p>Words</p>")
    assert form["h:Message-Id"] == f"<{'6' * 24}@mg.example.org>"
    assert form["o:tracking"] == "no"
    assert receipt.encryption == "HTTPS"


def test_an_international_domain_is_spelled_as_mail_servers_want_it():
    door = Door()
    sent(postman(door), replace(LETTER, to="größe@straße.example"))

    assert parse_qs(door.asked[0].body.decode())["to"] == ["größe@xn--strae-oqa.example"]


@pytest.mark.parametrize(
    ("status", "said", "concerns_all"),
    [
        (401, "401", True),
        (400, "400", False),
        (429, "429", True),
        (500, "500", True),
        (None, "no connection", True),
    ],
)
def test_what_goes_wrong_is_tried_again(status, said, concerns_all):
    with pytest.raises(NotTaken, match=said) as refused:
        sent(postman(Door(status)), LETTER)

    assert (refused.value.is_final, refused.value.concerns_all) == (False, concerns_all)
    assert "ada@example.org" not in refused.value.answer


def test_the_key_is_not_printed():
    assert "a key" not in repr(postman(Door()))


def test_mailgun_wins_over_smtp(tmp_path):
    chosen = {"MAILGUN_API_KEY": "k", "MAILGUN_DOMAIN": "mg.example.org", "EMAIL_FROM": "chat@example.org"}
    settings = load({**GOOD_SECRETS, **chosen, "EMAIL_HOST": "mail.example.org"}, tmp_path)

    assert isinstance(_postman(settings), MailgunPostman)
