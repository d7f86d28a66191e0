"""The doctor at Mailgun: the key and the domain are tried out, and no letter is sent."""

from dataclasses import replace

import pytest

from identity_service.flows.doctor.neighbours import Neighbours
from identity_service.foundation.outbound import Outbound
from identity_service.mail.mailgun import MailgunPostman
from tests.servers.mailgun import ACCOUNT_KEY, DOMAIN, SENDING_KEY, MailgunServer
from tests.servers.process import free_port

SET_UP = pytest.mark.environ(MAILGUN_API_KEY="k", MAILGUN_DOMAIN=DOMAIN, EMAIL_FROM="chat@example.org")


@pytest.fixture(scope="module")
def running():
    with MailgunServer() as server:
        yield server


@pytest.fixture
def server(running):
    """Mailgun, which knows the domain, and where nothing is wrong."""
    running.state, running.is_broken = "active", False
    return running


@pytest.fixture
def look(server, services, codes):
    """Look at Mailgun with what would send letters, but for what is *told* otherwise."""
    usual = MailgunPostman(Outbound(), server.url, DOMAIN, ACCOUNT_KEY, "chat@example.org", "Chat")

    def examine(**told):
        chat, users = services.operators.link.chat, services.capabilities.users
        return codes(Neighbours(None, replace(usual, **told), services.settings.redis, chat, users).of_mailgun)

    return examine


@pytest.mark.parametrize("key", [ACCOUNT_KEY, SENDING_KEY])
def test_a_key_that_may_send_for_the_domain_is_well_and_sends_nothing(server, look, key):
    assert look(api_key=key) == []
    assert server.taken == []


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"api_key": "another"}, "mailgun_key_refused"),
        ({"domain": "mg.example.com"}, "mailgun_domain_unknown"),
        ({"host": f"http://127.0.0.1:{free_port()}"}, "mailgun_unreachable"),
    ],
    ids=["key", "domain", "host"],
)
def test_settings_that_are_wrong_are_told(look, told, code):
    assert look(**told) == [code]


@pytest.mark.parametrize("state", ["unverified", "disabled"])
def test_a_domain_that_is_not_active_is_told_if_the_key_may_know(server, look, state):
    server.state = state

    assert look() == ["mailgun_domain_not_active"]
    assert look(api_key=SENDING_KEY) == []


def test_an_answer_that_is_not_mailguns_is_told(server, look):
    server.is_broken = True

    assert look() == ["mailgun_strange"]


@SET_UP
def test_mailgun_is_looked_at_in_the_place_of_a_mail_server(services):
    areas = services.upkeep().doctor.looks

    assert ("mailgun" in areas, "mail" in areas) == (True, False)
