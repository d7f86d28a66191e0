"""An operator asks whether letters arrive."""

import pytest

from identity_service.flows.prove_mail import ProveMail
from identity_service.mail.composer import Composer
from identity_service.mail.delivering import UNVERIFIED, NotTaken, Receipt


class Postman:
    """Says what it was told to say."""

    def __init__(self, said):
        self.said, self.sent = said, []

    def send(self, letter, then):
        self.sent.append(letter)
        if isinstance(self.said, NotTaken):
            raise self.said
        then(self.said)


@pytest.fixture
def prove(clock, chance):
    def ask(said):
        postman = Postman(said)
        found = ProveMail(Composer("Our Chat"), postman, clock, chance, "en").to("ada@example.org")
        assert [letter.to for letter in postman.sent] == ["ada@example.org"]
        return {finding.code: finding.is_well for finding in found}

    return ask


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            Receipt("mail.example.org:587", "TLSv1.3", "mail.example.org"),
            {"mail_taken": True, "mail_encrypted": True, "mail_certificate": True},
        ),
        (Receipt("mail.example.org:25", "", ""), {"mail_taken": True, "mail_in_clear": False}),
        (Receipt("localhost:25", "", ""), {"mail_taken": True, "mail_encrypted": True}),
        (
            Receipt("mail.example.org:587", "TLSv1.3", UNVERIFIED),
            {"mail_taken": True, "mail_encrypted": True, "mail_unverified": False},
        ),
        (Receipt("https://api.mailgun.net", "HTTPS", ""), {"mail_taken": True, "mail_encrypted": True}),
        (NotTaken("535 5.7.8 no"), {"mail_not_taken": False}),
    ],
)
def test_every_way_it_can_go_is_told(prove, said, found):
    assert prove(said) == found


def test_each_fault_says_what_to_do(clock, chance):
    for answer in ("CERTIFICATE_VERIFY_FAILED", "535 no", "something else"):
        (finding,) = ProveMail(Composer("Our Chat"), Postman(NotTaken(answer)), clock, chance, "en").to("a@b.example")
        assert finding.fix
