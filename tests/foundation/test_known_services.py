"""Well-known mail services are found by name, alias or domain, and never less encrypted than they can be."""

import json

import pytest

from identity_service.foundation import known_services
from identity_service.foundation.known_services import known_service
from identity_service.foundation.settings import load
from identity_service.wiring_mail import submission
from tests.fakes.secrets import GOOD_SECRETS


@pytest.mark.parametrize("name", ["gmail", "Gmail", "GMAIL ", "google mail", "googlemail.com"])
def test_a_service_has_many_names(name):
    assert known_service(name) == ("smtp.gmail.com", 465, "tls")


@pytest.mark.parametrize("name", ["", "nobody", "smtp.gmail.com"])
def test_what_is_not_listed_is_not_known(name):
    assert known_service(name) is None


def test_every_service_that_is_listed_is_found():
    listed = json.loads(known_services._LIST.read_text(encoding="utf-8"))

    assert [name for name in listed if known_service(name) is None] == []
    assert len(listed) > 80


@pytest.mark.parametrize(
    ("name", "encryption"),
    [("AOL", "starttls"), ("Bluewin", "tls"), ("Maildev", "opportunistic"), ("SpacePost", "starttls")],
)
def test_submission_is_never_in_clear(name, encryption):
    assert known_service(name).encryption == encryption


@pytest.mark.parametrize(
    ("chosen", "place"),
    [
        ({"EMAIL_SERVICE": "gmail", "EMAIL_HOST": "mail.example.org"}, ("smtp.gmail.com", 465, "tls")),
        ({"EMAIL_SERVICE": "Maildev", "EMAIL_ENCRYPTION": "starttls"}, ("localhost", 1025, "starttls")),
        ({"EMAIL_HOST": "mail.example.org"}, ("mail.example.org", 25, "opportunistic")),
        ({"EMAIL_HOST": "mail.example.org", "EMAIL_PORT": "465"}, ("mail.example.org", 465, "tls")),
        (
            {"EMAIL_HOST": "mail.example.org", "EMAIL_PORT": "587", "EMAIL_ENCRYPTION": "starttls"},
            ("mail.example.org", 587, "starttls"),
        ),
    ],
)
def test_a_service_wins_over_a_host_and_a_chosen_encryption_over_the_list(tmp_path, chosen, place):
    assert submission(load({**GOOD_SECRETS, "EMAIL_FROM": "chat@example.org", **chosen}, tmp_path)) == place
