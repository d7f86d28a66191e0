"""The postman: one recipient, fixed headers, what the server's words mean, and a bound to everything."""

import time
from contextlib import suppress
from dataclasses import replace

import pytest

from identity_service.mail.delivering import NotTaken
from identity_service.mail.postman import Sender, Server, SMTPPostman, Times
from tests.mail.conftest import LETTER, SENDER, sent
from tests.servers.mail import Tarpit
from tests.servers.process import free_port


def test_a_letter_has_two_parts_and_the_headers_that_it_should(serving, postman_for):
    server = serving()
    sent(postman_for(server), LETTER)
    (received,) = server.received

    assert (received.sender, received.recipients) == ("chat@example.org", ["ada@example.org"])
    headers = {
        name: str(value) for name, value in received.message.items() if not name.startswith(("MIME", "Content", "X-"))
    }
    assert headers == {
        "Subject": "A subject",
        "From": "Our Chat <chat@example.org>",
        "To": "ada@example.org",
        "Date": headers["Date"],
        "Message-ID": f"<{'6' * 24}@example.org>",
        "Auto-Submitted": "auto-generated",
    }
    assert received.part("plain").strip() == "Plain words"
    assert received.part("html").strip() == "<p>Words</p>"


def test_a_letter_that_is_sent_twice_is_the_same_letter(serving, postman_for):
    server = serving()
    postman = postman_for(server)
    sent(postman, LETTER)
    sent(postman, LETTER)
    first, second = (received.message for received in server.received)

    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


@pytest.mark.parametrize(
    "name", ['Chat, Inc. "the best"', "Größe <evil@example.net>", "チャット", "Größe " * 15, "x\ty"]
)
def test_the_sender_may_be_called_anything(serving, name):
    server = serving()
    sender = Sender("chat@example.org", name, "id.example.org")
    sent(SMTPPostman(Server("127.0.0.1", server.port), sender), LETTER)
    (address,) = server.received[0].message["From"].addresses

    assert server.received[0].sender == "chat@example.org"
    assert address.addr_spec == "chat@example.org"
    assert "".join(address.display_name.split()) == "".join(name.split())


def test_words_of_every_language_arrive(serving, postman_for):
    server = serving()
    said = replace(LETTER, subject="Größe “ok” 日本", text="Grüße\n.\n日本 " + "ä" * 600, html="<p>Grüße</p>")
    sent(postman_for(server), said)
    (received,) = server.received

    assert received.message["Subject"] == said.subject
    assert received.part("plain").replace("\r\n", "\n").strip() == said.text
    assert received.part("html").strip() == said.html


@pytest.mark.parametrize("local", ["ada", "größe"])
@pytest.mark.parametrize(
    ("domain", "spelled"),
    [("bücher.example", "xn--bcher-kva.example"), ("straße.example", "xn--strae-oqa.example")],
)
def test_an_international_domain_is_spelled_as_mail_servers_want_it(serving, postman_for, local, domain, spelled):
    server = serving()
    sent(postman_for(server), replace(LETTER, to=f"{local}@{domain}"))

    assert server.received[0].recipients == [f"{local}@{spelled}"]


def test_a_domain_that_cannot_be_spelled_is_nobodys(serving, postman_for):
    server = serving()
    with pytest.raises(NotTaken) as refused:
        sent(postman_for(server), replace(LETTER, to="ada@straße..example"))

    assert refused.value.is_final
    assert server.received == []


def test_an_address_beyond_ascii_is_spelled_as_it_is(serving, postman_for):
    server = serving()
    said = replace(LETTER, to="größe@bücher.example", subject="Grüße", text="日本 " + "ä" * 600)
    sent(postman_for(server), said)
    (received,) = server.received

    assert received.recipients == ["größe@xn--bcher-kva.example"]
    assert str(received.message["To"]).encode("utf-8", "surrogateescape").decode() == "größe@xn--bcher-kva.example"
    assert received.message["Subject"] == said.subject
    assert received.part("plain").strip() == said.text


def test_a_server_that_takes_no_such_address_is_not_asked_twice(serving, postman_for):
    server = serving(speaks_utf8=False)
    with pytest.raises(NotTaken, match="SMTPUTF8") as refused:
        sent(postman_for(server), replace(LETTER, to="größe@example.org"))

    assert refused.value.is_final
    assert server.received == []


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("ada@example.org\r\nBcc: eve@example.net", "Hello"),
        ("ada@example.org, eve@example.net", "Hello"),
        ("ada@example.org>\r\nRCPT TO:<eve@example.net", "Hello"),
        ("ada@example.org", "Hello\r\nBcc: eve@example.net"),
        ("größe@example.org\r\nBcc: eve@example.net", "Hello"),
        ("größe@example.org, eve@example.net", "Hello"),
        ("größe@example.org>\r\nRCPT TO:<eve@example.net", "Hello"),
        ("größe@example.org", "Hello\r\nBcc: eve@example.net"),
    ],
)
def test_whoever_slips_in_a_line_gets_no_letter_sent_to_another(serving, postman_for, to, subject):
    server = serving()
    with suppress(NotTaken):
        sent(postman_for(server), replace(LETTER, to=to, subject=subject))
    assert [one.recipients for one in server.received if one.recipients != ["ada@example.org"]] == []
    assert [one.message["Bcc"] for one in server.received if one.message["Bcc"]] == []


@pytest.mark.parametrize(
    ("answer", "is_final", "concerns_all"),
    [
        ("421 4.3.2 closing", False, True),
        ("451 4.7.1 greylisted", False, False),
        ("452 4.2.2 full", False, False),
        ("530 5.7.0 authentication required", False, True),
        ("550 5.1.1 <ada@example.org> is unknown", True, False),
        ("554 5.7.1 no", True, False),
    ],
)
@pytest.mark.parametrize("where", ["at_recipient", "at_data"])
def test_a_refusal_is_for_good_or_for_now(serving, postman_for, where, answer, is_final, concerns_all):
    server = serving()
    setattr(server, where, answer)
    with pytest.raises(NotTaken) as refused:
        sent(postman_for(server), LETTER)

    assert (refused.value.is_final, refused.value.concerns_all) == (is_final, concerns_all)
    assert refused.value.answer.startswith(answer[:3])
    assert "ada@example.org" not in refused.value.answer


def test_a_line_that_drops_is_no_verdict(serving, postman_for):
    server = serving()
    server.at_data = None
    with pytest.raises(NotTaken) as refused:
        sent(postman_for(server), LETTER)

    assert not refused.value.is_final


def test_a_closed_port_is_no_verdict():
    with pytest.raises(NotTaken, match="no connection") as refused:
        sent(SMTPPostman(Server("127.0.0.1", free_port()), SENDER), LETTER)

    assert not refused.value.is_final


def test_an_unknown_server_is_no_verdict():
    times = Times(resolve=lambda host: [])
    with pytest.raises(NotTaken, match="leads nowhere") as refused:
        sent(SMTPPostman(Server("mail.example.org", 25), SENDER, times), LETTER)

    assert not refused.value.is_final


def test_a_server_that_says_a_byte_now_and_then_holds_up_nobody_for_long():
    port = free_port()
    times = Times(step_seconds=5, total_seconds=0.5)
    began = time.monotonic()
    with Tarpit(port, 0.05), pytest.raises(NotTaken, match="in time"):
        sent(SMTPPostman(Server("127.0.0.1", port), SENDER, times), LETTER)

    assert time.monotonic() - began < 4


def test_a_server_that_forgets_its_manners_after_it_has_the_letter_has_it_all_the_same(serving, postman_for):
    server = serving()
    server.hangs_up_on_quit = True
    sent(postman_for(server), LETTER)

    assert len(server.received) == 1
