"""A postman, and servers for him to go to."""

import ssl

import pytest
import trustme

from identity_service.mail.delivering import Composed
from identity_service.mail.postman import Sender, Server, SMTPPostman, Times
from tests.fakes.clock import START
from tests.servers.mail import MailServer

SENDER = Sender("chat@example.org", "Our Chat", "id.example.org")
LETTER = Composed("6" * 24, "ada@example.org", "A subject", "Plain words", "<p>Words</p>", START)


def sent(postman, letter):
    """Send a letter and return the receipt, the only one."""
    receipts = []
    postman.send(letter, receipts.append)
    (receipt,) = receipts
    return receipt


@pytest.fixture(scope="session")
def mail_authority():
    """Who issues the certificates."""
    return trustme.CA()


@pytest.fixture(scope="session")
def trusted(mail_authority, tmp_path_factory):
    """A file that names the authority."""
    path = tmp_path_factory.mktemp("mail") / "authority.pem"
    mail_authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session")
def context_for(mail_authority):
    """Return a server's context with a certificate for a name."""

    def make(name):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        mail_authority.issue_cert(name).configure_cert(context)
        return context

    return make


@pytest.fixture
def serving():
    """Start servers; all are stopped at the end."""
    started = []

    def start(*arguments, **options):
        started.append(MailServer(*arguments, **options).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def postman_for():
    """Return a postman for a server, in a hurry."""

    def make(server, seconds=5, **told):
        told = {"host": "127.0.0.1", "port": server.port, "hostname": "localhost", **told}
        return SMTPPostman(
            Server(**told), SENDER, Times(connect_seconds=2, step_seconds=seconds, total_seconds=seconds)
        )

    return make
