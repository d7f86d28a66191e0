"""Hostile names and addresses: a letter has one recipient and the headers that it always has, or there is none."""

import pytest

from identity_service.flows.deliver_mail import DeliverMail
from identity_service.mail.composer import Composer
from identity_service.mail.postman import Sender, Server, SMTPPostman
from tests.attacks.crowd import PASSWORD
from tests.fakes.letters import WITH_MAIL
from tests.servers.mail import MailServer

REFUSED = 404  # LibreChat's own status for what is wrong in this form
HEADERS = {
    *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"),
    *("X-Peer", "X-MailFrom", "X-RcptTo"),  # the test's server adds them
}

pytestmark = pytest.mark.environ(**WITH_MAIL)

NAMES = {
    "CR and LF": "Ada\r\nBcc: eve@example.net",
    "LF": "Ada\nBcc: eve@example.net",
    "NUL": "Ada\0Bcc: eve@example.net",
    "a line separator": "Ada\u2028Bcc: eve@example.net",
    "quotes and an address": '"Ada" <eve@example.net>',
    "a list": "Ada, eve@example.net",
    "an encoded word": "=?utf-8?q?Ada=0D=0ABcc:_eve@example.net?=",
    "a template": "{{ 7 * 7 }} {% include '/etc/passwd' %}",
    "markup": "<a href='https://evil.example'>Ada</a><!--",
    "a dot on a line": "Ada\r\n.\r\nMAIL FROM:<eve@example.net>",
    "as long as a body may be": "a" * 60_000,
    "right to left": "Ada \u202egro.elpmaxe",
}
ADDRESSES = {
    "CR and LF": "ada@example.org\r\nBcc: eve@example.net",
    "LF at the end": "ada@example.org\n",
    "two": "ada@example.org,eve@example.net",
    "two with a space": "ada@example.org eve@example.net",
    "two with a semicolon": "ada@example.org;eve@example.net",
    "in brackets": "<ada@example.org>",
    "with a name": "Ada <ada@example.org>",
    "another command": "ada@example.org>\r\nRCPT TO:<eve@example.net",
    "parameters": "ada@example.org> NOTIFY=SUCCESS",
    "quoted": '"ada eve"@example.org',
    "quoted with CR and LF": '"ada\r\nBcc: eve"@example.org',
    "an encoded word": "=?utf-8?q?ada?=@example.org",
    "a route": "@example.net:ada@example.org",
    "a comment": "ada(eve@example.net)@example.org",
    "an option": "-oQ/tmp@example.org",
    "percent": "ada%example.net@example.org",
    "bang": "example.net!ada@example.org",
    "a literal": "ada@[127.0.0.1]",
    "not ASCII": "größe@example.org",
    "as long as a body may be": "a" * 60_000 + "@example.org",
}


@pytest.fixture(scope="module")
def mail():
    with MailServer() as server:
        yield server


@pytest.fixture
def signing_up(browser, services, mail):
    """Sign up, let what is written be sent, and return what arrived."""

    def sign_up(name, email):
        mail.received.clear()
        form = {"name": name, "email": email, "password": PASSWORD, "confirm_password": PASSWORD}
        answer = browser.post("/api/auth/register", json=form)
        assert answer.status_code in {200, 400, REFUSED}, answer.text
        services.recovery.run_errands.run_due()
        postman = SMTPPostman(Server("127.0.0.1", mail.port), Sender("id@example.org", "Chat", "id.example.org"))
        DeliverMail(
            services.capabilities.outbox, Composer("Chat"), postman, services.database.transaction
        ).deliver_due()
        assert answer.status_code == 200 or mail.received == []
        return mail.received

    return sign_up


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_adds_no_recipient_no_header_and_no_link(signing_up, name):
    for letter in signing_up(name, "ada@example.org"):
        assert letter.recipients == ["ada@example.org"]
        assert set(letter.message.keys()) <= HEADERS
        assert letter.message["Subject"] == "Verify your email address"
        assert letter.message["To"] == "ada@example.org"
        for part in (letter.part("plain"), letter.part("html")):
            assert [sign for sign in ("evil.example", "example.net", "49", "root:", "\u202e") if sign in part] == []


@pytest.mark.parametrize("email", ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_is_one_recipient_or_none(signing_up, email):
    for letter in signing_up("Ada", email):
        assert letter.recipients == [email.strip()]
        assert letter.message["To"] == email.strip()
        assert set(letter.message.keys()) <= HEADERS


def test_an_honest_letter_arrives(signing_up):
    (letter,) = signing_up("Ada", "ada@example.org")

    assert letter.sender == "id@example.org"
    assert "Hello Ada," in letter.part("plain")
