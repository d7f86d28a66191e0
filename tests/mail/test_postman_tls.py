"""Encryption: what was asked for or the letter stays here (RFC 3207 §4.1, RFC 8314, RFC 9525)."""

import ssl

import pytest
import trustme

from identity_service.mail.delivering import NotTaken
from tests.mail.conftest import LETTER, sent

PLAIN, STARTTLS, IMPLICIT = "plain", "starttls", "implicit"
EMPTY, FORCED, FROM_START = "opportunistic", "starttls", "tls"

# Which of the three settings reaches which of the three servers at all; the certificate decides about the rest.
MEET = {(PLAIN, EMPTY), (STARTTLS, EMPTY), (STARTTLS, FORCED), (IMPLICIT, FROM_START)}

# certificate: the name in it, whether its issuer is trusted, what is set, whether a letter may go.
CERTIFICATES = {
    "trusted": ("localhost", True, {"hostname": "localhost"}, True),
    "another name, expected": ("mail.example.net", True, {"hostname": "mail.example.net"}, True),
    "another name": ("mail.example.net", True, {"hostname": "localhost"}, False),
    "untrusted": ("localhost", False, {"hostname": "localhost"}, False),
    "self-signed, allowed": ("localhost", False, {"hostname": "localhost", "accepts_any_certificate": True}, True),
    "another name, allowed": ("mail.example.net", True, {"accepts_any_certificate": True}, True),
}


@pytest.fixture(scope="session")
def stranger():
    """An authority that nobody has heard of."""
    return trustme.CA()


@pytest.fixture
def server(serving, mail_authority, stranger):
    def start(kind, name, *, is_trusted):
        if kind == PLAIN:
            return serving()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        (mail_authority if is_trusted else stranger).issue_cert(name).configure_cert(context)
        return serving(context, implicit=kind == IMPLICIT)

    return start


@pytest.mark.parametrize("certificate", CERTIFICATES)
@pytest.mark.parametrize("encryption", [EMPTY, FORCED, FROM_START])
@pytest.mark.parametrize("kind", [PLAIN, STARTTLS, IMPLICIT])
def test_a_letter_goes_as_it_was_asked_for_or_not_at_all(server, postman_for, trusted, kind, encryption, certificate):
    name, is_trusted, told, is_good = CERTIFICATES[certificate]
    running = server(kind, name, is_trusted=is_trusted)
    # A server that waits for TLS says nothing to somebody who waits for its greeting: time is up soon.
    seconds = 0.3 if (kind, encryption) in {(IMPLICIT, EMPTY), (IMPLICIT, FORCED)} else 5
    postman = postman_for(running, seconds=seconds, encryption=encryption, ca_file=trusted, **told)

    if (kind, encryption) in MEET and (kind == PLAIN or is_good):
        receipt = sent(postman, LETTER)
        (received,) = running.received
        assert received.is_encrypted == (kind != PLAIN)
        assert bool(receipt.encryption) == received.is_encrypted
    else:
        with pytest.raises(NotTaken) as refused:
            sent(postman, LETTER)
        assert not refused.value.is_final
        assert running.received == []


def test_the_receipt_names_the_protocol_and_the_certificate(server, postman_for, trusted):
    running = server(STARTTLS, "localhost", is_trusted=True)
    receipt = sent(postman_for(running, encryption=FORCED, ca_file=trusted), LETTER)

    assert receipt.server == f"127.0.0.1:{running.port}"
    assert receipt.encryption.startswith("TLSv1.3 TLS_")
    assert receipt.certificate.startswith("localhost, issued by")


def test_a_password_is_said_after_the_line_is_encrypted(serving, context_for, postman_for, trusted):
    running = serving(context_for("localhost"), password="an app password")
    postman = postman_for(running, encryption=FORCED, ca_file=trusted, username="chat", password="an app password")
    sent(postman, LETTER)

    assert [(one.login, one.is_encrypted) for one in running.received] == [("chat", True)]


def test_a_wrong_password_is_no_verdict_about_the_letter(serving, context_for, postman_for, trusted):
    running = serving(context_for("localhost"), password="an app password")
    postman = postman_for(running, encryption=FORCED, ca_file=trusted, username="chat", password="another")

    with pytest.raises(NotTaken, match=r"^535 ") as refused:
        sent(postman, LETTER)
    assert (refused.value.is_final, refused.value.concerns_all) == (False, True)


def test_where_starttls_was_taken_away_no_password_is_said(serving, postman_for):
    running = serving(password="an app password")
    postman = postman_for(running, encryption=FORCED, username="chat", password="an app password")

    with pytest.raises(NotTaken, match="STARTTLS"):
        sent(postman, LETTER)
    assert running.received == []
