"""The mail server's end of the line: what is said to sign in, and whose fault it is when nobody gets that far."""

from dataclasses import replace

import pytest

from identity_service.mail.delivering import NotTaken
from identity_service.mail.postman import Server, SMTPPostman, Times
from tests.mail.conftest import LETTER, SENDER, sent
from tests.servers.mail import Tarpit
from tests.servers.process import free_port

FORCED = "starttls"


def test_a_name_and_a_password_may_be_in_any_script(serving, context_for, postman_for, trusted):
    server = serving(context_for("localhost"), password="пароль größer")
    sent(
        postman_for(server, encryption=FORCED, ca_file=trusted, username="größe", password="пароль größer"),
        LETTER,
    )

    assert [one.login for one in server.received] == ["größe"]


def test_a_password_that_cannot_be_said_is_no_verdict_about_the_letter(serving, context_for, postman_for, trusted):
    server = serving(context_for("localhost"), password="an app password")
    with pytest.raises(NotTaken, match="UnicodeEncodeError") as refused:
        sent(postman_for(server, encryption=FORCED, ca_file=trusted, username="chat", password="\udcff"), LETTER)

    assert (refused.value.is_final, refused.value.concerns_all) == (False, True)


@pytest.mark.parametrize(
    ("our_host", "said"),
    [
        ("id.example.org", "id.example.org"),
        ("192.0.2.7", "[192.0.2.7]"),
        ("2001:db8::7", "[IPv6:2001:db8::7]"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_server_is_greeted_by_a_name_as_mail_servers_spell_it(serving, our_host, said):
    server = serving()
    sent(SMTPPostman(Server("127.0.0.1", server.port), replace(SENDER, host=our_host)), LETTER)

    assert server.greeted_by == [said]


def test_a_server_that_never_greets_is_in_trouble_with_every_letter():
    port = free_port()
    times = Times(step_seconds=0.2, total_seconds=5)
    with Tarpit(port, 30), pytest.raises(NotTaken, match="timed out") as refused:
        sent(SMTPPostman(Server("127.0.0.1", port), SENDER, times), LETTER)

    assert (refused.value.is_final, refused.value.concerns_all) == (False, True)
