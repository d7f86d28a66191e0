"""What an operator can see of letters, and do about them."""

import json
import re

import pytest

from identity_service.mail.letters import Letter
from tests.servers.mail import MailServer
from tests.servers.process import free_port


@pytest.fixture
def post(services):
    def write(to="ada@example.org"):
        with services.database.transaction():
            return services.capabilities.outbox.post(Letter("reset_password", to, "Ada", "en", {"link": "https://x"}))

    return write


@pytest.fixture
def given_up(services, post):
    """A letter that was refused for good."""
    letter_id, outbox = post(), services.capabilities.outbox
    with services.database.transaction():
        outbox.failed(outbox.take(), "550 unknown", is_final=True)
    return letter_id


@pytest.fixture
def with_mail(operator):
    """An operator whose settings name the server at a port."""
    return lambda port: operator.with_settings(
        EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(port), EMAIL_FROM="chat@example.org"
    )


def test_an_empty_outbox_says_so(identity, told):
    assert identity("outbox").said == "Letters that have not arrived: 0\n"
    assert told("outbox") == []


def test_the_outbox_shows_what_waits_and_nothing_secret(identity, told, given_up, post):
    waiting = post("eve@example.net")
    said = identity("outbox").said

    assert re.search(
        rf"^{given_up}  reset_password +a…@e….org +1 attempts  given up .* UTC  550 unknown$", said, re.MULTILINE
    )
    assert re.search(rf"^{waiting}  reset_password +e…@e….net +0 attempts  next .* UTC$", said, re.MULTILINE)
    assert "@example" not in said
    first, second = told("outbox")
    assert (first["id"], first["last_answer"], second["id"], second["given_up_at"]) == (
        given_up,
        "550 unknown",
        waiting,
        None,
    )


def test_a_letter_is_sent_again_by_its_id(identity, told, given_up):
    assert identity("outbox", "--retry", given_up).said == "Letters that are due now: 1\n"
    assert [(one["given_up_at"], one["attempts"]) for one in told("outbox")] == [(None, 0)]


def test_all_are_sent_again(told, given_up, post):
    post()

    assert told("outbox", "--retry", "all") == {"due": 2}


def test_a_letter_that_is_not_there_cannot_be_sent_again(identity):
    done = identity("outbox", "--retry", "nothing", status=1)

    assert (done.said, done.complained) == ("", "No letter with that id waits.\n")


def test_every_letter_can_be_looked_at(identity, operator):
    identity("preview-letters")
    files = {path.name for path in (operator.folder / "letters").iterdir()}

    assert {"reset_password.de.html", "verify_email.fr.txt", "new_device.es.html", "password_changed.en.txt"} <= files
    assert (operator.folder / "letters" / "reset_password.de.txt").read_text(encoding="utf-8").startswith("Setzen Sie")


def test_the_doctor_says_that_mail_is_off(identity):
    assert "Mail is not set up. Set EMAIL_SERVICE" in identity("doctor", "--mail", "ada@example.org", status=1).said


def test_the_doctor_sends_a_letter_and_tells_how_it_went(with_mail):
    with MailServer() as server:
        done = with_mail(server.port).run("doctor", "--mail", "ada@example.org")

    assert done.status == 0, done.said
    assert "has taken a letter to ada@example.org" in done.said
    assert "did not leave this machine" in done.said
    assert [letter.recipients for letter in server.received] == [["ada@example.org"]]


NO_ADDRESSES = ["", " ", "garbage", "a@b.org, c@d.org", "Ada <ada@example.org>", "a@b.org\nBcc: c@d.org", "@", "ada@"]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_the_doctor_sends_to_one_address_and_to_nothing_else(with_mail, identity, address):
    with MailServer() as server:
        done = with_mail(server.port).run("doctor", "--mail", address)

    assert (done.status, done.said) == (2, "")
    assert done.complained == "--mail: One e-mail address is needed, such as ada@example.org.\n"
    assert server.received == []
    assert identity("doctor", "--mail", address, status=2).complained == done.complained


def test_the_doctor_says_what_is_wrong_and_what_to_do(with_mail):
    closed = with_mail(free_port()).run("doctor", "--mail", "ada@example.org", "--json")
    with MailServer() as server:
        stripped = with_mail(server.port).with_settings(EMAIL_ENCRYPTION="starttls")
        forced = stripped.run("doctor", "--mail", "ada@example.org")

    assert (closed.status, forced.status) == (1, 1)
    (told,) = json.loads(closed.said)
    assert told["code"] == "mail_not_taken"
    assert told["cause"].endswith("Connection refused.")
    assert "STARTTLS was asked for, and the server does not offer it. Set EMAIL_ENCRYPTION" in forced.said
    assert server.received == []


def test_a_mail_service_that_nobody_knows_is_a_wrong_setting(operator):
    done = operator.with_settings(EMAIL_SERVICE="nobody", EMAIL_FROM="chat@example.org").run("outbox")

    assert done.status == 2
    assert "EMAIL_SERVICE" in done.complained
