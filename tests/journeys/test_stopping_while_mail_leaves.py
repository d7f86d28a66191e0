"""A stop while letters leave: those under way are handed over, the others wait for the start, and none comes twice."""

import time

import pytest

from identity_service.accounts.users import NewPerson
from tests.attacks.crowd import UNLIMITED, Ask, Wire, behind
from tests.fakes.people import HASH
from tests.servers.mail import MailServer

PEOPLE = 8


@pytest.fixture
def mail():
    with MailServer() as server:
        server.seconds_at_data = 1
        yield server


@pytest.fixture(params=["gunicorn", "granian"])
def server(request, identity_server, mail):
    told = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mail.port), "EMAIL_FROM": "chat@example.org"}
    running = identity_server(server=request.param, environment={**UNLIMITED, **told, "ALLOW_PASSWORD_RESET": "true"})
    with behind(running) as services, services.database.transaction():
        for number in range(PEOPLE):
            services.capabilities.users.add(NewPerson(f"{number}@example.org", "Ada", "ada", HASH, email_verified=True))
    return running


def test_no_letter_comes_twice_or_a_minute_late(server, mail):
    for number in range(PEOPLE):
        wire = Wire(server)
        assert wire.ask(Ask("POST", "/api/auth/requestPasswordReset", {"email": f"{number}@example.org"})).status == 200
        wire.close()
    mail.wait_for(3)
    server.halt()
    handed_over = len(mail.received)
    with behind(server) as services:
        waiting = list(services.mail.outbox.waiting())
    server.start()
    began = time.monotonic()
    letters = mail.wait_for(PEOPLE)

    assert (handed_over + len(waiting), [one.attempts for one in waiting]) == (PEOPLE, [0] * len(waiting))
    assert time.monotonic() - began < 30
    assert len({letter.message["Message-ID"] for letter in letters}) == len(letters)
